"""Does a record come to its newest shape, whoever is killed when, and say so when it cannot?"""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from agent.domain.errors import ConfigurationError
from agent.storage.database import Database
from agent.storage.schema import migrate, newest

ROOT = Path(__file__).parents[4]


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_killed_half_way_nothing_has_changed_and_the_next_start_completes_it(address: str) -> None:
    command = [sys.executable, "-m", "tests.integration.agent.storage.migrating", address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as half:
        assert half.stdout is not None
        assert half.stdout.readline() == "half-way\n"
        half.kill()
    opened = Database(address)
    assert opened.read_now(_tables) == set()
    assert [migrate(opened), migrate(opened)] == [True, False]
    assert {"alerts", "incidents", "jobs", "journal"} <= opened.read_now(_tables)
    opened.close()


def test_of_processes_that_start_at_once_one_migrates_and_the_others_find_it_done(address: str) -> None:
    opened = [Database(address) for _ in range(4)]
    with ThreadPoolExecutor(4) as starting:
        assert sorted(starting.map(migrate, opened)) == [False, False, False, True]
    for database in opened:
        database.close()


def test_a_record_of_a_newer_version_is_left_alone(database: Database) -> None:
    database.write_now(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(ConfigurationError, match=f"at 9999, and this version knows {newest()}: start the newer"):
        migrate(database)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite:////no/such/agent.db", "Look at /no/such/agent.db; when it is damaged, bring a backup back: "),
        ("postgresql+psycopg://agent@127.0.0.1:9/agent", "Check AGENT_DATABASE_URL, and that the database is up."),
    ],
)
def test_a_record_that_is_not_there_is_told_with_what_to_do(url: str, remedy: str) -> None:
    opened = Database(url)
    with pytest.raises(ConfigurationError, match=f"The record cannot be read: .+ {re.escape(remedy)}"):
        migrate(opened)
    opened.close()


def test_a_damaged_record_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "agent.db").write_bytes(b"no database at all" * 100)
    opened = Database(f"sqlite:///{tmp_path / 'agent.db'}")
    with pytest.raises(ConfigurationError, match=r"file is not a database\. Look at .+ bring a backup back"):
        migrate(opened)
    opened.close()
