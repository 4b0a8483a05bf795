from dataclasses import replace
from datetime import timedelta

import numpy as np

from agent.analysis.log_templates import failing, hear
from agent.analysis.log_traces import Spectrum, topology
from agent.analysis.observations import Observations, readings
from agent.analysis.ranking import diagnose, weigh
from agent.analysis.topology import Graph
from agent.policy.grounding import ground
from tests.unit.agent.analysis.made import NOW, STEP, alert
from tools.base import LogLine, Series, Topology

ONSET = NOW - timedelta(minutes=3)
NO_CALLS = Graph({}, frozenset(), {})
CALLS = ("front", "orders", "stock", "orders", "prices", "orders", "front")
"""Who writes, line by line, about an order: two calls are made one after the other."""


def _request(number: int, ago: float, writers: tuple[str, ...], errors: tuple[str, ...] = ()) -> list[LogLine]:
    """One line every ten milliseconds; a writer in `errors` complains in its last line."""
    last = {writer: place for place, writer in enumerate(writers)}
    return [
        LogLine(
            at=NOW - timedelta(seconds=ago - 0.01 * place),
            service=writer,
            message=f"cannot finish request {number}" if writer in errors and last[writer] == place else "at work",
            level="error" if writer in errors and last[writer] == place else "info",
            trace=f"t{number}",
        )
        for place, writer in enumerate(writers)
    ]


def _traffic() -> list[LogLine]:
    """Every second request is an order and the others only read; since the onset each fourth order fails in `stock`."""
    lines = []
    for number in range(600):
        ago = 600.0 - number
        if number % 2:
            lines += _request(number, ago, ("front", "pages", "front"))
        else:
            fails = ago <= 180 and number % 8 == 0
            lines += _request(number, ago, CALLS, ("stock", "orders", "front") if fails else ())
    return lines


def test_who_calls_whom_is_read_off_the_lines_that_enclose_others() -> None:
    edges = frozenset({("front", "orders"), ("orders", "stock"), ("orders", "prices"), ("front", "pages")})

    assert topology(_traffic()) == Topology(frozenset({"front", "orders", "stock", "prices", "pages"}), edges)


def test_who_writes_when_its_work_is_done_is_not_taken_for_the_caller_of_who_writes_after_it() -> None:
    lines = [line for number in range(20) for line in _request(number, 60.0 - number, ("stock", "orders", "front"))]

    assert topology(lines) is None


def test_without_trace_ids_nothing_is_known_of_calls() -> None:
    assert topology([LogLine(NOW, "front", "at work"), LogLine(NOW, "stock", "at work")]) is None


def test_requests_through_a_component_fail_more_often_than_those_that_go_past_it() -> None:
    lines = _traffic()

    found = failing(lines, hear(lines, ONSET, NOW, NO_CALLS).shifts, ONSET, NOW)

    assert found == [Spectrum(name, 22, 90, failing_past=0, past=90) for name in ("orders", "prices", "stock")]
    assert all(one.z > 4 for one in found)


def test_who_complains_first_in_a_request_is_heard_before_those_who_pass_it_on() -> None:
    found = [shift for shift in hear(_traffic(), ONSET, NOW, NO_CALLS).shifts if shift.level == "error"]

    assert [(shift.component, shift.led) for shift in found] == [("stock", 1.0), ("orders", 0.0), ("front", 0.0)]
    assert found[0].strength == 4 * found[1].strength


def _front_alone(lines: list[LogLine]) -> Observations:
    """Of all components, failures are measured at the front only, each minute; they began three minutes ago."""
    times = NOW.timestamp() - 60.0 * np.arange(60, -1, -1.0)
    failing = np.where(times > ONSET.timestamp(), 0.09, 0.001 + 0.0001 * (np.arange(61) % 3))
    return Observations(
        now=NOW,
        step=timedelta(minutes=1),
        alerts=(alert("HighErrorRate", ONSET + timedelta(minutes=1), service="front"),),
        readings=readings([Series("error_ratio", {"service": "front"}, times, failing)]),
        lines=tuple(lines),
        topology=topology(lines),
    )


def test_failures_that_only_the_front_counts_begin_where_the_logs_of_its_requests_say() -> None:
    weighed = weigh(_front_alone(_traffic()))

    measured = {one.component: round(one.parts.measured, 1) for one in weighed.dossiers}
    assert measured == {"stock": 1.0, "front": 0.0, "orders": 0.0, "prices": 0.0, "pages": 0.0}
    assert weighed.dossiers[0].component == "stock"


def test_what_only_logs_tell_of_a_component_is_said_from_the_logs() -> None:
    found = diagnose(_front_alone(_traffic()))

    checked = ground(found.diagnosis(), found.evidence, entities=sorted(CALLS), onset=found.onset.at)
    assert (found.suspects[0].component, checked.dropped) == ("stock", ())
    assert found.suspects[0].why.startswith("stock logged 22 lines of one kind since the onset (never before)")


def test_without_trace_ids_whoever_alone_is_measured_keeps_its_failures() -> None:
    weighed = weigh(_front_alone([replace(line, trace="") for line in _traffic()]))

    assert {one.component: round(one.parts.measured, 1) for one in weighed.dossiers}["front"] == 0.5


def test_what_the_first_sample_of_an_incident_covers_is_since_the_onset() -> None:
    """The sample of 11:58 shows it first, and covers the minute before it, in which it began."""
    began = NOW - timedelta(minutes=3)

    weighed = weigh(_front_alone(_traffic()))

    assert weighed.onset.at > began
    assert [(line.after, line.new) for line in weighed.dossiers[0].lines if line.level == "error"] == [(22, True)]


def test_with_logs_alone_the_first_to_complain_is_the_suspect_and_its_sentences_are_borne_out() -> None:
    lines = tuple(_traffic())
    seen = Observations(
        now=NOW,
        step=STEP,
        alerts=(alert("HighErrorRate", ONSET, service="front"),),
        lines=lines,
        topology=topology(lines),
    )

    found = diagnose(seen)

    checked = ground(found.diagnosis(), found.evidence, entities=sorted(CALLS), onset=found.onset.at)
    assert (found.suspects[0].component, checked.dropped) == ("stock", ())
    assert found.suspects[0].why.endswith(
        "22 of 120 logged requests through stock failed since the onset, 0 of 120 that go past it."
    )
