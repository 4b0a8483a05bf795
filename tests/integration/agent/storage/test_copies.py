"""Are several databases copied as they were at one moment, while they are written to?"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.domain.errors import AgentError
from agent.storage.copies import copy_sqlite

COPIES = 8


def number(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("SELECT number FROM counter").fetchone()
        return int(found)


def prepare(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counter (number INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
        connection.execute("CREATE TABLE load (bytes BLOB)")
        connection.execute("INSERT INTO load VALUES (zeroblob(8000000))")
    return path


@contextmanager
def counting(first: Path, then: Path) -> Iterator[None]:
    """Each number is committed to the first, then to the second, as fast as it goes."""
    over = threading.Event()

    def count() -> None:
        with (
            closing(sqlite3.connect(first, isolation_level=None, timeout=60)) as one,
            closing(sqlite3.connect(then, isolation_level=None, timeout=60)) as two,
        ):
            while not over.is_set():
                one.execute("UPDATE counter SET number = number + 1")
                two.execute("UPDATE counter SET number = number + 1")

    writer = threading.Thread(target=count)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_no_copy_is_ahead_of_or_behind_the_other(tmp_path: Path) -> None:
    first, then = prepare(tmp_path / "first.db"), prepare(tmp_path / "then.db")
    with counting(first, then):
        for one in range(COPIES):
            copy_sqlite({first: tmp_path / f"first-{one}.db", then: tmp_path / f"then-{one}.db"})
    pairs = [(number(tmp_path / f"first-{one}.db"), number(tmp_path / f"then-{one}.db")) for one in range(COPIES)]
    assert [pair for pair in pairs if pair[0] - pair[1] not in (0, 1)] == []
    assert pairs[-1][0] > pairs[0][0], "nothing was written meanwhile, so that this showed nothing"
    assert [path.name for path in tmp_path.glob("first-*") if path.suffix != ".db"] == []


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "some.db").write_text("not a database " * 100)
    with pytest.raises(AgentError, match="cannot be copied: file is not a database"):
        copy_sqlite({tmp_path / "some.db": tmp_path / "copy.db"})
