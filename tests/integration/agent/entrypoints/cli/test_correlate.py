"""`correlate shadow` on a real record: beside an agent that runs, and without a trace."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from agent.bootstrap import bootstrap
from agent.entrypoints.cli.frame import run
from agent.settings import Settings

NEW = "correlation:\n  group_by: [env]\n"


def _body() -> bytes:
    labels = [{"alertname": "Slow", "service": service, "env": "prod"} for service in ("cart", "shop")]
    start = {
        "status": "firing",
        "annotations": {},
        "startsAt": "2026-05-01T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }
    return json.dumps({"version": "4", "alerts": [start | {"labels": one} for one in labels]}).encode()


async def _place(settings: Settings) -> None:
    async with bootstrap(settings) as application:
        await application.service.intake.receive("alertmanager", "test", _body())
        await application.service.placement.place_waiting()


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """New rules, and an environment that names a record."""
    for name in ("AGENT_DATABASE_URL", "AGENT_SECRET_KEY", "AGENT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "data"))
    file = tmp_path / "new.yaml"
    file.write_text(NEW)
    return file


@pytest.fixture
def record(rules: Path, tmp_path: Path) -> Path:
    asyncio.run(_place(Settings.model_construct(data=tmp_path / "data", runbooks=tmp_path / "none")))
    return tmp_path / "data" / "agent.db"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_new_rules_are_told_against_what_was_and_nothing_changes(
    rules: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _digest(record)

    assert run(["correlate", "shadow", "--config", str(rules), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["alerts"], told["now"]["incidents"], told["then"]["incidents"]) == (2, 2, 1)
    assert len(told["merged_away"]) == 1
    assert _digest(record) == before


def test_table_names_what_would_be_merged_away(rules: Path, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["correlate", "shadow", "--config", str(rules), "--since", "12h"]) == 0

    told = capsys.readouterr().out
    assert "merged away" in told
    assert "No incident of now would be split." in told


def test_length_that_is_none_is_wrong_usage(rules: Path, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["correlate", "shadow", "--config", str(rules), "--since", "soon"]) == 2
    assert "no length such as 90m, 12h or 7d" in capsys.readouterr().err


def test_without_a_record_it_says_so(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["correlate", "shadow", "--config", str(rules)]) == 1
    assert capsys.readouterr().err.startswith("There is no record at ")
    assert not (tmp_path / "data").exists()
