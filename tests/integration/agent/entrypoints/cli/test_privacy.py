import asyncio
import json
from pathlib import Path

import pytest

from agent.bootstrap import Replaced, bootstrap
from agent.entrypoints.cli.frame import run
from agent.identity.roles import Caller
from agent.settings import Settings

ADA = Caller(name="ada", kind="person", scopes=frozenset({"admin"}))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which ada has paused actions, and an environment that names it."""
    for name in ("AGENT_DATABASE_URL", "AGENT_SECRET_KEY", "AGENT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "data"))
    asyncio.run(_pause(Settings.model_construct(data=tmp_path / "data", runbooks=tmp_path / "none")))
    return tmp_path / "data"


async def _pause(settings: Settings) -> None:
    async with bootstrap(settings, Replaced(channels=())) as application:
        await application.service.people.switch_actions(paused=True, who=ADA)


def test_what_is_held_is_shown_then_deleted_and_the_journal_still_verifies(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["privacy", "show", "--subject", "ada", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": {"switches": 1}, "entries": 1, "plain": 0}
    assert run(["privacy", "delete", "--subject", "ada", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["entries"], told["waiting"]) == ({"switches": 1}, 1, [])
    assert "Jira tickets and their comments" in told["elsewhere"]
    assert run(["audit", "verify"]) == 0
    assert run(["privacy", "show", "--subject", "ada"]) == 0
    assert "Nothing names ada." in capsys.readouterr().out


def test_while_the_agent_runs_nothing_is_deleted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from agent.bootstrap.machine import data_folder

    with data_folder(data):
        assert run(["privacy", "delete", "--subject", "ada", "--yes"]) == 1
    assert "Another incident-agent is running" in capsys.readouterr().err


def test_without_a_yes_nothing_is_deleted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["privacy", "delete", "--subject", "ada"]) == 1
    assert not (data / "deletions.list").exists()
    capsys.readouterr()
    assert run(["privacy", "show", "--subject", "ada", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 1
