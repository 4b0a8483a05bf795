import dataclasses
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from agent.analysis import calls
from agent.analysis.observations import Observations, readings
from agent.analysis.onset import Onset
from agent.analysis.table import Table, tabulate
from tests.unit.agent.analysis.made import NOW, STEP
from tools.base import Series

_FIRST, _COLUMNS = 40, 44
_REQUESTS = {"front": 10.0, "middle": 4.0}
_CALLS = {("front", "middle"): 4.0, ("front", "side"): 8.0, ("front", "back"): 6.0, ("middle", "back"): 9.0}
_CALLS |= {("middle", "other"): 3.0}


def _table(kept: Mapping[tuple[str, str], float]) -> Table:
    """Two callers; since the onset, of each pair's calls only the part `kept` is made."""
    noise = np.random.default_rng(3)
    times = NOW.timestamp() - STEP.total_seconds() * np.arange(_COLUMNS - 1, -1, -1.0)
    since = np.arange(_COLUMNS) >= _FIRST

    def line(level: float, part: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return level * np.where(since, part, 1.0) * (1 + 0.02 * noise.standard_normal(_COLUMNS))

    requests = [Series("requests_per_second", {"service": name}, times, line(at)) for name, at in _REQUESTS.items()]
    pairs = [
        Series("rpc_calls", {"source": caller, "destination": callee}, times, line(at, kept.get((caller, callee), 1.0)))
        for (caller, callee), at in _CALLS.items()
    ]
    return tabulate(Observations(now=NOW, step=STEP, readings=readings([*requests, *pairs])))


def _blamed(kept: Mapping[tuple[str, str], float]) -> list[tuple[str, float]]:
    onset = Onset(NOW - timedelta(minutes=2), 1.0, _FIRST, _COLUMNS, "")
    return [(one.component, round(one.part, 1)) for one in calls.lost(_table(kept), onset)]


def test_who_alone_makes_fewer_calls_ends_its_requests_itself() -> None:
    assert _blamed({("front", "middle"): 0.6, ("front", "side"): 0.2, ("front", "back"): 0.4}) == [("front", 0.6)]


def test_what_several_callers_call_less_is_what_ends_their_requests() -> None:
    fewer = {("front", "side"): 0.3, ("front", "back"): 0.2, ("middle", "back"): 0.1, ("middle", "other"): 0.5}

    assert _blamed(fewer) == [("back", 0.8)]


def test_what_is_still_called_as_ever_is_told_of_a_caller_that_ends_its_requests() -> None:
    onset = Onset(NOW - timedelta(minutes=2), 1.0, _FIRST, _COLUMNS, "")

    (found,) = calls.lost(_table({("front", "side"): 0.2, ("front", "back"): 0.4}), onset)

    assert (found.component, list(found.reached)) == ("front", ["middle"])
    assert dataclasses.replace(found, excused=0.75).strength == found.strength / 4


def test_calls_are_counted_for_each_call_of_the_same_metric() -> None:
    """As many requests as ever by another metric, but fewer calls of the middle, which it passes on: it lost none."""
    fewer = {("front", "middle"): 0.5, ("middle", "back"): 0.5, ("middle", "other"): 0.5}

    assert _blamed(fewer) == [("front", 0.2)]


def test_as_many_calls_as_ever_blame_nobody() -> None:
    assert _blamed({}) == []


def test_one_kind_of_call_alone_says_nothing_of_who_ended_it() -> None:
    assert _blamed({("front", "side"): 0.9}) == []
