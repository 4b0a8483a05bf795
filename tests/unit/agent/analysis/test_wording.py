"""Does a finding's sentence say what was measured?"""

from datetime import UTC, datetime

from agent.analysis import wording
from agent.analysis.excess import Excess
from agent.analysis.storm import Blame
from agent.analysis.topology import Flow


def _told(dimension: str, before: float, after: float) -> str:
    one = Excess(amount=1.0, z=8.0, before=before, after=after, new=False, rows=())
    return wording.excess("till", one, Flow(dimension, "till", {"till": one}, {}))  # type: ignore[arg-type]  # a kind


def test_a_time_has_its_unit_and_what_came_and_went_did_not_go_from_nothing_to_nothing() -> None:
    assert [_told("time", 0.05, 0.35), _told("failures", 0.0, 0.31), _told("failures", 0.0, 0.0)] == [
        "latency of till went from 0.05 s to 0.35 s (8 times its usual variation)",
        "failing share of till went from 0 to 0.31 (8 times its usual variation)",
        "failing share of till left its level of 0 now and then (8 times its usual variation)",
    ]


def test_one_alert_bears_on_a_component_and_two_bear_on_it() -> None:
    def told(alerts: int, raisers: int) -> str:
        first = datetime(2026, 11, 21, 12, tzinfo=UTC)
        return wording.blame(Blame("till", 1.0, alerts, first, (("SlowTill", 1, raisers),), "latency"))  # type: ignore[arg-type]  # a kind

    telling = "the first at 12:00:00 UTC; the most telling, “SlowTill”, is raised by 1 of its own and by"
    assert [told(1, 1), told(2, 3)] == [
        f"1 alert bears on till, {telling} 1 component in all",
        f"2 alerts bear on till, {telling} 3 components in all",
    ]
