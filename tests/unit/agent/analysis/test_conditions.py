import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    assert condition_of(_alert(expression)) == Condition(expression, operands)


@pytest.mark.parametrize(
    "expression", ["a", "a > bool 1", "a > 1 or b > 1", "absent(up) == 1", "vector(1) > 0", "a >", ""]
)
def test_what_is_no_comparison_of_series_is_no_condition(expression: str) -> None:
    assert condition_of(_alert(expression)) is None


def test_conditions_are_known_only_when_every_alert_tells_one() -> None:
    slow, other = _alert(SLOW), _alert("a > 1")

    assert [one.expression for one in conditions([slow, slow, other])] == [SLOW, "a > 1"]
    assert conditions([slow, alert("Silent", TOLD)]) == ()
    assert conditions([_alert(f"a > {limit}") for limit in range(5)]) == ()


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
        (_asked(held=[9]), (ALL_ALONG,)),
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


def _observed(tmp_path: Path, shop: Shop, expression: str) -> tuple[Observations, list[str]]:
    write_case(tmp_path / "case", shop)
    gaps: list[str] = []
    sources = Sources(metrics=RecordedMetrics(tmp_path / "case" / "metrics.om.xz"), step=STEP)
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
