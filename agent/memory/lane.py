"""How is a call made that may hang?  On a thread of its own, one at a time, with a deadline, and never waited for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from typing import Any, TypeVar

from agent.domain.errors import AgentError, MemoryUnavailable

Result = TypeVar("Result")


class Lane:
    """Chroma's client blocks, and over HTTP it has no time-out. A call that hangs is left behind on its daemon
    thread, which keeps nothing from ending; until it comes back, every further call is refused at once."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._last: Future[Any] | None = None

    async def run(self, call: Callable[[], Result], deadline: timedelta) -> Result:
        """What the call returns, or the AgentError it raises. MemoryUnavailable when it is not done in time."""
        async with self._turn:
            if self._last is not None and not self._last.done():
                raise MemoryUnavailable("The memory is still busy with an earlier call that does not come back.")
            self._last = future = Future[Result]()
            future.set_running_or_notify_cancel()  # so that giving up on it does not cancel it under the thread
            threading.Thread(target=_carry_out, args=(call, future), name="memory", daemon=True).start()
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    return await asyncio.wrap_future(future)
            except TimeoutError:
                raise MemoryUnavailable(f"The memory did not answer within {deadline.total_seconds():g} s.") from None

    async def idle(self, longest: timedelta) -> None:
        """Until the last call is done, at most this long."""
        if self._last is not None:
            await asyncio.to_thread(wait, [self._last], longest.total_seconds())


def _carry_out(call: Callable[[], Result], future: Future[Result]) -> None:
    """Its result, or its AgentError, is handed over; any other exception is a bug and goes to the thread's hook."""
    try:
        future.set_result(call())
    except AgentError as error:
        future.set_exception(error)
    finally:
        if not future.done():
            future.set_exception(MemoryUnavailable("The memory's client failed in a way nobody foresaw; see the log."))
