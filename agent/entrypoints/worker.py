"""Who does the jobs? Workers lease them, keep the lease alive, and stop between two steps when told to."""

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from agent.domain.errors import LeaseLost
from agent.domain.job import SLOTS, Lease
from agent.ports import Clock, Queue
from agent.service import Service
from agent.telemetry import Log, logged_with

log = Log(__name__)

LEASE = timedelta(seconds=30)
"""A worker that has died is replaced this much later."""
BEAT = timedelta(seconds=10)
IDLE = timedelta(seconds=5)
LOOK = timedelta(seconds=1)
"""How often it looks for what other processes have stored."""
GATHER = timedelta(milliseconds=50)
"""How long news is gathered before people are told of it."""
SWEEP = timedelta(seconds=2)
ASIDE = 28
"""So many runs at most leave their place to other jobs while they watch what their action did."""
GRACE = timedelta(seconds=25)
"""How long a stop waits for running steps to end; below Kubernetes' usual 30 s. Then they are cut off."""


class _Place:
    """Room for one job; a run that from now on only watches leaves it to another."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room: asyncio.Semaphore | None = room

    def leave(self) -> None:
        """Again and again is as good as once."""
        room, self._room = self._room, None
        if room is not None:
            room.release()


@dataclass(eq=False)
class _Held:
    """A job that is done here."""

    lease: Lease
    run: "asyncio.Task[None]"
    cut_off: LeaseLost | GraphDrained | None = None
    """Why, when it was."""

    def cut(self, why: LeaseLost | GraphDrained) -> None:
        if not self.run.done():
            self.cut_off = why
            self.run.cancel()


class Worker:
    """Runs `concurrency` jobs at once, places alerts, follows the journal and sweeps, until it is stopped.

    Whoever watches what an action did is not counted, up to ASIDE of them: it may take minutes, and would keep a new
    alert waiting.
    """

    def __init__(
        self,
        service: Service,
        queue: Queue,
        clock: Clock,
        *,
        concurrency: int = SLOTS,
        beside: tuple[Callable[[], Awaitable[None]], ...] = (),
        grace: timedelta = GRACE,
    ) -> None:
        """`beside`: what else is done again and again, e.g. telling people what the journal says."""
        self._service = service
        self._queue = queue
        self._clock = clock
        self._concurrency = concurrency
        self._beside = beside
        self._grace = grace
        self._stopping = asyncio.Event()
        self._controls: set[RunControl] = set()
        self._held: list[_Held] = []
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    async def run(self) -> None:
        """Work until `stop`; then let running steps end, within the grace, give the rest back, and return."""
        room = asyncio.Semaphore(self._concurrency)
        # Without a place, as where people are told and nothing else is done, nobody would ever get one to leave.
        loops = [self._work_forever(room) for _ in range(self._concurrency + ASIDE if self._concurrency else 0)]
        loops += [self._place_forever(), self._every(SWEEP, self._sweep)]
        news = [asyncio.Event() for _ in self._beside]
        loops += [self._stir(news), *(self._follow(*one) for one in zip(self._beside, news, strict=True))]
        # To the very end: what is being ended is still held.
        beating = asyncio.create_task(self._beat_forever())
        try:
            async with asyncio.TaskGroup() as group:
                for loop in loops:
                    group.create_task(loop)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    def stop(self) -> None:
        """Take no new job; runs stop at their next step, or wherever they are after the grace, and are given back."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        asyncio.get_running_loop().call_later(self._grace.total_seconds(), self._cut_off)
        for control in self._controls:
            control.request_drain()
        self._queue.wake()
        self._service.placement.wake()

    async def _work_forever(self, room: asyncio.Semaphore) -> None:
        while not self._stopping.is_set():
            await room.acquire()
            place = _Place(room)
            try:
                # It may have waited for its place until the stop came.
                if not self._stopping.is_set() and await self._guarded(partial(self._work, place)) == 0:
                    await self._queue.wait(IDLE)
            finally:
                place.leave()

    async def _work(self, place: _Place) -> int:
        """The next job, if there is one; how many that was."""
        lease = await self._queue.lease(self._name, LEASE)
        if lease is None:
            return 0
        if self._stopping.is_set():
            # It was on its way when the stop came.
            await self._queue.release(lease)
            return 0
        with logged_with(job=lease.job.id, incident=lease.job.incident):
            await self._work_on(lease, place)
        return 1

    async def _work_on(self, lease: Lease, place: _Place) -> None:
        control = RunControl()
        self._controls.add(control)
        started = self._clock.now()
        try:
            await self._under_lease(lease, control, place)
            await self._queue.acknowledge(lease)
            took = (self._clock.now() - started).total_seconds()
            log.info("job finished", seconds=took)
        except GraphDrained:
            await self._queue.release(lease)
        except LeaseLost:
            log.warning("lease lost")
        except Exception as error:  # noqa: BLE001 (the worker's outermost frame: the job comes back, or is set aside)
            log.warning("job failed", because=f"{type(error).__name__}: {error}", attempt=lease.attempt)
            with suppress(LeaseLost):
                await self._queue.give_back(lease, f"{type(error).__name__}: {error}")
        finally:
            self._controls.discard(control)

    async def _under_lease(self, lease: Lease, control: RunControl, place: _Place) -> None:
        """Run the job while its lease is kept alive; when it is lost, or a stop must end, the run is cut off."""
        held = _Held(lease, asyncio.create_task(self._service.runs.run(lease, control, place.leave)))
        self._held.append(held)
        try:
            await asyncio.wait({held.run})
            if held.cut_off:
                raise held.cut_off
            held.run.result()
        finally:
            self._held.remove(held)
            held.run.cancel()
            await asyncio.gather(held.run, return_exceptions=True)

    async def _beat_forever(self) -> None:
        while True:
            await self._clock.sleep(BEAT)
            await self._guarded(self._beat)

    async def _beat(self) -> None:
        """Keep all that is held here alive, in one change; cut off what somebody else has by now."""
        if not (beaten := [one for one in self._held if not one.run.done()]):
            return
        kept = await self._queue.renew([one.lease for one in beaten], LEASE)
        alive = {(lease.job.id, lease.epoch) for lease in kept}
        for one in beaten:
            if (one.lease.job.id, one.lease.epoch) not in alive:
                one.cut(LeaseLost())

    def _cut_off(self) -> None:
        """The grace of a stop is over."""
        for one in self._held:
            log.warning("a step did not end in time: its job is given back", job=one.lease.job.id)
            one.cut(GraphDrained())

    async def _place_forever(self) -> None:
        while not self._stopping.is_set():
            if await self._guarded(self._service.placement.place_waiting) == 0:
                await self._service.placement.wait(LOOK)

    async def _sweep(self) -> None:
        await self._service.upkeep.sweep()
        await self._service.silencing.sweep()
        await self._service.escalation.sweep()

    async def _every(self, pause: timedelta, step: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            await self._guarded(step)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause.total_seconds()):
                    await self._stopping.wait()

    async def _stir(self, followers: Sequence[asyncio.Event]) -> None:
        """Those who follow, as soon as something was decided or done here; for what others wrote, every `LOOK`."""
        while not self._stopping.is_set():
            await self._queue.wait(LOOK)
            # Much may happen at once: it is told together.
            await asyncio.sleep(GATHER.total_seconds())
            for news in followers:
                news.set()

    async def _follow(self, step: Callable[[], Awaitable[None]], news: asyncio.Event) -> None:
        """Again whenever there may be news, also such as came while the last round was under way."""
        while not self._stopping.is_set():
            news.clear()
            await self._guarded(step)
            await news.wait()

    async def _guarded(self, step: Callable[[], Awaitable[int | None]]) -> int | None:
        """A loop never dies, also when the record does not answer: what went wrong is told and tried again."""
        try:
            return await step()
        except Exception as error:  # noqa: BLE001 (an outermost frame: the next round tries again)
            log.warning("failed, trying again", because=f"{type(error).__name__}: {error}")
            await self._clock.sleep(SWEEP)
            return 0
