import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.entrypoints.cli.frame import run


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AGENT_DATABASE_URL", "AGENT_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_key_is_shown_once_and_kept_nowhere(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "keys", "create", "ada", "--scope", "read", "--scope", "approve:high")
    [listed] = told(capsys, "keys", "list")
    assert {name: listed[name] for name in ("id", "name", "kind", "scopes", "revoked_at")} == {
        "id": made["id"],
        "name": "ada",
        "kind": "person",
        "scopes": ["read", "approve:high"],
        "revoked_at": None,
    }
    secret = made["key"].split("_", 2)[2].encode()  # it may have that letter itself
    assert [file.name for file in data.iterdir() if secret in file.read_bytes()] == []


def test_a_record_that_cannot_be_written_is_no_mistake_of_ours(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "keys", "create", "ada", "--scope", "read")
    with closing(sqlite3.connect(data / "agent.db")) as record:
        record.execute("CREATE TRIGGER no_more BEFORE INSERT ON keys BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    assert run(["keys", "create", "bob", "--scope", "read"]) == 1
    assert capsys.readouterr().err == (
        "The record cannot be written or read: disk is full. `incident-agent doctor` says more.\n"
    )


def test_a_key_that_may_only_bring_alerts_is_a_machines(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "keys", "create", "alertmanager", "--scope", "ingest")
    [listed] = told(capsys, "keys", "list")
    assert listed["kind"] == "machine"


def test_a_machine_cannot_be_given_the_right_to_approve(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "ci", "--machine", "--scope", "approve:low"]) == 1
    assert capsys.readouterr().err.startswith("A machine's key is not a person")


def test_a_revoked_key_is_refused_and_the_journal_has_both(capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "keys", "create", "ada", "--scope", "read")
    assert run(["keys", "revoke", made["id"]]) == 0
    capsys.readouterr()
    [listed] = told(capsys, "keys", "list")
    assert listed["revoked_at"] is not None
    assert told(capsys, "audit", "verify") == {"sound": True, "entries": 2, "wrong": "", "anchors": 0}


def test_a_rotated_key_has_a_successor_of_the_same_name(capsys: pytest.CaptureFixture[str]) -> None:
    old = told(capsys, "keys", "create", "ada", "--scope", "read")
    new = told(capsys, "keys", "rotate", old["id"])
    assert (new["name"], new["key"] != old["key"], len(told(capsys, "keys", "list"))) == ("ada", True, 2)


def test_a_scope_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "ada", "--scope", "reed"]) == 2
    assert "There is no scope reed; there are:" in capsys.readouterr().err


@pytest.mark.attack("S62")
def test_a_key_for_one_team_stays_one_when_it_is_rotated_and_a_team_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "agent.yaml"
    config.write_text("teams: {shop: {services: [cart]}}")
    monkeypatch.setenv("AGENT_CONFIG", str(config))
    old = told(capsys, "keys", "create", "eve", "--scope", "read", "--team", "shop", "--team", "")
    told(capsys, "keys", "rotate", old["id"])
    assert [key["teams"] for key in told(capsys, "keys", "list")] == [["", "shop"]] * 2
    assert run(["keys", "create", "ada", "--scope", "read", "--team", "shpo"]) == 1
    assert capsys.readouterr().err.startswith("There is no team shpo; AGENT_CONFIG has: shop.")
