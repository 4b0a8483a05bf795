"""Does the journal tell who did what, until they ask to be forgotten, and does it still verify then?"""

from sqlalchemy import delete, select

from agent.domain.event import Event, EventType
from agent.storage import personal, subjects
from agent.storage.database import Database
from agent.storage.journal import Chain, SqlJournal
from agent.storage.tables import journal
from agent.storage.tables import subjects as table

SAID = Event(
    type=EventType.FEEDBACK,
    incident="inc-1",
    text="ada: the diagnosis is wrong, the cause was my late lunch.",
    actor="ada",
    facts={"cause": "my late lunch", "status": "closed"},
)
ABOUT = Event(type=EventType.ESCALATED, text="ada said no", subject="ada", facts={"approval": "ap-1", "who": ["ada"]})
TOLD = Event(type=EventType.TRIAGED, text="bob@example.com cannot log in", facts={"asked": ["by bob@example.com?"]})


async def _lying(database: Database) -> str:
    rows = await database.read(lambda connection: connection.execute(select(journal)).all())
    return repr(rows)


async def _destroy(database: Database, chain: Chain, name: str, *, tell: bool = True) -> str:
    def work(connection: object) -> str:
        subject = subjects.named(connection, name)  # type: ignore[arg-type]  # a Connection
        assert subject is not None
        subjects.destroy(connection, subject.id)  # type: ignore[arg-type]  # a Connection
        if tell:
            facts = {"subject": subject.id}
            gone = Event(type=EventType.PERSON_DELETED, text="gone", actor="system", facts=facts)
            chain.append(connection, gone)  # type: ignore[arg-type]  # a Connection
        return subject.id

    return await database.write(work)


async def test_what_people_did_is_read_as_it_was_told_and_does_not_lie_there_in_words(
    database: Database, chain: Chain
) -> None:
    book = SqlJournal(database, chain)
    await book.record(SAID, ABOUT, TOLD)
    lying = await _lying(database)
    # A name of three letters comes about by chance in base64: looked for with what base64 does not hold.
    assert [word for word in ("ada:", "'ada'", '"ada"', "ada said", "lunch", "bob@example.com") if word in lying] == []
    assert [entry.event for entry in await book.after(0)] == [SAID, ABOUT, TOLD]
    assert await book.verify() == (3, "")


async def test_with_the_key_the_text_is_gone_and_the_chain_is_whole(database: Database, chain: Chain) -> None:
    book = SqlJournal(database, chain)
    await book.record(SAID, ABOUT, TOLD)
    gone = await _destroy(database, chain, "ada")
    assert [entry.event for entry in await book.after(0, limit=3)] == [
        SAID.model_copy(update={"text": personal.GONE, "actor": gone, "facts": {"status": "closed"}}),
        ABOUT.model_copy(update={"text": personal.GONE, "subject": gone, "facts": {"approval": "ap-1"}}),
        TOLD,
    ]
    gone = await _destroy(database, chain, "bob@example.com")
    assert [entry.event for entry in await book.after(2, limit=1)] == [
        TOLD.model_copy(update={"text": f"[{gone}] cannot log in", "facts": {"asked": [f"by [{gone}]?"]}})
    ]
    assert await book.verify() == (5, "")


async def test_a_key_that_somebody_else_destroyed_is_found(database: Database, chain: Chain) -> None:
    book = SqlJournal(database, chain)
    await book.record(TOLD, SAID, ABOUT)
    await database.write(lambda connection: connection.execute(delete(table).where(table.c.name == "ada")))
    assert await book.verify() == (2, "the key of entry 2 is gone, and no deletion was told")


async def test_a_text_that_only_looks_like_a_pseudonym_is_not_given_a_name(database: Database, chain: Chain) -> None:
    book = SqlJournal(database, chain)
    await book.record(TOLD)
    known = await database.read(lambda connection: subjects.named(connection, "bob@example.com"))
    assert known is not None
    await book.record(Event(type=EventType.TRIAGED, text=f"a label says [{known.id}]"))
    assert [entry.event.text for entry in await book.after(1)] == [f"a label says ({known.id})"]


async def test_entries_from_before_there_were_keys_still_verify_and_read(database: Database, chain: Chain) -> None:
    book = SqlJournal(database, chain)
    plain = Event(type=EventType.TRIAGED, text="as ever", facts={"n": 1})
    await book.record(plain)
    rows = await database.read(lambda connection: connection.execute(select(journal)).all())
    assert [(row.subject, row.sealed, row.text) for row in rows] == [(None, None, "as ever")]
    assert (await book.verify(), [entry.event for entry in await book.after(0)]) == ((1, ""), [plain])
