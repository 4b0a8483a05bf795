"""Is recovery measured, held and bounded?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from agent.domain.remediation import Action, SuccessQuery
from agent.graph.context import Context, Sources
from agent.graph.nodes.verify import _watch, watch
from tests.clocks import NOON, Clock
from tools.base import BackendError, Series

BEGAN = NOON
SUCCESS = SuccessQuery(
    query="q", operator="<", value=0.05, within=timedelta(seconds=30), stable_for=timedelta(seconds=5)
)


class Metrics:
    """Its value is a function of the seconds since the action."""

    def __init__(self, value: dict[int, float | BackendError | None]) -> None:
        self._value = value

    async def query(self, promql: str, at: datetime) -> list[Series]:
        seconds = (at - BEGAN).total_seconds()
        value = next(value for since, value in reversed(self._value.items()) if seconds >= since)
        if isinstance(value, BackendError):
            raise value
        if value is None:
            return []
        return [Series("q", {}, np.array([at.timestamp()]), np.array([value]))]

    async def query_range(self, promql: str, start: datetime, end: datetime, step: timedelta) -> list[Series]:
        raise NotImplementedError

    async def series(self, selectors: Sequence[str], start: datetime, end: datetime) -> list[dict[str, str]]:
        raise NotImplementedError

    async def metadata(self) -> dict[str, str]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("values", "recovered", "detail"),
    [
        ({0: 0.2, 10: 0.01}, True, "15 s after the action its success query is 0.01, as it should be (< 0.05)."),
        (
            {0: 0.01, 3: 0.2, 10: 0.01},
            True,
            "15 s after the action its success query is 0.01, as it should be (< 0.05).",
        ),
        ({0: 0.2}, False, "30 s after the action its success query is not < 0.05: it is 0.2."),
        ({0: None}, False, "30 s after the action its success query is not < 0.05: it has no value."),
        (
            {0: BackendError("no answer")},
            False,
            "30 s after the action its success query is not < 0.05: no answer.",
        ),
        (
            {0: float("nan"), 20: 0.01},
            True,
            "25 s after the action its success query is 0.01, as it should be (< 0.05).",
        ),
    ],
)
async def test_it_recovers_when_the_query_holds_for_long_enough(
    values: dict[int, float | BackendError | None], recovered: bool, detail: str
) -> None:
    seen = await watch(Metrics(values), Clock(), SUCCESS, "q", BEGAN)
    assert (seen.recovered, seen.detail) == (recovered, detail)


async def test_a_worker_that_comes_back_late_does_not_wait_anew() -> None:
    clock = Clock()
    clock.time = BEGAN + timedelta(minutes=5)
    seen = await watch(Metrics({0: 0.2}), clock, SUCCESS, "q", BEGAN)
    assert (seen.recovered, clock.now() - BEGAN) == (False, timedelta(minutes=5))


@pytest.mark.parametrize("value", [0.01, 0.2])
async def test_a_clock_that_is_set_back_does_not_make_it_wait_until_it_has_caught_up(value: float) -> None:
    class SetBack(Clock):
        slept = 0

        async def sleep(self, duration: timedelta) -> None:
            self.slept += 1
            self.time += timedelta(days=-3) if self.slept == 2 else duration

    clock = SetBack()
    seen = await watch(Metrics({-10_000_000: value}), clock, SUCCESS, "q", BEGAN)

    assert (seen.recovered, clock.slept < 100) == (value < 0.05, True)


async def test_a_run_leaves_its_place_before_it_begins_to_watch_and_keeps_it_where_there_is_nothing_to_watch() -> None:
    left: list[float] = []
    clock = Clock()
    seen: dict[str, object] = {"clock": clock, "aside": lambda: left.append((clock.now() - BEGAN).total_seconds())}
    action = SimpleNamespace(success=SUCCESS)
    for metrics, places in ((None, []), (Metrics({0: 0.01}), [0.0])):
        context = SimpleNamespace(**seen, sources=Sources(metrics=metrics))
        await _watch(cast(Context, context), cast(Action, action), "q", BEGAN)
        assert left == places
