"""The queue's two adapters on both engines of the record; Redis is a real one, of its own for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from agent.domain.job import Job, JobKind, Lease
from agent.queue.announcements import Announcements
from agent.queue.redis_streams import redis_queue
from agent.queue.sql import SqlQueue
from agent.storage.jobs import SqlJobs
from tests.farends.redis import HOW, RedisServer, redis_server
from tests.integration.agent.storage.conftest import address, chain, clock, database, jobs, server
from tests.system import program

__all__ = ["address", "chain", "clock", "database", "jobs", "server"]

LENGTH = timedelta(seconds=30)


@dataclass
class Waiting:
    """A queue, and the way to look into it as a worker does."""

    queue: SqlQueue
    publish: Callable[[], Awaitable[None]]
    """What happens every few seconds anyway."""

    async def put(self, id_: str, incident: str = "inc-1", priority: int = 2, delay: timedelta = timedelta(0)) -> None:
        job = Job(id=id_, kind=JobKind.INVESTIGATE, incident=incident, priority=priority)
        await self.queue.put(job, delay=delay)

    async def lease(self, holder: str = "w") -> Lease:
        found = await self.look(holder)
        assert found is not None
        return found

    async def look(self, holder: str = "w") -> Lease | None:
        await self.publish()
        return await self.queue.lease(holder, LENGTH)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server(program("redis-server", HOW)) as server:
        yield server


@pytest.fixture(params=["sql", pytest.param("redis", marks=pytest.mark.system)])
async def waiting(request: pytest.FixtureRequest, jobs: SqlJobs) -> AsyncIterator[Waiting]:
    if request.param == "sql":
        yield Waiting(SqlQueue(jobs, Random(1)), _nothing)
        return
    redis: RedisServer = request.getfixturevalue("redis")
    async with through(redis, jobs) as opened:
        yield opened


@asynccontextmanager
async def through(redis: RedisServer, jobs: SqlJobs, **limits: Any) -> AsyncIterator[Waiting]:
    """One process's queue. `limits` are those of `Announcements`."""
    async with redis_queue(Announcements(redis.url, **limits), jobs, Random(1)) as queue:
        yield Waiting(queue, queue._sweep)


async def _nothing() -> None:
    pass
