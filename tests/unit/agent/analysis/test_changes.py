import numpy as np
import pytest

from agent.analysis.changes import baseline, gain, shifts
from agent.analysis.table import tabulate
from tests.unit.agent.analysis.made import Shop


def test_what_moved_alone_stands_out_and_what_moved_all_does_not() -> None:
    lifts = {("cpu_usage_cores", name): level for name, level in (("front", 1.0), ("middle", 0.8), ("back", 0.5))}
    shop = Shop(lifts={**lifts, ("cpu_usage_cores", "side"): 0.2, ("memory_usage_bytes", "back"): 4e8})
    table = tabulate(shop.observed())
    first = table.column(shop.began)

    found = {(s.row.reading.series.name, s.row.component): s for s in shifts(table, first, len(table.times))}

    assert found["memory_usage_bytes", "back"].standing > 0.7
    assert max(found["cpu_usage_cores", name].standing for name in ("front", "middle", "back", "side")) < 0.3
    assert found["cpu_usage_cores", "back"].z > 10 > found["cpu_usage_cores", "back"].own


def test_a_row_without_history_has_no_shift() -> None:
    table = tabulate(Shop().observed())
    table.values[0, :100] = np.nan

    assert 0 not in {shift.index for shift in shifts(table, 100, len(table.times))}


def test_the_scale_is_never_zero_and_few_samples_widen_it() -> None:
    rows = tabulate(Shop().observed()).rows[:2]

    few, many = (baseline(np.ones((2, count)), rows).scale[0] for count in (2, 200))

    assert few > many > 0


def test_no_columns_are_an_empty_baseline() -> None:
    rows = tabulate(Shop().observed()).rows[:2]

    assert baseline(np.empty((2, 0)), rows).count.tolist() == [0, 0]


@pytest.mark.parametrize(("z", "part"), [(-5.0, 0.0), (0.0, 0.0), (1.0, 0.0), (2.0, 0.75), (10.0, 0.99)])
def test_what_noise_explains_is_taken_off_without_a_threshold(z: float, part: float) -> None:
    assert gain(z) == pytest.approx(part)
