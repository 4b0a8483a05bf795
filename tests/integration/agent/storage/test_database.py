"""Does a change get on the record whole, alone, and on the disk?"""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from agent.storage.database import Database
from agent.storage.schema import migrate
from agent.storage.tables import cursors, metadata


def _add(name: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(cursors.insert().values(name=name, sequence=1))

    return work


def _names(connection: Connection) -> list[str]:
    return list(connection.execute(select(cursors.c.name).order_by(cursors.c.name)).scalars())


async def test_a_change_is_there_for_whoever_opens_the_record_next(database: Database, address: str) -> None:
    await database.write(_add("first"))
    other = Database(address)
    assert await other.read(_names) == ["first"]
    other.close()


async def test_one_failing_change_takes_no_other_with_it(database: Database) -> None:
    changes = [database.write(_add(f"n{number % 50}")) for number in range(100)]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 50
    assert await database.read(lambda connection: connection.scalar(select(func.count()).select_from(cursors))) == 50


async def test_a_change_that_raises_half_way_leaves_nothing(database: Database) -> None:
    def half(connection: Connection) -> None:
        connection.execute(cursors.insert().values(name="half", sequence=1))
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        await database.write(half)
    assert await database.read(_names) == []


async def test_a_change_whose_caller_went_away_stops_nobody(database: Database) -> None:
    waiting = [asyncio.create_task(database.write(_add(f"n{number}"))) for number in range(200)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await database.write(_add("after"))
    kept = await database.read(_names)
    assert {f"n{number}" for number in range(1, 200, 2)} | {"after"} <= set(kept)


async def test_what_comes_after_the_close_is_refused_and_waits_for_nobody(address: str) -> None:
    database = Database(address)
    migrate(database)
    waiting = asyncio.create_task(database.write(_add("before")))
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)

    with pytest.raises(RuntimeError, match="closed"):
        await database.write(_add("after"))
    with pytest.raises(RuntimeError, match="closed"):
        database.write_now(_add("after"))
    await waiting
    again = Database(address)
    assert await again.read(_names) == ["before"]
    again.close()


async def test_the_migrations_bring_a_database_to_the_shape_of_the_tables(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await database.read(differences) == []
    assert migrate(database) is False
