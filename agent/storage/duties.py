"""Which of many processes places alerts, and which tells people?  One at a time; when it dies, another at once.

On PostgreSQL whoever has a duty holds an advisory lock of its session, which ends with the process or its connection,
or when the process asks nothing any more, because it froze.
The record of SQLite has one process, which has every duty. What is written under a duty is fenced besides, by the
transaction that writes it: a process that does not know yet that it has lost its session changes nothing.
"""

import asyncio
import threading
from datetime import timedelta
from enum import IntEnum
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, create_engine, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from agent.domain.errors import Conflict
from agent.storage.engine import patience
from agent.storage.tables import BATCHES, cursors
from agent.telemetry import Log

log = Log(__name__)

SILENT = timedelta(minutes=1)
"""A process that has asked for no duty for so long, which each does once a second, is taken to be frozen."""
_SPACE = 0x1C4D
"""The first half of every lock's number: other programs may use advisory locks too."""
_TRY = text("SELECT pg_try_advisory_lock(:space, :duty)")
_STILL = text("SELECT 1")


class Duty(IntEnum):
    PLACE = 1
    """Place stored alerts."""
    TELL = 2
    """Follow the journal and tell people."""


def batches(connection: Connection) -> int:
    """How many batches of alerts were ever placed."""
    return connection.scalar(select(cursors.c.sequence).where(cursors.c.name == BATCHES)) or 0


def next_batch(connection: Connection, known: int) -> None:
    """Count one more. Conflict when another process has placed some that the caller does not know of."""
    if batches(connection) != known:
        raise Conflict("Another process has placed alerts meanwhile.")
    if known == 0:
        connection.execute(cursors.insert().values(name=BATCHES, sequence=1))
    else:
        connection.execute(update(cursors).where(cursors.c.name == BATCHES).values(sequence=known + 1))


class Duties:
    """The duties of this process. Opened and closed with `async with`."""

    def __init__(self, url: str, silent: timedelta = SILENT) -> None:
        shared = not url.startswith("sqlite")
        self._engine: Engine | None = (
            create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=patience())
            if shared
            else None
        )
        self._silent = silent
        self._connection: Connection | None = None
        self._held: set[Duty] = set()
        self._lock = threading.Lock()

    async def has(self, duty: Duty) -> bool:
        """Is it ours?  It is taken when it is nobody's; when the record does not answer, it is not ours."""
        return True if self._engine is None else await asyncio.to_thread(self._has, self._engine, duty)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._let_go)

    def _has(self, engine: Engine, duty: Duty) -> bool:
        with self._lock:
            try:
                self._connection = self._connection or self._connect(engine)
                return self._ask(self._connection, duty)
            except DBAPIError as error:
                log.warning("lost the record, and every duty with it", because=str(error.orig).strip())
                self._drop()
                return False

    def _connect(self, engine: Engine) -> Connection:
        connection = engine.connect()
        # PostgreSQL 13 knows no such limit: there a duty waits until whoever froze wakes or is killed.
        if (connection.dialect.server_version_info or (0,)) >= (14,):
            connection.exec_driver_sql(f"SET idle_session_timeout = {self._silent // timedelta(milliseconds=1)}")
        return connection

    def _ask(self, connection: Connection, duty: Duty) -> bool:
        if duty in self._held:
            # The lock lives as long as the session: when that answers, it is still ours.
            return bool(connection.scalar(_STILL) == 1)
        if connection.scalar(_TRY, {"space": _SPACE, "duty": duty.value}):
            self._held.add(duty)
            log.info("has the duty", duty=duty.name.lower())
        return duty in self._held

    def _let_go(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        self._held.clear()
        if self._connection is not None:
            # The session ends and its locks with it, whatever state it is in.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
