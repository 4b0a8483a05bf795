"""Is it told from the lines of requests who broke them off?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.analysis.log_templates import begun, hear
from agent.analysis.log_unfinished import Unfinished
from agent.analysis.observations import Observations
from agent.analysis.ranking import diagnose, weigh
from agent.analysis.topology import Graph
from agent.policy.grounding import ground
from tests.unit.agent.analysis.made import NOW, STEP, alert
from tools.base import LogLine, Topology

ONSET = NOW - timedelta(minutes=3)
CALLS = {"front": frozenset({"orders"}), "orders": frozenset({"stock", "prices"})}
NODES = frozenset({"front", "orders", "stock", "prices"})
WHOLE = (
    ("front", "order asked for"),
    ("orders", "order begun"),
    ("stock", "looking for the article"),
    ("stock", "article found"),
    ("prices", "price asked for"),
    ("prices", "price told"),
    ("orders", "order kept"),
    ("front", "order answered"),
)
EMPTY = tuple(told for told in WHOLE if told[1] in {"order asked for", "order begun", "looking for the article"})
"""The stock returns without what it was asked for and without a word, and those above it give up."""
PASSED_ON = tuple(told for told in WHOLE if told[1] not in {"article found", "price told", "order kept"})
"""The stock returns nothing, the price of nothing is asked for, no order is kept; the front answers all the same."""


def _request(number: int, ago: float, told: Sequence[tuple[str, str]]) -> list[LogLine]:
    """One line every ten milliseconds."""
    return [
        LogLine(NOW - timedelta(seconds=ago - 0.01 * place), who, said, "info", trace=f"t{number}")
        for place, (who, said) in enumerate(told)
    ]


def _traffic(broken: Sequence[tuple[str, str]], every: int = 2) -> list[LogLine]:
    """A request each second for ten minutes; since the onset every second one, or each of so many, goes as `broken`."""
    requests = range(600)
    told = [broken if number > 420 and number % every == 0 else WHOLE for number in requests]
    return [line for number in requests for line in _request(number, 600.5 - number, told[number])]


def _heard(lines: Sequence[LogLine], calls: Mapping[str, frozenset[str]] = CALLS) -> Sequence[Unfinished]:
    return hear(lines, ONSET, NOW, Graph(calls, NODES, {})).unfinished


@pytest.mark.parametrize("broken", [EMPTY, PASSED_ON])
def test_requests_are_broken_off_by_the_innermost_and_first_of_those_that_no_longer_finish_them(
    broken: Sequence[tuple[str, str]],
) -> None:
    (found,) = _heard(_traffic(broken))

    assert (found.component, found.template, found.follows) == ("stock", "looking for the article", "article found")
    assert (found.before, found.since, found.led) == ((421, 421), (87, 174), 1.0)
    assert found.z > 10
    assert len(found.broke) == 87


def test_who_waits_for_one_that_complains_has_not_broken_off_by_itself() -> None:
    failing = (*EMPTY, ("stock", "cannot read the shelf"))
    lines = [replace(line, level="error" if "cannot" in line.message else "info") for line in _traffic(failing)]

    assert [(one.component, one.led) for one in _heard(lines)] == [("stock", 1.0)]


def test_who_complains_of_what_another_left_is_not_the_first_whose_trouble_it_is() -> None:
    """The orders complain, the stock says nothing: it broke off before."""
    failing = (*EMPTY, ("orders", "no article: NullPointerException"))

    heard = hear(_traffic(failing), ONSET, NOW, Graph(CALLS, NODES, {}))

    assert [(one.component, one.led < 0.05) for one in heard.shifts if not one.gone] == [("orders", True)]
    assert begun(heard, sorted(NODES))["stock"] > 0.95


def test_what_follows_now_and_then_may_stay_away() -> None:
    """A third of the orders is not kept, and of late none."""
    unkept = tuple(told for told in WHOLE if told[1] != "order kept")
    lines = [
        line
        for number in range(600)
        for line in _request(number, 600.5 - number, unkept if number % 3 == 0 or number > 420 else WHOLE)
    ]

    assert _heard(lines) == []


def test_few_requests_tell_nothing() -> None:
    assert _heard(_traffic(EMPTY, every=40)) == []


def test_requests_that_last_are_not_broken_off() -> None:
    """The last of them began two seconds ago, each, and has not been answered yet."""
    before = [line for number in range(420) for line in _request(number, 600.5 - number, WHOLE)]
    since = [line for number in range(420, 520) for line in _request(number, 2 - 0.01 * (number - 420), WHOLE[:3])]

    assert _heard([*before, *since]) == []


def _seen() -> Observations:
    edges = frozenset((caller, callee) for caller, callees in CALLS.items() for callee in callees)
    return Observations(
        now=NOW,
        step=STEP,
        alerts=(alert("OrdersEmpty", ONSET, service="front"),),
        lines=tuple(_traffic(EMPTY)),
        topology=Topology(NODES, edges),
    )


def test_whose_requests_break_off_is_the_suspect_though_nobody_complains() -> None:
    weighed = weigh(_seen())

    assert {one.component: round(one.parts.measured, 1) for one in weighed.dossiers if one.parts.measured} == {
        "stock": 1
    }
    assert weighed.dossiers[0].component == "stock"


def test_its_sentence_is_borne_out_by_what_it_cites() -> None:
    found = diagnose(_seen())

    checked = ground(found.diagnosis(), found.evidence, entities=sorted(NODES), onset=found.onset.at)
    assert checked.dropped == ()
    assert "requests of stock that logged “looking for the article” went on to “article found”" in found.suspects[0].why
