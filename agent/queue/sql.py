"""Who does the next job? The embedded queue: the record is asked, and a put in this process wakes the workers."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random

from agent.domain.job import Job, Lease
from agent.ports import JobRecord
from agent.queue.retry import backoff


class SqlQueue:
    """`ports.Queue` with no server: jobs put by other processes are found by asking again, at most `poll` later."""

    def __init__(self, jobs: JobRecord, chance: Random, poll: timedelta = timedelta(seconds=1)) -> None:
        self._jobs = jobs
        self._chance = chance
        self._poll = poll
        self._news = asyncio.Event()

    async def put(self, job: Job, *, delay: timedelta = timedelta(0)) -> None:
        await self._jobs.put(job, delay=delay)
        self.wake()

    async def lease(self, holder: str, length: timedelta) -> Lease | None:
        return await self._jobs.lease(holder, length)

    async def renew(self, leases: Sequence[Lease], length: timedelta) -> Sequence[Lease]:
        return await self._jobs.renew(leases, length)

    async def acknowledge(self, lease: Lease) -> None:
        await self._jobs.acknowledge(lease)
        # Another job of the same incident may have waited for this one.
        self.wake()

    async def give_back(self, lease: Lease, error: str) -> None:
        await self._jobs.give_back(lease, error, backoff(lease.attempt, self._chance))

    async def release(self, lease: Lease) -> None:
        await self._jobs.release(lease)
        self.wake()

    async def wait(self, longest: timedelta) -> None:
        try:
            async with asyncio.timeout(min(longest, self._poll).total_seconds()):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    def wake(self) -> None:
        """Something may be due: a job was written in a transaction of its own."""
        self._news.set()
