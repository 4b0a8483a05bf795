import numpy as np
import pytest

from agent.analysis.changes import MOST
from agent.analysis.excess import Excess, excesses
from agent.analysis.onset import Onset
from agent.analysis.table import tabulate
from tests.unit.agent.analysis.made import Shop

_FIRST = 111
"""Where the incident begins: ten samples before the end."""


def _failures(before: list[float], during: float) -> Excess:
    """Of the one component that fails as told, its quiet time repeating `before`."""
    table = tabulate(Shop().observed())
    row = next(i for i, one in enumerate(table.rows) if one.reading.series.name == "error_ratio")
    table.values[row, :_FIRST] = np.resize(before, _FIRST)
    table.values[row, _FIRST:] = during
    onset = Onset(table.at(_FIRST), 1.0, _FIRST, table.values.shape[1], "")
    return excesses(table, onset)["failures"][table.rows[row].component]


def test_whatever_fails_where_nothing_ever_failed_stands_out_and_counts_by_its_amount() -> None:
    little, much = (_failures([0.0], part) for part in (0.001, 0.1))

    assert (little.z, much.z) == (MOST, MOST)
    assert much.amount == pytest.approx(100 * little.amount)


def test_what_fails_now_and_then_has_a_scale_although_its_median_deviation_is_nothing() -> None:
    seldom = _failures([0.0, 0.0, 0.0, 0.0, 0.01], 0.01)

    assert 1 < seldom.z < 5
    assert seldom.beyond == pytest.approx(0.0)


def test_a_component_with_its_worst_minutes_at_other_times_does_not_go_with_the_symptom() -> None:
    restless, steady = _failures([0.0, 0.0, 0.2], 0.1), _failures([0.001], 0.1)

    assert restless.goes_with(steady) < 0.5
    assert steady.goes_with(steady) > 0.95
