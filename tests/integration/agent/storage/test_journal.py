"""Is what happened kept in order, and is every change to it found?"""

import pytest
from sqlalchemy import delete, update

from agent.domain.errors import JournalBroken
from agent.domain.event import Event, EventType
from agent.storage.database import Database
from agent.storage.journal import Chain, SqlJournal
from agent.storage.tables import journal, journal_head


async def _written(database: Database, chain: Chain, entries: int = 5) -> SqlJournal:
    book = SqlJournal(database, chain)
    for number in range(entries):
        await book.record(Event(type=EventType.TRIAGED, incident="inc-1", text=f"entry {number}", facts={"n": number}))
    return book


async def test_an_untouched_journal_verifies(database: Database, chain: Chain) -> None:
    book = await _written(database, chain)
    assert await book.verify() == (5, "")
    assert [entry.event.text for entry in await book.after(3)] == ["entry 3", "entry 4"]


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        (update(journal).where(journal.c.sequence == 3).values(text="x"), (3, "entry 3 is not what was written")),
        (update(journal).where(journal.c.sequence == 2).values(actor="x"), (2, "entry 2 is not what was written")),
        (delete(journal).where(journal.c.sequence == 4), (4, "entry 4 is missing")),
        (
            delete(journal).where(journal.c.sequence > 3),
            (4, "entries after 3 were cut off: the signed head is at 5"),
        ),
        (delete(journal_head), (5, "the signed head is missing")),
        (update(journal_head).values(sequence=4), (5, "the head's signature is not ours")),
    ],
)
async def test_each_kind_of_tampering_is_found(
    database: Database, chain: Chain, tampering: object, finding: tuple[int, str]
) -> None:
    book = await _written(database, chain)
    await database.write(lambda connection: connection.execute(tampering))  # type: ignore[call-overload]  # a statement
    assert await book.verify() == finding


async def test_nothing_is_appended_to_a_head_that_is_not_ours(database: Database, chain: Chain) -> None:
    book = await _written(database, chain)
    await database.write(lambda connection: connection.execute(update(journal_head).values(signature="0" * 64)))
    with pytest.raises(JournalBroken):
        await book.record(Event(type=EventType.TRIAGED, text="one more"))


async def test_each_follower_has_its_own_cursor(database: Database, chain: Chain) -> None:
    book = await _written(database, chain)
    await book.follow("jira", 3)
    await book.follow("jira", 4)
    assert (await book.followed("jira"), await book.followed("slack")) == (4, 0)
