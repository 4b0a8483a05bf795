"""Is what is old let go, and nothing else, and does the journal verify without its beginning?"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, update

from agent.domain.event import Event, EventType
from agent.domain.retention import Retention
from agent.storage import retention, subjects
from agent.storage.anchors import Anchors
from agent.storage.database import Database
from agent.storage.duties import next_batch
from agent.storage.journal import Chain, SqlJournal
from agent.storage.tables import (
    alerts,
    changes,
    cursors,
    evidence,
    incidents,
    journal,
    journal_base,
    quarantine,
    reads,
    receipts,
)
from agent.storage.tables import subjects as people
from tests.clocks import Clock

DAY = timedelta(days=1)
RULES = Retention(incidents=20 * DAY, noise=5 * DAY, changes=5 * DAY, reads=5 * DAY, journal=30 * DAY)


def _say(text: str, actor: str = "agent") -> Event:
    return Event(type=EventType.TRIAGED, incident="inc-1", text=text, actor=actor)


async def _tend(database: Database, chain: Chain, clock: Clock, anchored: int = 1_000) -> dict[str, int]:
    due = await database.read(lambda connection: retention.due(connection, RULES, clock.now(), anchored))
    return await database.write(lambda connection: retention.let_go(connection, chain, due))


async def _count(database: Database, *tables: Table) -> list[int | None]:
    counts = [select(func.count()).select_from(table) for table in tables]
    return await database.read(lambda connection: [connection.scalar(count) for count in counts])


async def test_the_journal_goes_from_its_beginning_and_verifies_all_the_same(
    database: Database, chain: Chain, clock: Clock, tmp_path: Path
) -> None:
    book = SqlJournal(database, chain)
    await book.record(_say("one"), _say("two", "ada"), _say("three"))
    anchors = Anchors(tmp_path / "anchors", database, chain, clock)
    await anchors.keep()
    clock.time += 40 * DAY
    await book.record(_say("four"))
    assert await _tend(database, chain, clock) == {"entries": 3, "people": 1}
    await anchors.keep()
    assert ([entry.event.text for entry in await book.after(0)], anchors.wrong) == (
        ["four", "Let go for their age: 1 people, 3 entries."],
        "",
    )
    kept = [await database.read(chain.head)]
    assert await book.verify() == (5, "")
    assert await database.read(lambda connection: chain.verify(connection, [one for one in kept if one])) == (5, "")
    assert await _tend(database, chain, clock) == {}


async def test_nothing_goes_that_is_not_anchored_or_not_followed_yet(
    database: Database, chain: Chain, clock: Clock
) -> None:
    book = SqlJournal(database, chain)
    await book.record(*(_say(str(number)) for number in range(6)))
    clock.time += 40 * DAY
    # What is only counted holds nothing back.
    await database.write(lambda connection: next_batch(connection, 0))
    assert await _tend(database, chain, clock, anchored=0) == {}
    await book.follow("slack", 4)
    assert await _tend(database, chain, clock, anchored=2) == {"entries": 2}
    assert await _tend(database, chain, clock) == {"entries": 2}
    assert await _tend(database, chain, clock) == {}


@pytest.mark.attack("S66")
async def test_a_beginning_that_somebody_else_cut_off_is_found(database: Database, chain: Chain, clock: Clock) -> None:
    book = SqlJournal(database, chain)
    await book.record(_say("one"), _say("two"))
    head = await database.read(chain.head)
    await book.record(_say("three"))
    assert head is not None

    def cut_off(connection: object) -> None:
        values = {**head.model_dump(), "id": 1, "at": clock.now()}
        connection.execute(journal_base.insert().values(values))  # type: ignore[attr-defined]  # a Connection
        connection.execute(journal.delete().where(journal.c.sequence <= 2))  # type: ignore[attr-defined]  # a Connection

    await database.write(cut_off)
    assert await book.verify() == (2, "the beginning at entry 2 was not signed by us")


async def test_what_is_left_behind_the_base_is_still_chained_to_it(
    database: Database, chain: Chain, clock: Clock
) -> None:
    book = SqlJournal(database, chain)
    await book.record(_say("one"))
    clock.time += 40 * DAY
    await book.record(_say("two"), _say("three"))
    await _tend(database, chain, clock)
    await database.write(
        lambda connection: connection.execute(update(journal).where(journal.c.sequence == 2).values(text="x"))
    )
    assert await book.verify() == (2, "entry 2 is not what was written")


async def test_each_kind_goes_at_its_own_age(database: Database, chain: Chain, clock: Clock) -> None:
    for age in (25, 10, 0):
        await database.write(partial(_add, clock=clock, age=age))
    tables = (incidents, evidence, alerts, quarantine, receipts, changes, reads)
    assert await _count(database, *tables) == [3, 3, 6, 3, 3, 3, 3]
    assert await _tend(database, chain, clock) == {
        "incidents": 1,
        "alerts": 2,
        "unparsed": 2,
        "changes": 2,
        "reads": 2,
    }
    assert await _count(database, *tables) == [2, 2, 3, 1, 3, 1, 1]
    assert await _tend(database, chain, clock) == {"receipts": 1}
    assert await _tend(database, chain, clock) == {}


async def test_for_ever_is_for_ever(database: Database, chain: Chain, clock: Clock) -> None:
    await database.write(lambda connection: _add(connection, clock, 4000))
    rules = Retention(incidents=None, noise=None, changes=None, runs=None, reads=None, journal=None)
    assert await database.read(lambda connection: retention.due(connection, rules, clock.now(), 1_000)) == {}
    assert chain is not None


def test_a_journal_that_would_lose_the_history_of_incidents_is_refused() -> None:
    with pytest.raises(ValueError, match="journal must not be shorter"):
        Retention(incidents=20 * DAY, journal=10 * DAY)


def _add(connection: object, clock: Clock, age: int) -> None:
    """An incident with an alert and evidence, noise, something unparsed, a change, a read; all of that age in days."""
    at, name = clock.now() - age * DAY, f"{age}"
    execute = connection.execute  # type: ignore[attr-defined]  # a Connection
    execute(
        receipts.insert().values(id=f"r{name}", integration="x", sender="s", received_at=at, accepted=1, quarantined=1)
    )
    execute(quarantine.insert().values(receipt=f"r{name}", body=b"?", reason="none"))
    kept = {"id": f"inc-{name}", "status": "closed", "episode": 1, "severity": "low", "title": "t", "service": "s"}
    dated = dict.fromkeys(("opened_at", "updated_at", "closed_at"), at)
    execute(incidents.insert().values(**kept, **dated, team="", labels={}, group_key=""))
    execute(evidence.insert().values(incident=f"inc-{name}", id="e1", digest="d", evidence={}))
    for number, owner in enumerate((None, f"inc-{name}")):
        fate = "incident" if owner else "silenced"
        alert = {"id": f"a{name}-{number}", "receipt": f"r{name}", "received_at": at, "event": "e", "occurrence": "o"}
        execute(alerts.insert().values(**alert, alert={}, fate=fate, incident=owner))
    change = {"id": name, "at": at, "service": "s", "kind": "deploy", "summary": "", "source": "", "author": ""}
    execute(changes.insert().values(**change, link=""))
    execute(reads.insert().values(at=at, who="ada", incident=f"inc-{name}", what="page"))


async def test_whoever_is_spoken_of_again_is_not_forgotten(database: Database, chain: Chain, clock: Clock) -> None:
    book = SqlJournal(database, chain)
    await book.record(_say("one", "ada"))
    clock.time += 40 * DAY
    await book.record(_say("two", "ada"))
    assert await _tend(database, chain, clock) == {"entries": 1}
    assert [entry.event.actor for entry in await book.after(0, limit=1)] == ["ada"]
    assert await _count(database, people, cursors) == [1, 0]
    assert await database.read(lambda connection: subjects.named(connection, "ada")) is not None
