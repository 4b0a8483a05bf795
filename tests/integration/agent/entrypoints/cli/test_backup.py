from pathlib import Path

import pytest

from agent.entrypoints.cli.frame import run
from tests.integration.agent.entrypoints.cli.test_keys import told


def test_a_restore_says_that_keys_which_were_revoked_since_open_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AGENT_DATABASE_URL", "AGENT_SECRET_KEY", "AGENT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "data"))
    eve = told(capsys, "keys", "create", "eve", "--scope", "read")
    assert run(["backup", "--to", str(tmp_path / "backup")]) == 0
    assert run(["keys", "revoke", eve["id"]]) == 0

    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "new"))
    capsys.readouterr()
    assert run(["restore", "--from", str(tmp_path / "backup")]) == 0
    assert "Keys that were revoked since the backup open again" in capsys.readouterr().err
    [listed] = told(capsys, "keys", "list")
    assert listed["revoked_at"] is None
