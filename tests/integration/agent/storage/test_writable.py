"""Is it noticed that a record can be read and not written to?"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, func, select, update

from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.keys import SqlKeys
from agent.storage.tables import TRIED, cursors
from agent.storage.transaction import TURN
from agent.storage.writable import Writable
from tests.clocks import Clock

LONG, SHORT, NOTHING = timedelta(seconds=60), timedelta(seconds=0.2), timedelta(0)


def _tried(connection: Connection) -> int:
    return connection.scalar(select(cursors.c.sequence).where(cursors.c.name == TRIED)) or 0


@contextmanager
def _held_up(database: Database) -> Iterator[None]:
    """Somebody else is writing, and takes their time."""
    with database.engine.begin() as other:
        if other.dialect.name == "sqlite":
            other.execute(update(cursors).values(sequence=0))
        else:
            other.execute(select(func.pg_advisory_xact_lock(TURN)))
        yield


@asynccontextmanager
async def _read_only(database: Database) -> AsyncIterator[None]:
    """The engine itself refuses to write, on each connection that is opened from now on."""
    statement = (
        "PRAGMA query_only=ON"
        if database.engine.dialect.name == "sqlite"
        else "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    )

    def refuse(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a connection of the driver
        cursor.execute(statement)
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]  # a connection of the driver

    event.listen(database.engine, "connect", refuse)
    await asyncio.to_thread(database.engine.dispose)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", refuse)
        await asyncio.to_thread(database.engine.dispose)


async def test_however_often_it_is_asked_one_commit_is_made(database: Database) -> None:
    asked = Writable(database, fresh=LONG)
    assert await asyncio.gather(*(asked.why_not(LONG) for _ in range(50))) == [""] * 50
    assert await asked.why_not(LONG) == ""
    assert await database.read(_tried) == 1


async def test_a_record_that_only_answers_readers_is_told_until_it_takes_writes_again(database: Database) -> None:
    asked = Writable(database, fresh=NOTHING)
    async with _read_only(database):
        # PostgreSQL commits what changes nothing; that must not be taken for a record that can be written to.
        await asyncio.gather(database.write(_tried), return_exceptions=True)
        refused = [await asked.why_not(LONG) for _ in range(2)]
        assert [words for words in refused if "read" not in words] == []
    assert await asked.why_not(LONG) == ""


async def test_a_disk_that_does_not_answer_is_told_in_time(database: Database) -> None:
    asked = Writable(database, fresh=NOTHING)
    with _held_up(database):
        assert await asked.why_not(SHORT) == "no answer within 0.2 s"
    assert await asked.why_not(LONG) == ""


async def test_a_record_with_much_to_write_is_busy_and_refuses_nothing(database: Database) -> None:
    await database.write(_tried)
    with _held_up(database):
        assert await Writable(database, fresh=LONG).why_not(SHORT) == ""


async def test_a_record_that_was_closed_is_never_taken_for_one_that_can_be_written_to(address: str) -> None:
    database = Database(address)
    await asyncio.to_thread(database.close)
    with pytest.raises(RuntimeError, match="closed"):
        await Writable(database).why_not(LONG)


async def test_whoever_shows_a_key_reads_on_where_its_use_cannot_be_noted(
    database: Database, chain: Chain, clock: Clock
) -> None:
    async with _read_only(database):
        await SqlKeys(database, chain).touch("k", clock.now())
