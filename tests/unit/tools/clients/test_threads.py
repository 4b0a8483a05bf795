import asyncio
import contextvars
import threading
from datetime import timedelta

import pytest

from tools.clients.threads import NotBegun, Threads

SOON = timedelta(minutes=1)
AT_ONCE = timedelta(milliseconds=20)


async def test_the_result_and_the_error_come_back() -> None:
    threads = Threads()
    assert await threads.run(lambda: 6 * 7, SOON) == 42
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0, SOON)


async def test_a_call_that_hangs_is_abandoned_and_keeps_its_place_until_it_ends() -> None:
    threads, release = Threads(limit=1), threading.Event()
    with pytest.raises(TimeoutError) as hung:
        await threads.run(release.wait, AT_ONCE)
    assert not isinstance(hung.value, NotBegun)
    with pytest.raises(NotBegun):
        await threads.run(lambda: 1, AT_ONCE)
    release.set()
    assert await threads.run(lambda: 1, SOON) == 1


async def test_calls_run_side_by_side_up_to_the_limit() -> None:
    threads, together = Threads(limit=2), threading.Barrier(2, timeout=60)
    assert sorted(await asyncio.gather(*(threads.run(together.wait, SOON) for _ in range(2)))) == [0, 1]


async def test_where_no_thread_is_left_nothing_is_asked_and_no_place_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads(limit=1)
    with monkeypatch.context() as none_left:
        none_left.setattr(threading.Thread, "start", _no_thread)
        with pytest.raises(NotBegun):
            await threads.run(lambda: 1, SOON)
    assert await threads.run(lambda: 1, SOON) == 1


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


async def test_the_callers_context_goes_along() -> None:
    incident = contextvars.ContextVar("incident", default="none")
    incident.set("INC-1")
    assert await Threads().run(incident.get, SOON) == "INC-1"


def test_a_call_that_outlives_the_loop_harms_nobody() -> None:
    release, ended = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait()
        ended.set()

    async def abandon() -> None:
        with pytest.raises(TimeoutError):
            await Threads().run(hang, AT_ONCE)

    asyncio.run(abandon())
    release.set()
    assert ended.wait(60)
