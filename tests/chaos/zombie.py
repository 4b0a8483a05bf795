"""A worker that is held up past its lease, and wakes when another is in the middle of the same job."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from agent.bootstrap import Application
from agent.domain.job import Lease
from tests.attacks.world import QuickClock
from tests.chaos.points import Points

Work = Callable[[Application, Lease], Awaitable[None]]


class Zombie:
    """The first worker sleeps as it comes to the ledger; the second asks the ledger once the first has moved on.

    Where the first gets as far as the call, it sleeps again until the second is done: the worst order there is.
    """

    def __init__(
        self, application: Application, clock: QuickClock, points: Points, work: Work, past: timedelta
    ) -> None:
        self._application = application
        self._do = work
        self._clock = clock
        self._points = points
        self._past = past
        self._second_arrived = asyncio.Event()
        self._first_moved = asyncio.Event()
        self._second: asyncio.Task[None] | None = None

    async def over(self) -> None:
        """The first has done with the job, in whatever way; the second is let end too."""
        if self._second is not None:
            self._first_moved.set()
            await self._second

    def arm(self) -> None:
        self._points.hooks["ledger:before INTENT", 1] = self._sleep
        self._points.hooks["ledger:before INTENT", 2] = self._wait_for_the_first
        self._points.hooks["ledger:after INTENT", 1] = self._wake

    async def _sleep(self) -> None:
        self._clock.time += self._past
        lease = await self._application.queue.lease("second", self._past)
        if lease is None:
            return
        self._second = asyncio.create_task(self._work(lease))
        await self._second_arrived.wait()

    async def _wait_for_the_first(self) -> None:
        self._second_arrived.set()
        await self._first_moved.wait()

    async def _wake(self) -> None:
        """The call of whoever wrote the INTENT: held up when it is the first, while the second is at work."""
        if self._second is not None and not self._first_moved.is_set():
            self._first_moved.set()
            await self._second

    async def _work(self, lease: Lease) -> None:
        try:
            await self._do(self._application, lease)
        finally:
            self._second_arrived.set()
