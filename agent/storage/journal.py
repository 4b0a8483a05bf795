"""What happened, in order, and has anybody changed it since? Append-only and hash-chained.

The chain is that of Schneier and Kelsey, Secure Audit Logs to Support Computer Forensics, 1999, section 3: each
entry's hash covers the entry and the hash before it; the head is signed, so that a tail cut off is seen.
"""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select, update

from agent.domain.base import canonical
from agent.domain.errors import JournalBroken
from agent.domain.event import Event, EventType, Recorded
from agent.ports import Clock
from agent.storage.database import Database
from agent.storage.tables import cursors, journal, journal_head

GENESIS = "0" * 64


class Chain:
    """Appends to the journal inside a transaction, so that a change and its event stand or fall together."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self.clock = clock

    def append(self, connection: Connection, *events: Event) -> None:
        """Chain the events to the head. JournalBroken when the head is not the one we signed."""
        if not events:
            return
        sequence, previous = self._head(connection)
        rows = []
        for event in events:
            sequence += 1
            row = _row(sequence, self.clock.now(), event, previous)
            rows.append(row)
            previous = row["hash"]
        connection.execute(journal.insert(), rows)
        connection.execute(
            update(journal_head).values(sequence=sequence, hash=previous, signature=self._sign(sequence, previous))
        )

    def verify(self, connection: Connection) -> tuple[int, str]:
        """(entries that are sound, "") or (the first broken entry's sequence, what is wrong with it)."""
        previous, expected = GENESIS, 0
        for row in connection.execute(select(journal).order_by(journal.c.sequence)).yield_per(1000):
            expected += 1
            if row.sequence != expected:
                return expected, f"entry {expected} is missing"
            if row.previous != previous or row.hash != _row(row.sequence, row.at, _event(row), previous)["hash"]:
                return expected, f"entry {expected} is not what was written"
            previous = row.hash
        head = connection.execute(select(journal_head)).one_or_none()
        if head is None:
            return expected, "" if expected == 0 else "the signed head is missing"
        if not hmac.compare_digest(head.signature, self._sign(head.sequence, head.hash)):
            return expected, "the head's signature is not ours"
        if (head.sequence, head.hash) != (expected, previous):
            return expected + 1, f"entries after {expected} were cut off: the signed head is at {head.sequence}"
        return expected, ""

    def _head(self, connection: Connection) -> tuple[int, str]:
        # The row lock makes writers of several processes queue up here; SQLite has one writer anyway.
        head = connection.execute(select(journal_head).with_for_update()).one_or_none()
        if head is None:
            values = {"id": 1, "sequence": 0, "hash": GENESIS, "signature": self._sign(0, GENESIS)}
            connection.execute(journal_head.insert().values(values))
            return 0, GENESIS
        if not hmac.compare_digest(head.signature, self._sign(head.sequence, head.hash)):
            raise JournalBroken(
                "The journal's head was not signed by this installation's key; nothing is done until it is."
            )
        return head.sequence, head.hash

    def _sign(self, sequence: int, head: str) -> str:
        return hmac.new(self._key, f"{sequence}:{head}".encode(), sha256).hexdigest()


class SqlJournal:
    """`ports.Journal` over the record."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    async def record(self, *events: Event) -> None:
        await self._database.write(lambda connection: self._chain.append(connection, *events))

    async def after(self, sequence: int, limit: int = 500) -> list[Recorded]:
        return await self._database.read(lambda connection: entries(connection, after=sequence, limit=limit))

    async def about(self, incident: str) -> list[Recorded]:
        return await self._database.read(lambda connection: entries(connection, incident=incident))

    async def verify(self) -> tuple[int, str]:
        return await self._database.read(self._chain.verify)

    async def followed(self, name: str) -> int:
        """How far the follower of that name has come; 0 at first."""
        return await self._database.read(
            lambda connection: connection.scalar(select(cursors.c.sequence).where(cursors.c.name == name)) or 0
        )

    async def follow(self, name: str, sequence: int) -> None:
        await self._database.write(lambda connection: _move_cursor(connection, name, sequence))


def entries(
    connection: Connection, *, after: int = 0, limit: int = 500, incident: str | None = None, newest: bool = False
) -> list[Recorded]:
    """Entries in order (or the newest first), of one incident or of all."""
    query = select(journal).where(journal.c.sequence > after).limit(limit)
    if incident is not None:
        query = query.where(journal.c.incident == incident)
    query = query.order_by(journal.c.sequence.desc() if newest else journal.c.sequence)
    return [
        Recorded(sequence=row.sequence, at=row.at, event=_event(row), previous=row.previous, hash=row.hash)
        for row in connection.execute(query)
    ]


def _row(sequence: int, at: datetime, event: Event, previous: str) -> dict[str, Any]:
    content = {"sequence": sequence, "at": at.isoformat(), **event.model_dump(mode="json")}
    seal = sha256((previous + canonical(content)).encode("utf-8", "surrogatepass")).hexdigest()
    return {**content, "at": at, "previous": previous, "hash": seal}


def _event(row: Row[Any]) -> Event:
    return Event(type=EventType(row.type), text=row.text, incident=row.incident, actor=row.actor, facts=row.facts)


def _move_cursor(connection: Connection, name: str, sequence: int) -> None:
    moved = connection.execute(update(cursors).where(cursors.c.name == name).values(sequence=sequence))
    if moved.rowcount == 0:
        connection.execute(cursors.insert().values(name=name, sequence=sequence))
