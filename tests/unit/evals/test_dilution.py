import numpy as np
import pytest

from evals.dilution import diluted
from tests.unit.agent.analysis.made import NOW, SAMPLES, slow_back


def test_what_a_fault_does_to_a_series_is_a_third_of_it_and_the_level_before_stays() -> None:
    seen = slow_back().observed()
    place = next(
        number
        for number, one in enumerate(seen.readings)
        if one.series.name == "request_latency_seconds" and "back" in one.series.labels.values()
    )

    loud, faint = (one.readings[place].series.values for one in (seen, diluted(seen)))

    before, after = slice(SAMPLES // 2, SAMPLES - 20), slice(SAMPLES - 3, None)
    level = float(np.median(loud[before]))
    assert float(np.median(faint[before])) == pytest.approx(level, rel=0.05)
    assert float(np.mean(faint[after])) - level == pytest.approx((float(np.mean(loud[after])) - level) / 3, rel=0.1)


def test_what_has_no_past_to_be_mixed_with_stays_and_no_log_is_left() -> None:
    seen = slow_back().observed()

    faint = diluted(seen)

    first = seen.readings[0].series.values[:10]
    assert faint.readings[0].series.values[:10].tolist() == first.tolist()
    assert (faint.now, faint.alerts, faint.lines) == (NOW, seen.alerts, ())
