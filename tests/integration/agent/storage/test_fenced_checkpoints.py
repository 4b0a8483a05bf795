"""Is a run's newest checkpoint always that of whoever has its job, however late others wake, whatever clocks say?"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver, ChannelVersions, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.base.id import UUID, uuid6

from agent.domain.errors import LeaseLost
from agent.domain.job import Job, JobKind, Lease
from agent.storage.checkpoints import LEASE, SealedSerializer, postgres_checkpoints, sqlite_checkpoints
from agent.storage.database import Database
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain
from tests.clocks import Clock
from tests.until import until_told

Saver = BaseCheckpointSaver[Any]
Opening = Callable[[], AbstractAsyncContextManager[Saver]]
KEY = b"k" * 32
LENGTH = timedelta(seconds=30)
TICKS = 10
"""In a microsecond, of the clock for ids."""


@pytest.fixture
def opening(address: str, database: Database, tmp_path: Path) -> Opening:
    if address.startswith("sqlite"):
        return lambda: sqlite_checkpoints(tmp_path / "checkpoints.db", database, KEY)
    return lambda: postgres_checkpoints(address, KEY)


@pytest.fixture
async def saver(opening: Opening) -> AsyncIterator[Saver]:
    async with opening() as opened:
        yield opened


@pytest.fixture
def jobs(database: Database, chain: Chain, clock: Clock) -> SqlJobs:
    return SqlJobs(database, chain, clock)


@pytest.fixture
async def late(jobs: SqlJobs) -> Lease:
    await jobs.put(Job(id="j", kind=JobKind.INVESTIGATE, incident="inc-1"))
    lease = await jobs.lease("late", LENGTH)
    assert lease
    return lease


async def _taken_over(jobs: SqlJobs, clock: Clock) -> Lease:
    clock.time += 2 * LENGTH
    # On PostgreSQL not before what was let through is there.
    return await until_told(lambda: jobs.lease("other", LENGTH))


def _config(lease: Lease | None, checkpoint: str | None = None) -> Any:
    return {"configurable": {"thread_id": "inc-1.1", "checkpoint_ns": "", "checkpoint_id": checkpoint, LEASE: lease}}


async def _put(saver: Saver, lease: Lease, id_: str = "") -> None:
    checkpoint = empty_checkpoint()
    checkpoint["id"] = id_ or checkpoint["id"]
    checkpoint["channel_values"] = {"of": {"epoch": lease.epoch}}
    version: ChannelVersions = {"of": str(lease.epoch)}
    checkpoint["channel_versions"] = version
    await saver.aput(_config(lease), checkpoint, {}, version)


async def _put_writes(saver: Saver, lease: Lease) -> None:
    latest = await _latest(saver)
    assert latest
    await saver.aput_writes(_config(lease, latest.checkpoint["id"]), [("of", {"epoch": lease.epoch})], "task")


async def _latest(saver: Saver) -> CheckpointTuple | None:
    return await saver.aget_tuple(_config(None))


@pytest.mark.parametrize("write", [_put, _put_writes])
async def test_whoever_lost_the_job_stores_no_checkpoint_and_whoever_has_it_does(
    saver: Saver, jobs: SqlJobs, clock: Clock, late: Lease, write: Callable[[Saver, Lease], Awaitable[None]]
) -> None:
    await _put(saver, late)
    other = await _taken_over(jobs, clock)
    before = await _latest(saver)

    with pytest.raises(LeaseLost):
        await write(saver, late)
    assert await _latest(saver) == before

    await write(saver, other)
    after = await _latest(saver)
    assert after
    assert after != before
    said = [after.checkpoint["channel_values"]["of"], *(value for _, _, value in after.pending_writes or [])]
    assert {"epoch": other.epoch} in said


async def test_whoever_takes_over_from_a_host_whose_clock_is_ahead_goes_on_above_what_it_stored(
    saver: Saver, jobs: SqlJobs, clock: Clock, late: Lease
) -> None:
    await _put(saver, late, _drawn_ahead(timedelta(hours=1)))
    other = await _taken_over(jobs, clock)
    first = await saver.aget_tuple(_config(other))
    await _put(saver, other)

    second = await saver.aget_tuple(_config(other))
    assert first
    assert second
    found = [read.checkpoint["channel_values"]["of"] for read in (first, second)]
    assert found == [{"epoch": late.epoch}, {"epoch": other.epoch}]


def _drawn_ahead(of_us: timedelta) -> str:
    """An id as LangGraph draws it on a host with such a clock."""
    ahead = uuid6().time + of_us // timedelta(microseconds=1) * TICKS
    return str(UUID(int=(ahead >> 12) << 80 | (ahead & 0xFFF) << 64, version=6))


class _HeldUp(SealedSerializer):
    """Whoever writes is stopped, after it was let through and before it has written."""

    def __init__(self) -> None:
        super().__init__(KEY)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        self.reached.set()
        assert self.go_on.wait(30)
        return super().dumps_typed(obj)


async def test_whoever_takes_a_job_over_reads_what_was_let_through_before(
    opening: Opening, jobs: SqlJobs, clock: Clock, late: Lease
) -> None:
    held_up = _HeldUp()

    async def write() -> None:
        async with opening() as its_own:
            its_own.serde = held_up
            await _put(its_own, late)

    async def take_over(saver: Saver) -> CheckpointTuple | None:
        other = await _taken_over(jobs, clock)
        return await saver.aget_tuple(_config(other))

    async with opening() as theirs:
        writing = asyncio.create_task(asyncio.to_thread(asyncio.run, write()))
        assert await asyncio.to_thread(held_up.reached.wait, 30)
        reading = asyncio.create_task(take_over(theirs))
        # Long enough for one that does not wait to have read.
        await asyncio.wait({reading}, timeout=0.3)
        held_up.go_on.set()
        await writing
        read = await reading
        assert read
        assert read == await _latest(theirs)
