"""Can the record be written to?  A commit is made to see: at most one in a while, for all who ask.

A file system that Linux has turned read-only, a full disk and a PostgreSQL that has become a standby go on answering
whoever reads, so reading does not show it. Nor do commits in which nothing was changed.
"""

import asyncio
import time
from datetime import timedelta

from sqlalchemy import Connection, update
from sqlalchemy.exc import SQLAlchemyError

from agent.domain.errors import QueueFull
from agent.storage.database import Database
from agent.storage.engine import said
from agent.storage.tables import TRIED, cursors
from agent.telemetry import Log

log = Log(__name__)

FRESH = timedelta(seconds=5)
"""So long an outcome is believed: however often it is asked, the disk has one commit more to do in it."""


class Writable:
    def __init__(self, database: Database, fresh: timedelta = FRESH) -> None:
        self._database = database
        self._fresh = fresh.total_seconds()
        self._trying: asyncio.Task[None] | None = None
        self._tried_at = float("-inf")
        self._refusal = ""

    async def why_not(self, patience: timedelta) -> str:
        """What the disk or the server said; empty when it can be written to."""
        if time.monotonic() - self._tried_at < self._fresh:
            return self._refusal
        if self._trying is None or self._trying.done():
            self._trying = asyncio.create_task(self._try())
        # It goes on when nobody waits for it any more: whoever asks next finds what it came to.
        done, _ = await asyncio.wait({self._trying}, timeout=patience.total_seconds())
        for tried in done:
            tried.result()
        if done or time.monotonic() - self._database.committed_at < self._fresh:
            # Behind many others its turn may come late: it is busy, and it writes.
            return self._refusal
        return f"no answer within {patience.total_seconds():g} s"

    async def _try(self) -> None:
        before, self._refusal = self._refusal, await self._refused()
        self._tried_at = time.monotonic()
        if self._refusal and not before:
            log.warning("the record cannot be written to", because=self._refusal)
        if before and not self._refusal:
            log.info("the record can be written to again")

    async def _refused(self) -> str:
        try:
            await self._database.write(_count_one)
        except (SQLAlchemyError, QueueFull) as error:
            return said(error)
        return ""


def _count_one(connection: Connection) -> None:
    more = update(cursors).where(cursors.c.name == TRIED).values(sequence=cursors.c.sequence + 1)
    if connection.execute(more).rowcount == 0:
        connection.execute(cursors.insert().values(name=TRIED, sequence=1))
