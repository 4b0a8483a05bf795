"""Is what is drawn beside a finding what was measured, and no more than can be seen?"""

from datetime import UTC, datetime

import numpy as np

from agent.analysis import pictures
from agent.analysis.ranking import diagnose, weigh
from agent.domain.evidence import CallGraph, Curve
from tests.unit.agent.analysis.made import Shop

BEGAN = datetime(2026, 5, 1, 11, 0, tzinfo=UTC)
SLOW_BACK = {
    ("request_latency_seconds", "back"): 0.5,
    ("request_latency_seconds", "middle"): 0.5,
    ("request_latency_seconds", "front"): 0.5,
}


def test_thinning_out_keeps_the_lowest_and_the_highest_value() -> None:
    values = np.sin(np.arange(2_000.0) / 50)
    values[777], values[1_234] = 40.0, -40.0
    drawn = pictures.curve("request_latency_seconds", np.arange(2_000.0), values, BEGAN)
    assert drawn is not None
    assert (drawn.unit, len(drawn.points) <= pictures.POINTS) == ("s", True)
    assert {(777.0, 40.0), (1234.0, -40.0)} <= {*drawn.points}
    assert list(drawn.points) == sorted(drawn.points)


def test_gaps_are_left_out_and_nothing_measured_is_nothing_to_draw() -> None:
    times, nan = np.arange(3.0), float("nan")
    assert pictures.curve("up", times, np.array([1.0, nan, 2.0]), BEGAN) == Curve(
        name="up", points=((0.0, 1.0), (2.0, 2.0)), onset=BEGAN
    )
    assert pictures.curve("up", times, np.full(3, nan), BEGAN) is None


def test_units_are_read_from_names() -> None:
    names = ("cpu_millicores", "memory_working_set_bytes", "error_ratio", "edge:p95LatencySeconds", "queue_depth")
    assert [pictures.unit_of(name) for name in names] == ["m", "bytes", "ratio", "s", ""]


def test_the_call_graph_leads_from_where_it_is_felt_to_where_it_begins() -> None:
    drawn = pictures.call_graph(weigh(Shop(lifts=SLOW_BACK).observed()))
    assert drawn == CallGraph(
        calls=(("front", "middle"), ("middle", "back"), ("front", "side")), path=("front", "middle", "back")
    )


def test_a_graph_of_many_calls_keeps_those_near_the_fault() -> None:
    shop = Shop(lifts=SLOW_BACK)
    seen = shop.observed()
    far = frozenset((f"n{at}", f"n{at + 1}") for at in range(200)) | {("side", "n0")}
    topology = shop.topology()
    wide = type(topology)(topology.nodes | {node for call in far for node in call}, topology.edges | far)
    drawn = pictures.call_graph(weigh(type(seen)(**{**vars(seen), "topology": wide})))
    assert drawn is not None
    assert (len(drawn.calls), drawn.path) == (pictures.CALLS, ("front", "middle", "back"))


def test_every_measured_finding_carries_its_curve_with_the_onset() -> None:
    found = diagnose(Shop(lifts=SLOW_BACK).observed())
    drawn = [one.picture for one in found.evidence if one.kind == "metric" and "samples" in str(one.content)]
    assert drawn
    assert [type(one) for one in drawn] == [Curve] * len(drawn)
    assert {one.onset for one in drawn if isinstance(one, Curve)} == {found.onset.at}
