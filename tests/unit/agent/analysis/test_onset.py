from dataclasses import replace
from datetime import timedelta

import numpy as np

from agent.analysis import onset
from agent.analysis.observations import readings
from agent.analysis.table import tabulate
from tests.unit.agent.analysis.made import NOW, STEP, Shop, slow_back


def _found(shop: Shop, late: timedelta = timedelta(0)) -> onset.Onset:
    seen = shop.observed(shop.alert(late=late))
    return onset.find(tabulate(seen), seen.alerts, None, NOW, STEP)


def test_the_onset_is_when_the_symptom_left_its_range() -> None:
    found = _found(slow_back(), late=timedelta(minutes=2))

    assert (found.at, found.sure) == (NOW - timedelta(minutes=3), 1.0)
    assert found.why.startswith("the symptom left its usual range at 11:57:00 UTC")


def test_a_symptom_that_does_not_show_is_taken_from_the_alert_and_not_sure() -> None:
    found = _found(Shop())

    assert (found.at, found.sure) == (NOW - timedelta(minutes=4), 0.0)


def test_an_excess_over_long_before_the_alert_is_another_incident() -> None:
    shop = slow_back()
    seen = shop.observed()
    table = tabulate(seen)
    earlier = table.column(NOW - timedelta(minutes=14))
    table.values[:, earlier : earlier + 6] *= 3

    assert onset.find(table, seen.alerts, None, NOW, STEP).at == NOW - timedelta(minutes=3)


def _again(samples: int, starts: range) -> onset.Onset:
    """The same excess at these columns, too."""
    shop = slow_back()
    seen = shop.observed()
    table = tabulate(seen)
    for start in starts:
        table.values[:, start : start + samples] = table.values[:, -samples:]
    return onset.find(table, seen.alerts, None, NOW, STEP)


def test_an_incident_as_strong_long_ago_leaves_this_one_an_onset() -> None:
    found = _again(7, range(50, 51))

    assert (found.at, found.sure > 0.95) == (NOW - timedelta(minutes=3), True)


def test_what_comes_again_and_again_is_no_onset() -> None:
    assert _again(7, range(5, 90, 20)).sure == 0.0


def test_a_signal_with_one_series_is_not_drowned_by_one_with_many() -> None:
    shop = Shop(lifts={("error_ratio", "front"): 0.05})
    seen = shop.observed(shop.alert("ShopIsUnwell"))
    noise = np.random.default_rng(3)
    latency = next(one.series for one in seen.readings if one.series.name == "request_latency_seconds")
    quantiles = [
        replace(
            latency,
            labels={**latency.labels, "quantile": f"0.{number}"},
            values=0.2 + 0.004 * noise.standard_normal(len(latency.values)),
        )
        for number in range(10, 50)
    ]
    table = tabulate(replace(seen, readings=(*seen.readings, *readings(quantiles))))
    found = onset.find(table, seen.alerts, None, NOW, STEP)

    assert (found.at, found.sure) == (NOW - timedelta(minutes=3), 1.0)


def test_the_heaviest_segment_may_end_before_the_series_does() -> None:
    assert onset.heaviest(np.array([-1.0, 2.0, np.nan, 3.0, -9.0, 4.0])) == (5.0, 1, 4)


def test_nothing_above_zero_is_no_segment() -> None:
    assert onset.heaviest(np.array([-1.0, -2.0])) == (0.0, 0, 0)
