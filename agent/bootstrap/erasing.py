"""How is somebody taken out of everything that is kept here?  In steps that may be cut off and done again.

First the name goes onto the list beside the database, then the key is destroyed, then the record is gone through; what
was cut off, or came back with an older backup, is done again at the next start.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, Table, func, or_, select

from agent.bootstrap.record import Record
from agent.domain.base import Noun
from agent.domain.errors import Conflict, Refused
from agent.domain.event import Event, EventType
from agent.storage import incidents, mentions, subjects
from agent.storage.database import Database
from agent.storage.deletions import Deletions
from agent.storage.journal import Chain
from agent.storage.keys import of_name
from agent.storage.mentions import Mention
from agent.storage.personal import NOBODY
from agent.storage.tables import erasures, journal
from agent.storage.threads import incident_of

ELSEWHERE = (
    "Slack messages, and the profiles of its people",
    "Jira tickets and their comments",
    "what a model's provider keeps of its prompts",
    "logs and traces that were sent elsewhere",
    "names in AGENT_CONFIG",
    "backups: an older one is cleaned again when it is restored, with the list beside the database",
)
"""What this cannot reach, for the person who answers the request."""
_BATCH = 200
"""Rows changed in one transaction."""
_SHORTEST = 3


class Held(Noun):
    """What is kept about somebody."""

    rows: dict[str, int]
    """How many in which table."""
    entries: int
    """Of the journal, under a key of their own."""
    plain: int
    """Of the journal, written before there were such keys: they stay until they are let go for their age."""


class Erased(Noun):
    """What was taken out."""

    subject: str
    """What stands in the place of the name."""
    rows: dict[str, int]
    entries: int
    runs: int
    """Whose checkpoints were dropped."""
    waiting: tuple[str, ...]
    """Incidents whose runs are not over: their checkpoints go at the first start after they are."""
    plain: int


def held(database: Database, name: str) -> Held:
    """Refused when the name is too short to be looked for."""
    _check(name)
    mention = Mention(name, "")

    def look(connection: Connection) -> Held:
        found = {table.name: len(mentions.rows(connection, table, mention)) for table in mentions.tables()}
        return Held(
            rows={table: count for table, count in found.items() if count},
            entries=_entries(connection, name),
            plain=_plain(connection, mention),
        )

    return database.read_now(look)


async def erase(record: Record, deletions: Deletions, name: str) -> Erased:
    """Take out that person; called again it goes on where it was. Conflict while they have a valid key."""
    _check(name)
    now = record.chain.clock.now()
    keys = await record.database.read(lambda connection: of_name(connection, name))
    if any(key.valid(now) for key in keys):
        raise Conflict(f"{name} has a valid key, and would be back at once: run `incident-agent keys revoke` first.")
    deletions.add(name)
    before = await record.database.read(lambda connection: _entries(connection, name))
    stand_in = await record.database.write(lambda connection: _destroy(connection, record.chain, name))
    mention = Mention(name, stand_in)
    rows = {
        table.name: count for table in mentions.tables() if (count := await _clean(record.database, table, mention))
    }
    runs, waiting = await _drop_runs(record, name)
    plain = await record.database.read(lambda connection: _plain(connection, mention))
    erased = Erased(subject=stand_in, rows=rows, entries=before, runs=runs, waiting=tuple(waiting), plain=plain)
    await record.database.write(lambda connection: _end(connection, record.chain, name, erased))
    return erased


async def erase_again(record: Record, deletions: Deletions) -> int:
    """Whoever is on the list, and not known to be gone from this record; how many that were."""
    names = deletions.names()
    pending = await record.database.read(
        lambda connection: [name for name in names if not _is_done(connection, record.chain, name)]
    )
    for name in pending:
        await erase(record, deletions, name)
    return len(pending)


def _check(name: str) -> None:
    if len(name.strip()) < _SHORTEST or name in NOBODY:
        raise Refused(f"A name has {_SHORTEST} characters or more, and is not one of: {', '.join(sorted(NOBODY))}.")


def _destroy(connection: Connection, chain: Chain, name: str) -> str:
    """What stands in the place of the name from now on."""
    at = chain.clock.now()
    subject = subjects.of(connection, name, at).id
    subjects.destroy(connection, subject)
    id_ = _erasure(chain, name)
    if connection.execute(erasures.select().where(erasures.c.id == id_)).first() is None:
        connection.execute(erasures.insert().values(id=id_, begun_at=at))
    text = "Somebody asked to be deleted; what the journal holds about them cannot be read any more."
    facts = {"subject": subject, "state": "begun"}
    chain.append(connection, Event(type=EventType.PERSON_DELETED, text=text, actor="system", facts=facts))
    return subject


def _end(connection: Connection, chain: Chain, name: str, erased: Erased) -> None:
    done_at = None if erased.waiting else chain.clock.now()
    connection.execute(erasures.update().where(erasures.c.id == _erasure(chain, name)).values(done_at=done_at))
    text = f"Somebody was taken out of {sum(erased.rows.values())} rows of the record and {erased.runs} runs."
    facts = {"subject": erased.subject, "state": "waiting" if erased.waiting else "done", "rows": dict(erased.rows)}
    chain.append(connection, Event(type=EventType.PERSON_DELETED, text=text, actor="system", facts=facts))


async def _clean(database: Database, table: Table, mention: Mention) -> int:
    found = await database.read(lambda connection: mentions.rows(connection, table, mention))
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        await database.write(partial(mentions.replace, table=table, keys=batch, mention=mention))
    return len(found)


async def _drop_runs(record: Record, name: str) -> tuple[int, list[str]]:
    """(how many were dropped, the incidents whose runs still need theirs)."""
    found = await record.threads.naming(name)
    at_work = await record.database.read(lambda connection: _at_work(connection, found))
    over = [thread for thread in found if incident_of(thread) not in at_work]
    for thread in over:
        await record.threads.drop(thread)
    return len(over), sorted(at_work)


def _at_work(connection: Connection, found: Sequence[str]) -> set[str]:
    return {incident_of(thread) for thread in found} & incidents.unfinished(connection)


def _erasure(chain: Chain, name: str) -> str:
    return chain.seal(["erasure", name])


def _is_done(connection: Connection, chain: Chain, name: str) -> bool:
    row = connection.execute(erasures.select().where(erasures.c.id == _erasure(chain, name))).one_or_none()
    return row is not None and row.done_at is not None


def _entries(connection: Connection, name: str) -> int:
    known = subjects.named(connection, name)
    if known is None:
        return 0
    about = or_(journal.c.subject == known.id, journal.c.text.contains(known.id), journal.c.actor == known.id)
    return connection.scalar(select(func.count()).select_from(journal).where(about)) or 0


def _plain(connection: Connection, mention: Mention) -> int:
    lying = select(journal.c.actor, journal.c.text, journal.c.facts).where(journal.c.sealed.is_(None))
    rows = connection.execute(lying).yield_per(1000)
    return sum(1 for row in rows if any(mention.replaced(value) != value for value in row))
