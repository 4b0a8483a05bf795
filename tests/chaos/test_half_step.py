"""Something happens in the middle of a step: does the run go on, from wherever that was?"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from langgraph.checkpoint.base import id as ids

from agent.bootstrap import Application
from agent.graph.build import build_graph
from tests.chaos.farend import _Server, _Wire
from tests.chaos.life import ENDING, LEASE, Life, Run, work
from tests.chaos.points import Points
from tests.chaos.server import open_record, write_world

AN_HOUR = 36_000_000_000
"""In ticks of the clock for checkpoints' ids: ten in a microsecond."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), _Wire) as server:
        server.runs = tmp_path
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("put", [5, 9, 11, 13])
async def test_a_run_goes_on_after_a_step_whose_checkpoint_was_not_stored(tmp_path: Path, port: int, put: int) -> None:
    run = await _opened(tmp_path, port)
    points = Points()
    points.hooks["checkpoint:before put", put] = lambda: _fail_once_results_are_stored(points)
    await Life(run, 0, points).live()
    ending = json.loads((Path(run.folder) / ENDING).read_text())
    assert (list(ending["incidents"].values()), list(ending["effects"].values())) == (["parked"], ["done"])
    assert ("failed here", 1) in points.passed


async def test_a_call_whose_job_was_set_aside_is_unknown_and_a_human_is_called(tmp_path: Path, port: int) -> None:
    run = await _opened(tmp_path, port)
    points = Points()
    points.hooks["ledger:after INTENT", 1] = _fail
    for count in (1, 2):
        points.hooks["ledger:after reading back", count] = _fail
    await Life(run, 0, points).live()
    ending = json.loads((Path(run.folder) / ENDING).read_text())
    assert (ending["dead"], list(ending["incidents"].values()), list(ending["effects"].values())) == (
        1,
        ["parked"],
        ["unknown"],
    )


async def test_a_clock_set_back_does_not_have_the_agent_look_at_a_time_before_the_alert(
    tmp_path: Path, port: int
) -> None:
    run = replace(await _opened(tmp_path, port), strikes=(("checkpoint:after put_writes", 1, "clock -3600"),))
    await Life(run, 0, Points()).live()
    ending = json.loads((Path(run.folder) / ENDING).read_text())
    assert list(ending["incidents"].values()) == ["parked"]


@pytest.mark.parametrize("put", [5, 6])
async def test_a_worker_that_wakes_after_its_lease_does_not_put_the_run_back(
    tmp_path: Path, port: int, put: int
) -> None:
    points = Points()
    held_up = _HeldUp(await _opened(tmp_path, port), 0, points, put=put)
    await held_up.live()
    ending = json.loads((tmp_path / "forgets" / ENDING).read_text())
    assert (list(ending["incidents"].values()), list(ending["effects"].values())) == (["parked"], ["done"])
    assert held_up.stood == ("approve",)
    assert held_up.stands == held_up.stood


@pytest.mark.parametrize("put", [5, 6])
async def test_a_worker_whose_clock_is_behind_that_of_the_one_before_it_goes_on_above_it(
    tmp_path: Path, port: int, put: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "_last_v6_timestamp", ids.uuid6().time + AN_HOUR)
    held_up = _HeldUp(await _opened(tmp_path, port), 0, Points(), put=put)
    held_up.elsewhere = partial(monkeypatch.setattr, ids, "_last_v6_timestamp", None)
    await held_up.live()
    assert held_up.stood == ("approve",)
    assert held_up.stands == held_up.stood


class _HeldUp(Life):
    """The first worker sleeps past its lease as it stores a checkpoint; the second works until somebody is asked."""

    stood: tuple[str, ...] = ()
    """What is next in the run, when the second was done."""
    stands: tuple[str, ...] = ()
    """The same, when the first was, and a person has answered."""
    elsewhere: Callable[[], None] = staticmethod(lambda: None)
    """How it comes about that the second is on another host."""

    def __init__(self, run: Run, number: int, points: Points, *, put: int) -> None:
        super().__init__(run, number, points)
        self._put = put

    def _wire(self, application: Application) -> None:
        super()._wire(application)
        self._points.hooks["checkpoint:before put", self._put] = lambda: self._sleep(application)
        self._points.hooks["people:after the click", 1] = lambda: self._look(application)

    async def _sleep(self, application: Application) -> None:
        self.clock.time += 2 * LEASE
        self.elsewhere()
        lease = await application.queue.lease("second", LEASE)
        assert lease
        await asyncio.create_task(work(application, lease), context=Context())
        self.stood = await self._next(application)

    async def _look(self, application: Application) -> None:
        self.stands = await self._next(application)

    async def _next(self, application: Application) -> tuple[str, ...]:
        incident = (await application.views.incidents()).incidents[0]
        graph = build_graph(application.record.checkpoints)
        return (await graph.aget_state({"configurable": {"thread_id": incident.thread}})).next


async def _opened(tmp_path: Path, port: int) -> Run:
    write_world(tmp_path / "world")
    run = Run(str(tmp_path / "forgets"), port, str(tmp_path / "world"))
    await open_record(run)
    return run


async def _fail() -> None:
    raise OSError("the disk")


async def _fail_once_results_are_stored(points: Points) -> None:
    """LangGraph stores the results and the next checkpoint side by side; here the results come first, and alone."""
    async with asyncio.timeout(60):
        while points.passed[-1][0] != "checkpoint:after put_writes":
            await asyncio.sleep(0.01)
    points.touch("failed here")
    raise OSError("the disk")
