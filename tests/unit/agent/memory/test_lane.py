"""Does a call that hangs hold nobody up, and does what it raises arrive?"""

import asyncio
import queue
import threading
from datetime import timedelta

import pytest

from agent.domain.errors import MemoryUnavailable, Refused
from agent.memory.lane import Lane

LONG, SHORT = timedelta(seconds=10), timedelta(seconds=0.05)


async def test_calls_run_one_at_a_time_and_give_their_results() -> None:
    lane, at_once, most = Lane(), 0, 0
    lock = threading.Lock()

    def call(number: int) -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        with lock:
            at_once -= 1
        return number

    results = await asyncio.gather(*(lane.run(lambda number=number: call(number), LONG) for number in range(50)))  # type: ignore[misc]  # a default is how a lambda keeps a loop's value
    assert (results, most) == (list(range(50)), 1)


async def test_what_a_call_raises_rises() -> None:
    def refuse() -> None:
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        await Lane().run(refuse, LONG)


async def test_a_bug_goes_to_the_threads_hook_and_the_caller_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    hooked: queue.Queue[threading.ExceptHookArgs] = queue.Queue()
    monkeypatch.setattr(threading, "excepthook", hooked.put)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(MemoryUnavailable, match="nobody foresaw"):
        await Lane().run(fail, LONG)
    assert (await asyncio.to_thread(hooked.get, timeout=10)).exc_type is ZeroDivisionError


async def test_while_a_call_hangs_the_next_is_refused_at_once_and_afterwards_let_in() -> None:
    lane, go = Lane(), threading.Event()
    with pytest.raises(MemoryUnavailable, match=r"did not answer within 0.05 s"):
        await lane.run(go.wait, SHORT)
    with pytest.raises(MemoryUnavailable, match="busy with an earlier call"):
        await lane.run(lambda: 1, LONG)
    await lane.idle(SHORT)
    go.set()
    await lane.idle(LONG)
    assert await lane.run(lambda: 1, LONG) == 1


async def test_who_stops_waiting_stops_nothing_else() -> None:
    lane, go = Lane(), threading.Event()
    waiting = asyncio.create_task(lane.run(go.wait, LONG))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    await lane.idle(LONG)
    assert await lane.run(lambda: 2, LONG) == 2
