"""Where is the journal's signed head kept, beside the database?  In a file that only grows, and in the log.

Whoever can write to the database can put an older copy of it in its place, signed head and all; the anchors remember
that there was more. A verification compares every one of them; the latest is compared with the journal as it is
before each action, which is anchored before it is done. So a record that goes back behind an action, to an older copy
or to a replica that lags, does not do it again: while they do not fit, or no anchor can be written, nothing is done.
"""

import fcntl
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError
from sqlalchemy import Connection, select

from agent.domain.clocks import passed
from agent.domain.errors import JournalBroken
from agent.ports import Clock
from agent.storage.database import Database
from agent.storage.journal import Chain, Head
from agent.storage.tables import journal
from agent.telemetry import Log

log = Log(__name__)

EVERY = 100
"""Entries after which the head is anchored again."""
AFTER = timedelta(minutes=1)
"""How long new entries wait for their anchor at most, while the agent runs."""
TRIES, PAUSE = 40, 0.05
"""How often the file is asked for that another process writes to, and seconds between."""
_LONGEST = 1024
"""Bytes of a line, with room to spare."""


class Anchors:
    """Anchors the head now and then, and tells whether the latest anchor still fits."""

    def __init__(self, path: Path, database: Database, chain: Chain, clock: Clock) -> None:
        self._path = path
        self._database = database
        self._chain = chain
        self._clock = clock
        self._latest: Head | None = None
        self._anchored_at = clock.now()
        self._misfit = ""
        self._unwritable = ""

    @property
    def wrong(self) -> str:
        """Why nothing may be done in the world, as far as is known; empty while all is well."""
        return self._misfit or self._unwritable

    def wrong_now(self, connection: Connection) -> str:
        """The same, by a look at the journal as this transaction sees it, and at what other processes anchored."""
        try:
            self._latest = _later(self._latest, _last(self._path))
        except JournalBroken as error:
            self._note(str(error))
        self._note(self._compare(connection, self._latest))
        return self.wrong

    @property
    def up_to(self) -> int:
        """The entry of the latest anchor; 0 before the first."""
        return self._latest.sequence if self._latest else 0

    def open(self) -> None:
        """Compare what is on the file with the journal, before anything is done."""
        try:
            kept = read(self._path)
        except JournalBroken as error:
            self._misfit = str(error)
        else:
            self._latest = kept[-1] if kept else None
            self._misfit = self._database.read_now(lambda connection: self._compare(connection, self._latest))
        if self._misfit:
            log.error("effects are stopped", reason=self._misfit)

    async def keep(self) -> None:
        """Anchor the head when it is time to, unless the journal is not the one we know; call it every few seconds."""
        head = await self._head()
        if head is not None and not self._misfit and self._due(head):
            self._write(head)

    async def keep_now(self) -> None:
        """Anchor the head before something is done that the journal tells of. JournalBroken when that cannot be."""
        head = await self._head()
        if head is not None and not self._misfit and head.sequence > self.up_to:
            self._write(head)
        if self.wrong:
            raise JournalBroken(self.wrong)

    async def aclose(self) -> None:
        """Anchor what was written last."""
        head = await self._database.read(self._chain.head)
        if head is not None and not self._misfit and head.sequence > self.up_to:
            self._write(head)

    async def _head(self) -> Head | None:
        # Known before it is read: what is written and anchored meanwhile is not there yet for this reader.
        latest = self._latest
        head, misfit = await self._database.read(
            lambda connection: (self._chain.head(connection), self._compare(connection, latest))
        )
        self._note(misfit)
        return head

    def _note(self, misfit: str) -> None:
        if misfit and not self._misfit:
            log.error("effects are stopped", reason=misfit)
        self._misfit = self._misfit or misfit

    def _due(self, head: Head) -> bool:
        if self._latest is None or self._unwritable:
            return True
        new = head.sequence - self._latest.sequence
        return new >= EVERY or (new > 0 and passed(self._anchored_at, AFTER, self._clock.now()))

    def _write(self, head: Head) -> None:
        try:
            _append(self._path, head)
        except OSError as error:
            self._unwritable = (
                f"No anchor of the journal can be written to {self._path}: {error.strerror}. "
                "Make room there, or name another file with AGENT_JOURNAL_ANCHORS."
            )
        except ValidationError:
            self._note(str(_unreadable(self._path)))
            return
        else:
            self._unwritable = ""
        if self._unwritable:
            log.error("effects are stopped", reason=self._unwritable)
            return
        self._latest, self._anchored_at = _later(self._latest, head), self._clock.now()
        log.info("journal anchored", sequence=head.sequence, hash=head.hash, signature=head.signature)

    def _compare(self, connection: Connection, latest: Head | None) -> str:
        if latest is None:
            return ""
        if not self._chain.ours(latest):
            return "The latest anchor of the journal was not signed by us."
        there = connection.scalar(select(journal.c.hash).where(journal.c.sequence == latest.sequence))
        base = self._chain.base(connection)
        if there is None and base is not None and base.sequence == latest.sequence:
            there = base.hash
        if there == latest.hash:
            return ""
        return (
            f"The journal is not the one that was anchored at entry {latest.sequence}: what was done since may not be "
            "on it. `incident-agent audit verify` says where it differs. To go on with it as it is: `incident-agent "
            f"actions pause`, look at what was done, move {self._path} aside, and start the agent again."
        )


def read(path: Path) -> list[Head]:
    """Every anchor on the file, the oldest first; none without a file. JournalBroken when it cannot be read.

    A last line that was cut off by a crash is no anchor.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = text.splitlines(keepends=True)
        return [Head.model_validate_json(line) for line in lines if line.strip() and line.endswith("\n")]
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise _unreadable(path) from error


def _last(path: Path) -> Head | None:
    """The latest on the file, as `read` has it."""
    try:
        with path.open("rb") as file:
            return _last_of(file)
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise _unreadable(path) from error


def _last_of(file: BinaryIO) -> Head | None:
    whole = _whole(file)
    file.seek(max(0, whole - _LONGEST))
    lines = [line for line in file.read(min(whole, _LONGEST)).splitlines() if line.strip()]
    return Head.model_validate_json(lines[-1]) if lines else None


def _unreadable(path: Path) -> JournalBroken:
    return JournalBroken(f"The anchors in {path} cannot be read; restore the file, or move it aside.")


def _later(one: Head | None, other: Head | None) -> Head | None:
    return other if other and (one is None or other.sequence > one.sequence) else one


def sign_anew(path: Path, chain: Chain) -> int:
    """Every anchor that is ours, in the place of the file; how many there are. Nobody may be writing to it."""
    heads = [chain.signed_anew(head) for head in sorted(read(path), key=lambda head: head.sequence)]
    if heads:
        draft = path.with_name(f"{path.name}.new")
        draft.unlink(missing_ok=True)
        for head in heads:
            _append(draft, head)
        draft.replace(path)
    return len(heads)


def _append(path: Path, head: Head) -> None:
    """On the disk when this returns, or a later one is; what a crash left of an earlier line is overwritten."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+b") as file:
        # Several processes may share the file.
        _lock(file)
        # Who waited for the lock may come behind one that read the journal after it: the last line stays the latest.
        if (last := _last_of(file)) is not None and last.sequence > head.sequence:
            return
        file.truncate(_whole(file))
        file.write(head.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _lock(file: BinaryIO) -> None:
    """OSError when another process has it for long: it may have been stopped in the middle of its line."""
    for _ in range(TRIES):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _whole(file: BinaryIO) -> int:
    """Bytes up to the end of the last whole line."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST))
    tail = file.read()
    return size - len(tail) + tail.rfind(b"\n") + 1
