"""How does a client that blocks fit in?  On threads of its own, few at a time, each abandoned at its deadline."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class NotBegun(TimeoutError):
    """All places were taken until the deadline, or no thread was left: nothing was asked."""


class Threads:
    """At most `limit` calls of one client at once, so that a back end that hangs holds up nothing but itself.

    A call that outlives its deadline is left to end by itself and keeps its place until it does. The threads are
    daemons: the process can end while a far end still drips.
    """

    def __init__(self, limit: int = 8) -> None:
        self._places = asyncio.Semaphore(limit)

    async def run(self, function: Callable[[], T], deadline: timedelta) -> T:
        """The function's result, or what it raised; TimeoutError when neither came within the deadline.

        NotBegun when it never ran.
        """
        begun = False
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await self._places.acquire()
                answer = self._started(function)
                begun = True
                return await answer
        except TimeoutError as error:
            if begun:
                raise
            raise NotBegun from error

    def _started(self, function: Callable[[], T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            self._places.release()
            if answer.done():
                return  # Nobody waits any more: the deadline has passed.
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

        def work() -> None:
            result, error = None, None
            try:
                result = function()
            except BaseException as raised:  # noqa: BLE001 (it is handed to whoever waits, not swallowed)
                error = raised
            with suppress(RuntimeError):  # The loop has been closed meanwhile.
                loop.call_soon_threadsafe(settle, result, error)

        context = contextvars.copy_context()
        try:
            threading.Thread(target=context.run, args=(work,), daemon=True, name="blocking-client").start()
        except RuntimeError as error:
            self._places.release()
            raise NotBegun("no thread is left") from error
        return answer
