"""Is an older, a forked or another journal found out, and does everything stop while none can be anchored?"""

import asyncio
import fcntl
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from agent.domain.approval import Approval
from agent.domain.errors import JournalBroken
from agent.domain.event import Event, EventType
from agent.storage.anchors import AFTER, EVERY, Anchors, read
from agent.storage.database import Database
from agent.storage.journal import Chain, Head, SqlJournal
from agent.storage.schema import migrate
from agent.storage.tables import journal, journal_head, metadata
from tests.clocks import Clock
from tests.integration.agent.storage.desk import Desk


async def _write(database: Database, chain: Chain, *texts: str) -> SqlJournal:
    book = SqlJournal(database, chain)
    for said in texts:
        await book.record(Event(type=EventType.TRIAGED, incident="inc-1", text=said))
    return book


@pytest.fixture
async def kept(database: Database, chain: Chain) -> list[Head]:
    """Five entries, and the head after each of them as it was kept elsewhere."""
    heads = []
    for number in range(5):
        await _write(database, chain, f"entry {number}")
        head = await database.read(chain.head)
        assert head is not None
        heads.append(head)
    return heads


@pytest.mark.attack("S66")
async def test_every_anchor_fits_an_untouched_journal(database: Database, chain: Chain, kept: list[Head]) -> None:
    assert await database.read(lambda connection: chain.verify(connection, kept)) == (5, "")


async def _older(database: Database, head: Head) -> None:
    """As if a copy of the database from that moment had been put in its place, signed head and all."""
    await database.write(
        lambda connection: connection.execute(delete(journal).where(journal.c.sequence > head.sequence))
    )
    await database.write(lambda connection: connection.execute(update(journal_head).values(head.model_dump())))


@pytest.mark.attack("S66")
async def test_an_old_head_replayed_is_found(database: Database, chain: Chain, kept: list[Head]) -> None:
    await _older(database, kept[2])
    assert await database.read(chain.verify) == (3, "")
    found = await database.read(lambda connection: chain.verify(connection, kept))
    assert found == (4, "the journal ends at entry 3, but there was an entry 4: it is anchored")


@pytest.mark.attack("S66")
async def test_a_fork_is_found_at_its_first_entry(database: Database, chain: Chain, kept: list[Head]) -> None:
    await _older(database, kept[2])
    await _write(database, chain, "another entry 3", "another entry 4", "entry 5")
    assert await database.read(chain.verify) == (6, "")
    found = await database.read(lambda connection: chain.verify(connection, kept))
    assert found == (4, "entry 4 is of another journal: its anchor does not fit")


@pytest.mark.attack("S66")
async def test_another_installation_s_journal_is_found(
    database: Database, kept: list[Head], chain: Chain, tmp_path: Path, clock: Clock
) -> None:
    other, theirs = Database(f"sqlite:///{tmp_path / 'other.db'}"), Chain(b"o" * 32, clock)
    migrate(other)
    await _write(other, theirs, "what they wrote", "and more")
    found = await other.read(lambda connection: chain.verify(connection, kept))
    other.close()
    assert found == (1, "entry 1 is of another journal: its anchor does not fit")


@pytest.mark.attack("S66")
async def test_entries_in_another_order_are_found(database: Database, chain: Chain, kept: list[Head]) -> None:
    def swap(sequence: int, to: int) -> object:
        return update(journal).where(journal.c.sequence == sequence).values(sequence=to)

    for step in (swap(2, 99), swap(3, 2), swap(99, 3)):
        await database.write(lambda connection, step=step: connection.execute(step))  # type: ignore[misc]  # a statement
    assert await database.read(chain.verify) == (2, "entry 2 is not what was written")


@pytest.mark.attack("S66")
async def test_an_anchor_of_other_hands_is_found(database: Database, chain: Chain, kept: list[Head]) -> None:
    forged = kept[3].model_copy(update={"hash": "0" * 64})
    found = await database.read(lambda connection: chain.verify(connection, [*kept[:3], forged]))
    assert found == (4, "the anchor of entry 4 was not signed by us")


async def test_the_head_is_anchored_by_number_by_time_and_at_the_end(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "journal.anchors"
    anchors = Anchors(path, database, chain, clock)
    anchors.open()
    await _write(database, chain, "one")
    await anchors.keep()
    await _write(database, chain, "two")
    await anchors.keep()
    assert [head.sequence for head in read(path)] == [1]
    await clock.sleep(AFTER)
    await anchors.keep()
    await database.write(
        lambda connection: chain.append(connection, *[Event(type=EventType.TRIAGED, text="more")] * EVERY)
    )
    await anchors.keep()
    await _write(database, chain, "last")
    await anchors.aclose()
    assert [head.sequence for head in read(path)] == [1, 2, EVERY + 2, EVERY + 3]
    assert await database.read(lambda connection: chain.verify(connection, read(path))) == (EVERY + 3, "")


async def test_the_head_is_anchored_in_time_although_the_clock_was_set_back(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "journal.anchors"
    anchors = Anchors(path, database, chain, clock)
    await _write(database, chain, "one")
    await anchors.keep()
    clock.time -= timedelta(days=3)
    await _write(database, chain, "two")
    await anchors.keep()
    assert [head.sequence for head in read(path)] == [1, 2]


async def test_an_anchor_that_a_crash_tore_is_written_again(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "journal.anchors"
    anchors = Anchors(path, database, chain, clock)
    await _write(database, chain, "one")
    await anchors.keep()
    with path.open("a") as file:
        file.write('{"sequence":2,"ha')
    assert [head.sequence for head in read(path)] == [1]
    await _write(database, chain, "two")
    await clock.sleep(AFTER)
    await anchors.keep()
    assert [head.sequence for head in read(path)] == [1, 2]


@pytest.mark.attack("S66")
async def test_nothing_is_done_on_a_journal_that_is_not_the_anchored_one(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "journal.anchors"
    desk, asked = await _approved(database, chain, clock)
    elsewhere = Anchors(path, database, chain, clock)
    await elsewhere.keep()
    [head] = read(path)
    await database.write(
        lambda connection: connection.execute(delete(journal).where(journal.c.sequence == head.sequence))
    )
    anchors = Anchors(path, database, chain, clock)
    anchors.open()
    desk.ledger = type(desk.ledger)(database, chain, clock, anchors=anchors)
    with pytest.raises(JournalBroken, match="not the one that was anchored at entry"):
        await desk.dispatch(asked)
    assert desk.done == []


async def test_nothing_is_done_while_no_anchor_can_be_written(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    desk, asked = await _approved(database, chain, clock)
    anchors = Anchors(tmp_path / "gone" / "journal.anchors", database, chain, clock)
    await anchors.keep()
    sound, desk.ledger = desk.ledger, type(desk.ledger)(database, chain, clock, anchors=anchors)
    with pytest.raises(JournalBroken, match="No anchor of the journal can be written"):
        await desk.dispatch(asked)
    (tmp_path / "gone").mkdir()
    await anchors.keep()
    desk.ledger = sound
    assert (anchors.wrong, (await desk.dispatch(asked)).status) == ("", "done")


async def test_an_action_that_cannot_be_anchored_any_more_is_known_not_to_have_been_done(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    """Nobody is asked to find it out; and it is not made up for once anchors can be written again."""
    desk, asked = await _approved(database, chain, clock)
    anchors = Anchors(tmp_path / "gone" / "journal.anchors", database, chain, clock)
    desk.ledger = type(desk.ledger)(database, chain, clock, may=desk.ledger._may, anchors=anchors)
    with pytest.raises(JournalBroken, match="No anchor of the journal can be written"):
        await desk.dispatch(asked)
    (tmp_path / "gone").mkdir()
    known = await desk.dispatch(asked)
    assert (known.status, known.detail.partition(":")[0], desk.done) == (
        "failed",
        "It was not done. No anchor of the journal can be written to " + str(tmp_path / "gone" / "journal.anchors"),
        [],
    )


async def test_a_record_that_has_gone_back_behind_an_action_does_not_do_it_again(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    """As a replica does that was a few commits behind when it took over; also in a process that did not do it."""
    desk, asked = await _approved(database, chain, clock)
    one, other = (Anchors(tmp_path / "journal.anchors", database, chain, clock) for _ in range(2))
    other.open()
    may = desk.ledger._may
    before = await database.read(_all_rows)
    desk.ledger = type(desk.ledger)(database, chain, clock, may=may, anchors=one)
    await desk.dispatch(asked)
    await database.write(partial(_put_back, before))
    for anchors in (one, other):
        desk.ledger = type(desk.ledger)(database, chain, clock, may=may, anchors=anchors)
        with pytest.raises(JournalBroken, match="not the one that was anchored at entry"):
            await desk.dispatch(asked)
    assert len(desk.done) == 1


async def test_an_anchor_written_while_the_journal_is_read_is_no_misfit(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    """Two actions at once: one is anchored while the other's look at the journal has begun and not ended."""
    anchors = Anchors(tmp_path / "journal.anchors", database, chain, clock)
    await _write(database, chain, "one")
    await anchors.keep()
    seen, go_on = threading.Event(), threading.Event()

    class Slow(Chain):
        def head(self, connection: Connection) -> Head | None:
            found = super().head(connection)
            seen.set()
            assert go_on.wait(60)
            return found

    chain.__class__ = Slow
    slow = asyncio.create_task(anchors.keep_now())
    assert await asyncio.to_thread(seen.wait, 60)
    chain.__class__ = Chain
    await _write(database, chain, "two")
    await anchors.keep_now()
    go_on.set()
    await slow
    assert (anchors.wrong, [head.sequence for head in read(tmp_path / "journal.anchors")]) == ("", [1, 2])


async def test_an_anchor_that_comes_late_does_not_stand_behind_a_later_one(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    """As when a process has read the journal, and another is quicker to the file."""
    path = tmp_path / "journal.anchors"
    late, quick = (Anchors(path, database, chain, clock) for _ in range(2))
    await _write(database, chain, "one")
    head = await database.read(chain.head)
    assert head
    await _write(database, chain, "two")
    await quick.keep_now()
    late._write(head)
    assert [head.sequence for head in read(path)] == [2]


async def test_nothing_is_done_when_the_record_goes_back_behind_an_action_that_is_not_anchored_yet(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    desk, asked = await _approved(database, chain, clock)
    before = await database.read(_all_rows)

    class Meanwhile(Anchors):
        async def keep_now(self) -> None:
            await database.write(partial(_put_back, before))
            await super().keep_now()

    sound, anchors = desk.ledger, Meanwhile(tmp_path / "journal.anchors", database, chain, clock)
    desk.ledger = type(desk.ledger)(database, chain, clock, may=sound._may, anchors=anchors)
    with pytest.raises(JournalBroken, match="gone back to before this action was announced"):
        await desk.dispatch(asked)
    assert desk.done == []
    desk.ledger = sound
    assert ((await desk.dispatch(asked)).status, len(desk.done)) == ("done", 1)


def test_whoever_is_stopped_in_the_middle_of_an_anchor_stops_effects_and_not_the_process(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.anchors"
    monkeypatch.setattr("agent.storage.anchors.TRIES", 1)
    anchors = Anchors(path, database, chain, clock)
    database.write_now(lambda connection: chain.append(connection, Event(type=EventType.PARKED, text="p")))
    with path.open("w") as stopped:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        asyncio.run(anchors.keep())
        assert anchors.wrong.startswith(f"No anchor of the journal can be written to {path}: ")
    asyncio.run(anchors.keep())
    assert anchors.wrong == ""


def _all_rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in metadata.sorted_tables
    }


def _put_back(rows: dict[str, list[dict[str, Any]]], connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))
    for table in metadata.sorted_tables:
        if rows[table.name]:
            connection.execute(table.insert(), rows[table.name])


async def test_nothing_is_done_when_the_journal_cannot_be_written(tmp_path: Path, chain: Chain, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'agent.db'}")
    migrate(database)
    desk, asked = await _approved(database, chain, clock)
    full = "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    await database.write(lambda connection: connection.execute(text(full)))
    with pytest.raises(SQLAlchemyError, match="disk is full"):
        await desk.dispatch(asked)
    assert (desk.done, (await desk.approvals.get(asked.id)).status) == ([], "approved")
    await database.write(lambda connection: connection.execute(text("DROP TRIGGER full")))
    assert (await desk.dispatch(asked)).status == "done"
    database.close()


async def test_the_time_for_deadlines_never_runs_back(database: Database, clock: Clock) -> None:
    passed = [0.0]
    chain = Chain(b"k" * 32, clock, lambda: passed[0])
    began = clock.now()
    passed[0] = 60.0
    clock.time -= timedelta(hours=1)
    assert await database.read(chain.now) == began + timedelta(minutes=1)


async def _approved(database: Database, chain: Chain, clock: Clock) -> tuple[Desk, Approval]:
    """An action that waits for nothing but its dispatch."""
    desk = Desk(database, chain, clock)
    asked = await desk.ask()
    await desk.approve(asked, await desk.person("ann"))
    return desk, asked
