import sqlite3
from pathlib import Path

from agent.bootstrap.machine import data_folder
from agent.entrypoints.cli.checks.finding import Finding, State
from agent.entrypoints.cli.checks.mending import Tried, mend
from agent.settings import Settings
from agent.storage.schema import newest


def settings(folder: Path) -> Settings:
    return Settings.model_construct(data=folder, database_url="")


def test_a_missing_folder_is_made_closed_and_its_record_is_brought_to_the_newest_shape(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    tried = mend(settings(folder), [])

    assert tried == [
        Tried("data folder", True, f"{folder} was made"),
        Tried("record", True, f"it is now at {newest()}"),
    ]
    assert folder.stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(folder / "agent.db") as record:
        assert record.execute("select version_num from alembic_version").fetchall() == [(newest(),)]
    record.close()
    assert mend(settings(folder), []) == []


def test_what_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    mend(settings(folder), [])
    folder.chmod(0o755)
    (folder / "agent.db").chmod(0o644)

    (tried,) = mend(settings(folder), [])

    assert (tried.name, tried.done) == ("data folder", True)
    assert [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077] == []


def test_while_the_agent_runs_its_record_is_left_alone_and_that_is_said(tmp_path: Path) -> None:
    with data_folder(tmp_path):
        tried = mend(settings(tmp_path), [])
    assert [(one.name, one.done) for one in tried if one.name == "record"] == [("record", False)]
    assert "Another incident-agent is running" in tried[-1].says


def test_what_belongs_to_others_is_theirs_to_mend(tmp_path: Path) -> None:
    mend(settings(tmp_path / "data"), [])
    broken = Finding("jira", State.BROKEN, "401", "Check JIRA_TOKEN.")
    assert mend(settings(tmp_path / "data"), [broken]) == [Tried("jira", False, "Check JIRA_TOKEN.")]
