"""When has it come about?  It is looked at again and again, and not for ever."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

PATIENCE = 150.0
"""Seconds; what is waited for takes a few, also on a busy machine."""

T = TypeVar("T")


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not so():
            await asyncio.sleep(0.01)


async def until_told(ask: Callable[[], Awaitable[T | None]]) -> T:
    """What is answered as soon as that is true."""
    async with asyncio.timeout(PATIENCE):
        while not (told := await ask()):
            await asyncio.sleep(0.02)
        return told


def awaited(what: Callable[[], T]) -> T:
    """What it gives as soon as that is true, while this thread has nothing else to do."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")
