from datetime import UTC, datetime

import numpy as np
import pytest

from agent.analysis.felt import felt, samples, unusual
from agent.analysis.observations import Reading
from agent.analysis.onset import Onset
from agent.analysis.signals import meaning
from agent.analysis.table import Row, Table
from tools.base import Series

_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
_ONSET = Onset(_AT, 1.0, 20, 24, "")


def _table(metric: str, before: float, after: float) -> Table:
    times = np.arange(24.0)
    values = np.where(times < _ONSET.first, before, after)
    row = Row(Reading(Series(metric, {}, times, values)), meaning(metric, {}), "front", None)
    return Table((row,), times, values[None, :])


@pytest.mark.parametrize(
    ("metric", "before", "after", "expected"),
    [
        ("latency_seconds", 0.1, 0.1, 0.0),
        ("latency_seconds", 0.1, 0.05, 0.0),
        ("latency_seconds", 0.1, 0.205, 0.5),
        ("error_ratio", 0.0, 0.01, 0.5),
        ("availability_percent", 100.0, 97.0, 0.75),
        ("failed_calls", 10.0, 30.5, 0.6),
    ],
)
def test_twice_as_slow_and_one_failure_in_a_hundred_are_half_felt(
    metric: str, before: float, after: float, expected: float
) -> None:
    assert felt(_table(metric, before, after), _ONSET, [0]) == pytest.approx(expected, abs=0.02)


def test_nothing_is_felt_of_what_cannot_be_looked_at() -> None:
    assert felt(_table("latency_seconds", 0.1, 9.0), _ONSET, []) == 0.0


def _rows(*values: list[float]) -> Table:
    """Of availability in percent, four samples of it since the onset."""
    times = np.arange(24.0)
    series = [Series("availability_percent", {}, times, np.array(one)) for one in values]
    rows = tuple(Row(Reading(one), meaning(one.name, {}), "front", None) for one in series)
    return Table(rows, times, np.array(values))


_WELL = [100.0] * 24
_STRAYS = [*[100.0, 99.0] * 10, 100.0, 100.0, 99.0, 100.0]
_ONCE = [*[100.0, 99.0] * 10, 100.0, 98.0, 100.0, 100.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([_WELL], False), ([_STRAYS], False), ([_ONCE], True), ([_WELL, _ONCE], True), ([_WELL, _WELL, _ONCE], False)],
)
def test_one_bad_sample_is_unusual_where_the_time_before_shows_no_such(
    values: list[list[float]], expected: bool
) -> None:
    table = _rows(*values)

    assert unusual(table, _ONSET, range(len(values))) is expected
    assert felt(table, _ONSET, range(len(values))) == 0.0


def test_nothing_is_unusual_that_was_not_measured() -> None:
    gone = [*[100.0] * 20, *[float("nan")] * 4]

    assert (unusual(_rows(gone), _ONSET, [0]), unusual(_rows(gone), _ONSET, [])) == (False, False)
    assert samples(_rows(gone, _WELL, [float("nan"), *_WELL[1:]]), _ONSET, [0, 1, 2]) == 8
