"""Does a worker keep alive what it holds, and let go what somebody else has?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Never

import pytest
from sqlalchemy import select

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.job import Lease
from agent.entrypoints.worker import Worker
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.queue.sql import SqlQueue
from agent.settings import Settings
from agent.storage.jobs import SqlJobs
from agent.storage.tables import jobs
from agent.testing import NoMemory
from tests.integration.agent.service.test_placement import _alert, _body
from tests.until import until, until_told

PATIENCE = 60.0
ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))


class ShortPauses:
    """The right time; but a wait of ten seconds is one of twenty milliseconds."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds() / 500)


class NoAnswer:
    """`ports.Model` that is asked and says nothing."""

    name = "silent"

    def __init__(self) -> None:
        self.asked = 0
        self.cut_off = 0

    async def structured(self, *_: object, **__: object) -> Any:
        return await self._wait()

    async def converse(self, *_: object, **__: object) -> Any:
        return await self._wait()

    async def _wait(self) -> Never:
        self.asked += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        raise AssertionError("nobody sets it")


class StoppedMeanwhile(SqlQueue):
    """Whoever leases from it is told to stop before the answer is there."""

    stop: Callable[[], None]
    leased = 0

    async def lease(self, holder: str, length: timedelta) -> Lease | None:
        lease = await super().lease(holder, length)
        self.stop()
        self.leased += lease is not None
        return lease


async def test_all_that_is_held_is_kept_alive_and_what_was_withdrawn_is_cut_off(tmp_path: Path) -> None:
    model = NoAnswer()
    replaced = Replaced(clock=ShortPauses(), model=model, memory=NoMemory(), sources=Sources())
    async with bootstrap(Settings.model_validate({"data": tmp_path}), replaced) as application, _at_work(application):
        body = _body(_alert("Errors", "cart"), _alert("Latency", "shop"))
        await application.service.intake.receive("alertmanager", "test", body)
        await until(lambda: model.asked == 2)
        before = await _held(application)
        cart, shop = before

        await application.service.people.cancel(shop, ANN)
        await until(lambda: model.cut_off == 1)

        async def renewed() -> dict[str, datetime] | None:
            after = await _held(application)
            return after if after[cart] != before[cart] else None

        after = await until_told(renewed)
        assert (set(after), model.asked) == ({cart}, 2)


async def test_a_step_that_does_not_end_is_cut_off_after_the_grace_and_its_job_given_back(tmp_path: Path) -> None:
    model = NoAnswer()
    replaced = Replaced(model=model, memory=NoMemory(), sources=Sources())
    async with bootstrap(Settings.model_validate({"data": tmp_path}), replaced) as application:
        await application.service.intake.receive("alertmanager", "test", _body(_alert("Errors", "cart")))
        worker = Worker(application.service, application.queue, application.clock, grace=timedelta(milliseconds=100))
        working = asyncio.create_task(worker.run())
        async with asyncio.timeout(PATIENCE):
            await until(lambda: model.asked == 1)
            worker.stop()
            await working
        again = await application.queue.lease("another", timedelta(seconds=30))

    assert (model.cut_off, again and (again.job.kind, again.attempt)) == (1, ("investigate", 1))


async def test_what_was_leased_while_a_stop_came_is_given_back_untouched(tmp_path: Path) -> None:
    model = NoAnswer()
    replaced = Replaced(model=model, memory=NoMemory(), sources=Sources())
    async with bootstrap(Settings.model_validate({"data": tmp_path}), replaced) as application:
        await application.service.intake.receive("alertmanager", "test", _body(_alert("Errors", "cart")))
        await application.service.placement.place_waiting()
        record = application.record
        queue = StoppedMeanwhile(SqlJobs(record.database, record.chain, application.clock), Random(0))
        worker = Worker(application.service, queue, application.clock, concurrency=1)
        queue.stop = worker.stop
        async with asyncio.timeout(PATIENCE):
            await worker.run()
        again = await application.queue.lease("another", timedelta(seconds=30))

    assert (queue.leased, model.asked, again and again.attempt) == (1, 0, 1)


class Watching:
    """`service.Runs` whose first job watches what its action did until the others are done."""

    def __init__(self, jobs: int, *, leaves: bool) -> None:
        self._others = jobs - 1
        self._leaves = leaves
        self.watching = asyncio.Event()
        self.over = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0

    async def run(self, _: Lease, __: object, aside: Callable[[], None]) -> None:
        if not self.watching.is_set():
            self.watching.set()
            if self._leaves:
                aside()
                aside()
            await self.over.wait()
            return
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        self._others -= 1
        if self._others == 0:
            self.over.set()


@pytest.mark.parametrize("leaves", [True, False])
async def test_whoever_watches_what_an_action_did_leaves_its_place_to_another_and_to_one_alone(
    tmp_path: Path, *, leaves: bool
) -> None:
    runs: Any = Watching(4, leaves=leaves)
    replaced = Replaced(model=NoAnswer(), memory=NoMemory(), sources=Sources())
    async with bootstrap(Settings.model_validate({"data": tmp_path}), replaced) as application:
        for name in ("cart", "shop", "mail", "bank"):
            await application.service.intake.receive("alertmanager", "test", _body(_alert("Errors", name)))
        service = replace(application.service, runs=runs)
        worker = Worker(service, application.queue, application.clock, concurrency=1, grace=timedelta(0))
        working = asyncio.create_task(worker.run())
        async with asyncio.timeout(PATIENCE):
            await runs.watching.wait()
            if leaves:
                await runs.over.wait()
            else:
                await asyncio.sleep(0.2)
            worker.stop()
            await working

    assert (runs.over.is_set(), runs.most_at_once) == ((True, 1) if leaves else (False, 0))


@asynccontextmanager
async def _at_work(application: Application) -> AsyncIterator[None]:
    worker = Worker(application.service, application.queue, application.clock)
    working = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _held(application: Application) -> dict[str, datetime]:
    """Incident -> until when somebody holds its job."""
    held = select(jobs.c.incident, jobs.c.lease_until).where(jobs.c.status == "leased")
    rows = await application.record.database.read(lambda connection: connection.execute(held).all())
    return {row.incident: row.lease_until for row in rows}
