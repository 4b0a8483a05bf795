"""What happened, in order, and has anybody changed it since? Append-only and hash-chained.

The chain is that of Schneier and Kelsey, Secure Audit Logs to Support Computer Forensics, 1999, section 3: each
entry's hash covers the entry and the hash before it; the head is signed, so that a tail cut off is seen. Copies of
the signed head that are kept elsewhere (`storage.anchors`) show an older journal that was put in its place.
"""

import hmac
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from agent.domain.base import Noun, canonical
from agent.domain.clocks import unbelievable
from agent.domain.errors import JournalBroken
from agent.domain.event import Event, EventType, Recorded
from agent.ports import Clock
from agent.storage import personal
from agent.storage.database import Database
from agent.storage.fencing import Fenced
from agent.storage.sight import Teams, within
from agent.storage.tables import cursors, journal, journal_base, journal_head

GENESIS = "0" * 64


class Head(Noun):
    """Where the chain ended at some moment, signed."""

    sequence: int
    hash: str
    signature: str


class Chain:
    """Appends to the journal inside a transaction, so that a change and its event stand or fall together."""

    def __init__(
        self,
        key: bytes,
        clock: Clock,
        elapsed: Callable[[], float] = time.monotonic,
        *,
        former: bytes | None = None,
    ) -> None:
        """`elapsed`: seconds since some moment, which no setting of the clock changes.

        `former`: the key before this one; what it sealed counts, and nothing is sealed with it.
        """
        self._key = key
        self._keys = [key, *([former] if former else [])]
        self.clock = clock
        self._elapsed = elapsed
        self._began = clock.now(), elapsed()

    def now(self, connection: Connection) -> datetime:
        """The time for deadlines: set back, the clock cannot make what has expired valid again.

        Never earlier than the last entry, nor than what has passed since this process began.
        """
        passed = self._passed()
        last = connection.scalar(select(journal.c.at).order_by(journal.c.sequence.desc()).limit(1))
        return max(self.clock.now(), passed, last or passed)

    def set_back(self) -> bool:
        """Has the clock been, since this process began, by more than clocks are apart?"""
        return unbelievable(self._passed(), self.clock.now())

    def follow_clock(self) -> None:
        """Go by it as it is now: for whoever has seen to it that nothing becomes valid again by that."""
        self._began = self.clock.now(), self._elapsed()

    def _passed(self) -> datetime:
        began, at = self._began
        return began + timedelta(seconds=self._elapsed() - at)

    def seal(self, content: object) -> str:
        """A proof that this agent wrote it, which whoever can only write to the database cannot make."""
        return _seal(self._key, content)

    def sealed(self, content: object, seal: str) -> bool:
        return any(hmac.compare_digest(_seal(key, content).encode(), seal.encode()) for key in self._keys)

    def sealed_before(self, content: object, seal: str) -> bool:
        """Only with the former key, so that it should be sealed anew?"""
        return seal != self.seal(content) and self.sealed(content, seal)

    def head(self, connection: Connection) -> Head | None:
        """Where it ends now; None before the first entry."""
        row = connection.execute(select(journal_head)).one_or_none()
        return Head(sequence=row.sequence, hash=row.hash, signature=row.signature) if row else None

    def ours(self, head: Head) -> bool:
        """Did we sign it?"""
        signed = (_signature(key, head.sequence, head.hash) for key in self._keys)
        return any(hmac.compare_digest(head.signature.encode(), one.encode()) for one in signed)

    def signed_anew(self, head: Head) -> Head:
        """The same head, if it is ours, signed with the present key."""
        return head.model_copy(update={"signature": self._sign(head.sequence, head.hash)}) if self.ours(head) else head

    def sign_anew(self, connection: Connection) -> None:
        """Head and base, where they are ours."""
        if (head := self.head(connection)) is not None:
            connection.execute(update(journal_head).values(signature=self.signed_anew(head).signature))
        if (base := self.base(connection)) is not None and self._is_base(base):
            connection.execute(update(journal_base).values(signature=self._sign_base(base.sequence, base.hash)))

    def append(self, connection: Connection, *events: Event) -> None:
        """Chain the events to the head. JournalBroken when the head is not the one we signed."""
        if not events:
            return
        sequence, previous = self._head(connection)
        rows = []
        for event in events:
            sequence += 1
            at = self.clock.now()
            row = _row(sequence, at, personal.written(connection, event, at), previous)
            rows.append(row)
            previous = row["hash"]
        connection.execute(journal.insert(), rows)
        connection.execute(
            update(journal_head).values(sequence=sequence, hash=previous, signature=self._sign(sequence, previous))
        )

    def base(self, connection: Connection) -> Head | None:
        """The last entry that was let go for its age; None while the first is still there."""
        row = connection.execute(select(journal_base)).one_or_none()
        return Head(sequence=row.sequence, hash=row.hash, signature=row.signature) if row else None

    @staticmethod
    def older(before: datetime, keep: int, most: int) -> Select[tuple[int]]:
        """The oldest entries from before that moment, at most so many and none behind `keep`."""
        old = select(journal.c.sequence).where(journal.c.at < before, journal.c.sequence <= keep)
        return old.order_by(journal.c.sequence).limit(most)

    def let_go(self, connection: Connection, old: Sequence[int]) -> int:
        """Drop those of the entries that the journal begins with; how many it were.

        From then on the chain begins behind them, at a base that is signed. JournalBroken when the present base is
        not ours.
        """
        base = self.base(connection)
        if base is not None and not self._is_base(base):
            raise JournalBroken("The journal's beginning was not signed by this installation's key; nothing is let go.")
        first = base.sequence if base else 0
        # The clock may have been set back: what goes is a beginning, without a gap.
        going = [sequence for number, sequence in enumerate(sorted(old), first + 1) if sequence == number]
        if not going:
            return 0
        last = connection.execute(select(journal).where(journal.c.sequence == going[-1])).one()
        signed = {"sequence": last.sequence, "hash": last.hash, "signature": self._sign_base(last.sequence, last.hash)}
        connection.execute(journal_base.delete())
        connection.execute(journal_base.insert().values(id=1, at=self.clock.now(), **signed))
        connection.execute(journal.delete().where(journal.c.sequence <= last.sequence))
        return len(going)

    def verify(self, connection: Connection, anchors: Iterable[Head] = ()) -> tuple[int, str]:
        """(entries that are sound, "") or (the first broken entry's sequence, what is wrong with it).

        `anchors`: earlier heads that were kept elsewhere.
        """
        kept = list(anchors)
        if forged := next((head for head in kept if not self.ours(head)), None):
            return forged.sequence, f"the anchor of entry {forged.sequence} was not signed by us"
        last, previous, wrong = self._walk(connection, {head.sequence: head.hash for head in kept})
        if wrong:
            return last, wrong
        if unreadable := personal.unexplained(connection):
            return unreadable, f"the key of entry {unreadable} is gone, and no deletion was told"
        if beyond := next((head for head in kept if head.sequence > last), None):
            return (
                last + 1,
                f"the journal ends at entry {last}, but there was an entry {beyond.sequence}: it is anchored",
            )
        return self._ends(connection, last, previous)

    def _walk(self, connection: Connection, anchored: Mapping[int, str]) -> tuple[int, str, str]:
        """(the last entry's sequence, its hash, what is wrong with it)."""
        base = self.base(connection)
        if base is not None and not self._is_base(base):
            return base.sequence, base.hash, f"the beginning at entry {base.sequence} was not signed by us"
        previous, expected = (base.hash, base.sequence) if base else (GENESIS, 0)
        if anchored.get(expected, previous) != previous:
            return expected, previous, f"entry {expected} is of another journal: its anchor does not fit"
        for row in connection.execute(select(journal).order_by(journal.c.sequence)).yield_per(1000):
            expected += 1
            if row.sequence != expected:
                return expected, previous, f"entry {expected} is missing"
            if row.previous != previous or not _as_written(row, previous):
                return expected, previous, f"entry {expected} is not what was written"
            if anchored.get(expected, row.hash) != row.hash:
                return expected, previous, f"entry {expected} is of another journal: its anchor does not fit"
            previous = row.hash
        return expected, previous, ""

    def _ends(self, connection: Connection, last: int, previous: str) -> tuple[int, str]:
        head = self.head(connection)
        if head is None:
            return last, "" if last == 0 else "the signed head is missing"
        if not self.ours(head):
            return last, "the head's signature is not ours"
        if (head.sequence, head.hash) != (last, previous):
            return last + 1, f"entries after {last} were cut off: the signed head is at {head.sequence}"
        return last, ""

    def _head(self, connection: Connection) -> tuple[int, str]:
        # The row lock makes writers of several processes queue up here; SQLite has one writer anyway.
        head = connection.execute(select(journal_head).with_for_update()).one_or_none()
        if head is None:
            values = {"id": 1, "sequence": 0, "hash": GENESIS, "signature": self._sign(0, GENESIS)}
            connection.execute(journal_head.insert().values(values))
            return 0, GENESIS
        if not self.ours(Head(sequence=head.sequence, hash=head.hash, signature=head.signature)):
            raise JournalBroken(
                "The journal's head was not signed by this installation's key; nothing is done until the root secret "
                "that signed it is back: AGENT_SECRET_KEY, or secret.key in the data folder."
            )
        return head.sequence, head.hash

    def _is_base(self, base: Head) -> bool:
        return self.sealed(["base", base.sequence, base.hash], base.signature)

    def _sign_base(self, sequence: int, last: str) -> str:
        # Unlike a head: whoever kept an old head could otherwise cut off everything up to it.
        return self.seal(["base", sequence, last])

    def _sign(self, sequence: int, head: str) -> str:
        return _signature(self._key, sequence, head)


class SqlJournal:
    """`ports.Journal` over the record."""

    def __init__(self, database: Database | Fenced, chain: Chain) -> None:
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
    connection: Connection,
    *,
    after: int = 0,
    limit: int = 500,
    incident: str | None = None,
    newest: bool = False,
    before: int = 0,
    types: Sequence[EventType] = (),
    teams: Teams = None,
) -> list[Recorded]:
    """Entries in order (or the newest first), of one incident or of all; `before` 0 and no `types` leave none out."""
    query = select(journal).where(journal.c.sequence > after, *within(journal.c.incident, teams)).limit(limit)
    if before:
        query = query.where(journal.c.sequence < before)
    if types:
        query = query.where(journal.c.type.in_(types))
    if incident is not None:
        query = query.where(journal.c.incident == incident)
    query = query.order_by(journal.c.sequence.desc() if newest else journal.c.sequence)
    rows = connection.execute(query).all()
    return [
        Recorded(sequence=row.sequence, at=row.at, event=event, previous=row.previous, hash=row.hash)
        for row, event in zip(rows, personal.read(connection, rows), strict=True)
    ]


def holds(connection: Connection, head: Head) -> bool:
    """Is what ended there still the beginning of it?"""
    return connection.scalar(select(journal.c.hash).where(journal.c.sequence == head.sequence)) == head.hash


def newest(connection: Connection, incident: str) -> int:
    """The sequence of the latest entry about it; 0 when there is none."""
    return connection.scalar(select(func.max(journal.c.sequence)).where(journal.c.incident == incident)) or 0


def _seal(key: bytes, content: object) -> str:
    return hmac.new(key, b"seal:" + canonical(content).encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _signature(key: bytes, sequence: int, head: str) -> str:
    return hmac.new(key, f"{sequence}:{head}".encode(), sha256).hexdigest()


def _row(sequence: int, at: datetime, said: dict[str, Any], previous: str) -> dict[str, Any]:
    content = {"sequence": sequence, "at": at.isoformat(), **said}
    seal = sha256((previous + canonical(content)).encode("utf-8", "surrogatepass")).hexdigest()
    unsealed = {"subject": None, "sealed": None}
    return {**unsealed, **content, "at": at, "previous": previous, "hash": seal}


def _as_written(row: Row[Any], previous: str) -> bool:
    try:
        return bool(_row(row.sequence, row.at, personal.as_it_lies(row), previous)["hash"] == row.hash)
    except ValueError:
        # Of a type that there is not, or with facts that are none: it cannot have been written by us.
        return False


def _move_cursor(connection: Connection, name: str, sequence: int) -> None:
    moved = connection.execute(update(cursors).where(cursors.c.name == name).values(sequence=sequence))
    if moved.rowcount == 0:
        connection.execute(cursors.insert().values(name=name, sequence=sequence))
