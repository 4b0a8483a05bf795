import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest

from agent.analysis.conditions import Asked, Condition, Unmet, condition_of, conditions, unmet
from agent.analysis.observations import Observations
from agent.analysis.ranking import diagnose
from agent.domain.alert import Alert
from agent.domain.hypothesis import Verdict
from agent.domain.incident import Symptom
from agent.graph.context import Sources
from agent.graph.nodes.survey import observe
from agent.policy.grounding import ground
from tests.unit.agent.analysis.made import NOW, STEP, Shop, alert, slow_back
from tests.unit.evals.made import write_case
from tools.base import Series
from tools.clients.recorded import RecordedMetrics

TOLD = NOW - 2 * STEP
SLOW = 'request_latency_seconds{service="front"} > 0.25'


def _alert(expression: str, **labels: str) -> Alert:
    link = f"http://prometheus.example/graph?{urlencode({'g0.expr': expression, 'g0.tab': '1'})}"
    return alert("HighLatency", TOLD, **{"service": "front"} | labels).model_copy(update={"link": link})


@pytest.mark.parametrize(
    ("expression", "operands"),
    [
        ('a{b="c"} > 0.25', ('a{b="c"}',)),
        ("(0.9 >= a)", ("a",)),
        ("rate(a[5m]) > 2 * rate(a[5m] offset 1h)", ("rate(a[5m])", "2 * rate(a[5m] offset 1h)")),
        ("a > 1 and b offset 3m", ("a", "b offset 3m")),
        ("a > 1 and b < 5", ("a", "b")),
        ("(up == 0) unless on (zone) maintenance", ("up", "maintenance")),
        ("a > 1 and on () hour() > 8", ("a",)),
    ],
)
def test_a_condition_compares_its_operands(expression: str, operands: tuple[str, ...]) -> None:
    told = condition_of(_alert(expression))

    assert told is not None
    assert (told.expression, told.operands) == (expression, operands)


@pytest.mark.parametrize(
    "expression",
    [
        *("a", "a > bool 1", "a > 1 or b > 1", "absent(up) == 1", "vector(1) > 0", "a >", "", "(" * 2000),
        *('sum(rate({app="front"}[5m])) > 10', 'count_over_time({app="front"} |= "lost" [5m]) > 10'),
        *("a @ end() > 1", "rate(a[5m] @ start()) > 1", "max_over_time(a[1h:1m] @ end()) > 1"),
        " and ".join(f"a{n} > 1" for n in range(5)),
    ],
)
def test_what_is_no_comparison_of_series_is_no_condition(expression: str) -> None:
    assert condition_of(_alert(expression)) is None


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://prometheus.example/graph",
        "http://[::1/graph?g0.expr=a",
        "http://prometheus.example/graph?g0.expr=\ud800 > 1",
        "http://grafana.example/alerting/grafana/x1/view?orgId=1",
        "http://vm.example/vmalert/alert?group_id=1&alert_id=2",
    ],
)
def test_a_link_of_another_shape_tells_no_condition(link: str) -> None:
    told = alert("HighLatency", TOLD, service="front").model_copy(update={"link": link})

    assert (condition_of(told), conditions([told])) == (None, ())


def test_an_alert_that_does_not_say_when_it_began_tells_no_condition() -> None:
    assert condition_of(_alert(SLOW).model_copy(update={"starts_at_known": False})) is None


def test_conditions_are_known_only_when_every_alert_tells_one() -> None:
    slow, other = _alert(SLOW), _alert("a > 1")

    assert [one.expression for one in conditions([slow, slow, other])] == [SLOW, "a > 1"]
    assert conditions([slow, alert("Silent", TOLD)]) == ()
    assert conditions([_alert(f"a > {limit}") for limit in range(5)]) == ()
    assert conditions([_alert(SLOW, pod=str(n)) for n in range(51)]) == ()


def _series(labels: Mapping[str, str], steps: Sequence[int]) -> Series:
    times = np.array([NOW.timestamp() - n * STEP.total_seconds() for n in sorted(steps, reverse=True)])
    return Series("", labels, times, np.ones(len(times)))


def _asked(*, measured: Sequence[int] = range(10), held: Sequence[int] = (), route: str = "/cart") -> Asked:
    front = {"service": "front", "route": route}
    met = (_series(front, held),) if held else ()
    return Asked(Condition("a > 1", ("a",)), met, ((_series(front, measured),),))


ALL_ALONG = Unmet("a > 1", NOW - 4 * STEP, NOW, 5)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (_asked(), (ALL_ALONG,)),
        (_asked(held=[30]), (ALL_ALONG,)),
        (_asked(held=[20]), ()),
        (_asked(held=[4]), ()),
        (_asked(held=[0]), ()),
        (_asked(measured=[0, 1, 3, 4]), ()),
        (_asked(measured=range(5, 10)), ()),
        (_asked(route="/pay"), ()),
    ],
)
def test_a_condition_is_unmet_that_held_at_no_moment_since_just_before_its_alert(
    asked: Asked, expected: tuple[Unmet, ...]
) -> None:
    assert unmet([asked], [_alert("a > 1", route="/cart")], NOW, STEP) == expected


def test_one_alert_whose_condition_holds_is_enough() -> None:
    cart, pay = _alert("a > 1", route="/cart"), _alert("a > 1", route="/pay")
    front = {"service": "front"}
    both = tuple(_series({**front, "route": route}, range(10)) for route in ("/cart", "/pay"))
    asked = Asked(Condition("a > 1", ("a",)), (_series({**front, "route": "/pay"}, [0]),), (both,))

    assert (unmet([asked], [cart], NOW, STEP), unmet([asked], [cart, pay], NOW, STEP)) == ((ALL_ALONG,), ())


@pytest.mark.parametrize(
    ("expression", "labels", "speaks"),
    [
        ("a > 1", {}, False),
        ("a > 1", {"cluster": "eu"}, False),
        ('a{service!="front"} > 1', {}, False),
        ("a > 1", {"destination": "front"}, True),
        ("a > 1", {"service": "front", "severity": "error"}, True),
        ("a > 1", {"service": "front", "cluster": "us"}, False),
        ('a{job="front"} > 1', {}, True),
    ],
)
def test_only_a_condition_on_the_component_that_an_alert_names_says_something_of_it(
    expression: str, labels: Mapping[str, str], speaks: bool
) -> None:
    told = _alert(expression, cluster="eu", severity="critical")
    asked = [Asked(one, (), ((_series(labels, range(10)),),)) for one in conditions([told])]

    assert bool(unmet(asked, [told], NOW, STEP)) is speaks


def test_what_is_not_a_number_was_not_measured() -> None:
    asked = _asked()
    nothing = tuple(replace(one, values=one.values * np.nan) for one in asked.operands[0])

    assert unmet([replace(asked, operands=(nothing,))], [_alert("a > 1", route="/cart")], NOW, STEP) == ()


def _observed(tmp_path: Path, shop: Shop, expression: str, step: timedelta = STEP) -> tuple[Observations, list[str]]:
    write_case(tmp_path / "case", shop)
    gaps: list[str] = []
    sources = Sources(metrics=RecordedMetrics(tmp_path / "case" / "metrics.om.xz"), step=step)
    seen = asyncio.run(observe(sources, [_alert(expression)], Symptom.LATENCY, NOW, gaps))
    return replace(seen, topology=shop.topology()), gaps


def test_nobody_is_blamed_for_what_an_alert_no_longer_speaks_of(tmp_path: Path) -> None:
    seen, gaps = _observed(tmp_path, slow_back(), SLOW.replace("0.25", "2.5"))

    findings = diagnose(seen)

    checked = ground(findings.diagnosis(), findings.evidence, entities=seen.topology.nodes if seen.topology else ())
    told = (
        f"The alert's own condition does not hold: “{SLOW.replace('0.25', '2.5')}” was met at 0 of 5 moments "
        "from 11:58:00 UTC to 12:00:00 UTC."
    )
    assert (gaps, findings.verdict, findings.claims[0].text, checked.dropped) == ([], Verdict.INCONCLUSIVE, told, ())


def test_a_cause_is_named_when_the_condition_holds(tmp_path: Path) -> None:
    seen, gaps = _observed(tmp_path, slow_back(), SLOW)

    findings = diagnose(seen)

    assert (gaps, len(seen.conditions), findings.verdict, findings.component) == ([], 1, Verdict.CAUSE, "back")
    assert not any("own condition" in claim.text for claim in findings.claims)


def test_nothing_is_said_of_a_condition_on_what_was_not_recorded(tmp_path: Path) -> None:
    seen, gaps = _observed(tmp_path, slow_back(), "route:latency_p95_seconds > 2.5")

    assert (gaps, unmet(seen.conditions, seen.alerts, NOW, STEP), diagnose(seen).component) == ([], (), "back")


def test_a_back_end_that_cannot_evaluate_the_condition_says_so(tmp_path: Path) -> None:
    seen, gaps = _observed(tmp_path, slow_back(), "predict_linear(request_latency_seconds[5m], 60) > 2.5")

    assert (seen.conditions, len(gaps), "predict_linear" in gaps[0]) == ((), 1, True)
    assert diagnose(seen).component == "back"


class _Spike(Shop):
    """One measurement of the front, between two points of a survey of a step twice as wide, was too slow."""

    def series(self) -> list[Series]:
        return [self._spiked(one) for one in super().series()]

    def _spiked(self, one: Series) -> Series:
        too_slow = one.name == "request_latency_seconds" and one.labels["service"] == "front"
        return (
            replace(one, values=np.where(one.times == (NOW - 3 * STEP).timestamp(), 9, one.values)) if too_slow else one
        )


@pytest.mark.parametrize(("shop", "unheld"), [(_Spike(), 0), (Shop(), 1)])
def test_a_condition_that_held_between_two_points_of_the_survey_held(tmp_path: Path, shop: Shop, unheld: int) -> None:
    seen, gaps = _observed(tmp_path, shop, SLOW.replace("0.25", "2.5"), 2 * STEP)

    assert (gaps, len(unmet(seen.conditions, seen.alerts, NOW, seen.step))) == ([], unheld)
