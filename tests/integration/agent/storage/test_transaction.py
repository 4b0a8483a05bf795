"""Is a change on PostgreSQL made once, also when the server or the line to it goes away in the middle?"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from agent.bootstrap.machine import SystemClock
from agent.domain.event import Event, EventType
from agent.storage.database import Database
from agent.storage.duties import Duties, Duty
from agent.storage.journal import Chain, SqlJournal
from agent.storage.schema import migrate
from agent.storage.transaction import transact
from tests.farends.cutting import When, cutting_line
from tests.farends.postgres import HOW, PostgresServer, binaries, postgres_server
from tests.until import until, until_told

pytestmark = pytest.mark.system

PATIENCE = 60.0


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    if binaries() is None:
        pytest.skip(HOW)
    with postgres_server() as server:
        yield server


async def _write_down(journal: SqlJournal, text_: str) -> None:
    await journal.record(Event(type=EventType.INCIDENT_UPDATED, text=text_))


async def test_under_load_through_crashes_of_the_server_what_was_acknowledged_is_there_once(
    postgres: PostgresServer,
) -> None:
    database = Database(postgres.address)
    migrate(database)
    journal = SqlJournal(database, Chain(b"k" * 32, SystemClock()))
    acknowledged: list[str] = []
    unsure: list[str] = []
    over = asyncio.Event()

    async def load(name: str) -> None:
        number = 0
        while not over.is_set():
            number += 1
            told = f"{name}-{number}"
            try:
                await _write_down(journal, told)
                acknowledged.append(told)
            except DBAPIError:
                unsure.append(told)

    async def until_more() -> None:
        before = len(acknowledged)
        await until(lambda: len(acknowledged) >= before + 50)

    writing = [asyncio.create_task(load(f"w{number}")) for number in range(8)]
    for mode in ("immediate", "fast", "immediate"):
        await until_more()
        await asyncio.to_thread(postgres.stop, mode)
        await asyncio.to_thread(postgres.start)
    await until_more()
    over.set()
    await asyncio.gather(*writing)
    kept = Counter([entry.event.text for entry in await journal.after(0, limit=1_000_000)])
    assert set(kept.values()) == {1}
    assert set(acknowledged) <= set(kept) <= set(acknowledged) | set(unsure)
    assert len(unsure) <= 3 * 64
    assert (await journal.verify())[1] == ""
    database.close()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_line_cut_at_the_commit_leaves_the_change_there_once(postgres: PostgresServer, when: When) -> None:
    port = make_url(postgres.address).port
    assert port is not None
    with cutting_line(port) as line:
        database = Database(postgres.address.replace(str(port), str(line.port)))
        migrate(database)
        journal = SqlJournal(database, Chain(b"k" * 32, SystemClock()))
        await _write_down(journal, "first")
        line.cut_at(b"COMMIT", when)
        await _write_down(journal, "cut")
        await _write_down(journal, "last")
        assert [entry.event.text for entry in await journal.after(0)] == ["first", "cut", "last"]
        assert line.cuts == 1
        database.close()


async def test_a_process_that_hangs_in_a_transaction_loses_its_turn_and_the_others_go_on(
    postgres: PostgresServer,
) -> None:
    database = Database(postgres.address)
    migrate(database)
    journal = SqlJournal(database, Chain(b"k" * 32, SystemClock()))
    other = Database(postgres.address)
    hanging, let_go = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(connection: Connection) -> None:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))
        loop.call_soon_threadsafe(hanging.set)
        asyncio.run_coroutine_threadsafe(let_go.wait(), loop).result(PATIENCE)
        connection.execute(text("SELECT 1"))

    hung = asyncio.create_task(asyncio.to_thread(transact, other.engine, hang, 0.0))
    async with asyncio.timeout(PATIENCE):
        await hanging.wait()
        await _write_down(journal, "went on")
    let_go.set()
    with pytest.raises(DBAPIError):
        await hung
    assert [entry.event.text for entry in await journal.after(0)] == ["went on"]
    other.close()
    database.close()


async def test_a_duty_is_one_processes_at_a_time_and_goes_on_when_its_session_ends(postgres: PostgresServer) -> None:
    async with Duties(postgres.address) as one:
        async with Duties(postgres.address) as other:
            assert [await one.has(Duty.PLACE), await other.has(Duty.PLACE)] == [True, False]
            assert await other.has(Duty.TELL)
            await asyncio.to_thread(postgres.stop)
            assert [await one.has(Duty.PLACE), await other.has(Duty.PLACE)] == [False, False]
            await asyncio.to_thread(postgres.start)
            assert [await other.has(Duty.PLACE), await one.has(Duty.PLACE)] == [True, False]
        await until_told(lambda: one.has(Duty.PLACE))


async def test_the_duty_of_a_process_that_froze_is_anothers(postgres: PostgresServer) -> None:
    async with Duties(postgres.address, silent=timedelta(seconds=1)) as frozen, Duties(postgres.address) as other:
        assert [await frozen.has(Duty.PLACE), await other.has(Duty.PLACE)] == [True, False]
        # It asks nothing any more.
        await until_told(lambda: other.has(Duty.PLACE))
        assert not await frozen.has(Duty.PLACE)
