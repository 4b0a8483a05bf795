import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from agent.bootstrap import bootstrap
from agent.entrypoints.cli.frame import run
from agent.settings import Settings

PAYLOAD = Path(__file__).parents[5] / "evals/cases/lab/pool-cart/alert.json"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose journal has entries, and an environment that names it."""
    folder = tmp_path / "data"
    for name in ("AGENT_DATABASE_URL", "AGENT_SECRET_KEY", "AGENT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(folder))
    asyncio.run(_place_an_alert(Settings.model_construct(data=folder, runbooks=tmp_path / "none")))
    return folder


async def _place_an_alert(settings: Settings) -> None:
    async with bootstrap(settings) as application:
        await application.service.intake.receive("alertmanager", "test", PAYLOAD.read_bytes())
        await application.service.placement.place_waiting()


def test_a_journal_nobody_touched_is_sound(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with sqlite3.connect(data / "agent.db") as record:
        [(entries,)] = record.execute("SELECT count(*) FROM journal")
    record.close()
    assert told == {"sound": True, "entries": entries, "wrong": "", "anchors": 1}
    assert entries > 0


def test_a_changed_entry_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(data / "agent.db") as record:
        record.execute("UPDATE journal SET text = 'nothing happened' WHERE sequence = 1")
    record.close()
    assert run(["audit", "verify"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "The journal does not verify: entry 1 is not what was written.\n")


@pytest.mark.attack("S66")
def test_an_older_record_put_in_the_place_of_the_newer_is_found_by_its_anchors(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = (data / "agent.db").read_bytes()
    settings = Settings.model_construct(data=data, runbooks=data / "none")
    asyncio.run(_place_an_alert(settings))
    (data / "agent.db").write_bytes(older)
    assert run(["audit", "verify"]) == 1
    assert "but there was an entry" in capsys.readouterr().err


def test_a_folder_without_a_record_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.delenv("AGENT_SECRET_KEY", raising=False)
    assert run(["audit", "verify"]) == 1
    assert capsys.readouterr().err == f"There is no record in {tmp_path}/elsewhere; AGENT_DATA names the data folder.\n"
    assert not (tmp_path / "elsewhere").exists()
