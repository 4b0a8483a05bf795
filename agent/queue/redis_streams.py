"""Who does the next job, of many processes?  Redis tells them at once that one is due; the record says whose it is."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from random import Random

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from agent.domain.job import Lease
from agent.ports import JobRecord
from agent.queue.announcements import Announcement, Announcements
from agent.queue.sql import SqlQueue
from agent.telemetry import Log

log = Log(__name__)

SWEEP = timedelta(seconds=2)
"""How often the record is asked for jobs that are due and not announced: after a delay, a crash, a wiped Redis."""
PAUSE = timedelta(milliseconds=200)
"""Between two sweeps at least: while many jobs end, each of them asks for one."""
WINDOW = 500
"""Jobs that are announced at a time."""
LISTEN = timedelta(seconds=2)
"""How long Redis is asked to hold its answer back until there are news."""
LOOK = timedelta(seconds=30)
"""How often the record is asked for a job all the same: Redis hands what a dead reader held to another by its own
clock, which may be set back, and until then it is announced to nobody else."""


class RedisQueue(SqlQueue):
    """`ports.Queue` for many processes. Without Redis it is the queue it extends, and so every job is still done."""

    def __init__(self, jobs: JobRecord, announcements: Announcements, chance: Random) -> None:
        super().__init__(jobs, chance)
        self._look = LOOK.total_seconds()
        self._looked = time.monotonic()
        self._announcements = announcements
        self._unannounced = asyncio.Event()
        self._answers = True
        """Did Redis, the last time?"""

    async def lease(self, holder: str, length: timedelta) -> Lease | None:
        if time.monotonic() - self._looked > self._look:
            self._looked = time.monotonic()
            if lease := await super().lease(holder, length):
                return lease
        while self._answers and (told := await self._told(holder)):
            lease = await self._jobs.claim(told.job, holder, length)
            await self._settle(told)
            if lease:
                return lease
        return None if self._answers else await super().lease(holder, length)

    def wake(self) -> None:
        super().wake()
        self._unannounced.set()

    async def announce_forever(self) -> None:
        """Announce what the record says is due: when something was written here, and every few seconds."""
        while True:
            self._unannounced.clear()
            await self._sweep()
            await asyncio.sleep(PAUSE.total_seconds())
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP.total_seconds()):
                    await self._unannounced.wait()

    async def listen_forever(self) -> None:
        """Wake who waits here when somebody else has announced something."""
        tidied = False
        while True:
            try:
                if not tidied:
                    await self._announcements.tidy()
                    tidied = True
                if await self._announcements.listen(LISTEN):
                    self._news.set()
            except RedisError:
                await asyncio.sleep(SWEEP.total_seconds())

    async def _sweep(self) -> None:
        try:
            due = await self._jobs.due(WINDOW)
            await self._announcements.announce(due)
        except RedisError as error:
            self._does_not_answer(error)
        except SQLAlchemyError as error:
            log.warning("cannot read what is due, trying again", because=f"{type(error).__name__}: {error}")
        else:
            if not self._answers:
                log.info("Redis answers again")
            self._answers = True

    async def _told(self, holder: str) -> Announcement | None:
        try:
            return await self._announcements.take(holder)
        except RedisError as error:
            self._does_not_answer(error)
            return None

    async def _settle(self, told: Announcement) -> None:
        try:
            await self._announcements.settle(told)
        except RedisError as error:
            self._does_not_answer(error)

    def _does_not_answer(self, error: RedisError) -> None:
        if self._answers:
            log.warning("Redis does not answer; jobs are taken from the record", because=str(error))
        self._answers = False


@asynccontextmanager
async def redis_queue(announcements: Announcements, jobs: JobRecord, chance: Random) -> AsyncIterator[RedisQueue]:
    """A queue that announces and listens until the block ends."""
    queue = RedisQueue(jobs, announcements, chance)
    beside = [asyncio.create_task(queue.announce_forever()), asyncio.create_task(queue.listen_forever())]
    try:
        yield queue
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await announcements.close()
