import dataclasses
from datetime import timedelta

import numpy as np
import pytest

from agent.analysis.findings import Findings
from agent.analysis.observations import Observations, readings
from agent.analysis.ranking import diagnose, weigh
from agent.analysis.weights import SUREST
from agent.domain.hypothesis import Fault, Verdict
from tests.unit.agent.analysis.made import NOW, STEP, Shop, alert, slow_back
from tools.base import Change, LogLine, Series, Topology


def test_deepest_component_that_explains_its_callers_is_the_cause() -> None:
    findings = diagnose(slow_back().observed())

    assert (findings.verdict, findings.component, findings.fault) == (Verdict.CAUSE, "back", Fault.RESOURCE_CPU)
    assert findings.confidence > 0.9
    assert findings.onset.at == NOW - timedelta(minutes=3)


def test_every_claim_and_suspect_cites_evidence_that_is_there_and_says_how_to_ask_again() -> None:
    findings = diagnose(slow_back().observed())

    known = {one.id for one in findings.evidence}
    cited = _cited(findings)
    assert findings.claims
    assert all(claim.evidence for claim in findings.claims)
    assert cited <= known
    query, summary = 'request_latency_seconds{service="back"}', "latency of back went from 0.0501 s to 0.349 s"
    assert any(one.query == query and one.summary.startswith(summary) for one in findings.evidence)


def test_a_caller_that_only_waits_is_ruled_out_with_what_it_waits_for() -> None:
    findings = diagnose(slow_back().observed())

    assert "middle passes on the extra latency of back, which it depends on." in findings.ruled_out


def test_names_do_not_matter() -> None:
    renamed = dataclasses.replace(slow_back(), names={"front": "zx", "middle": "qq-1", "back": "cpu", "side": "db"})

    plain, other = diagnose(slow_back().observed()), diagnose(renamed.observed())

    assert [renamed.called(one.component) for one in plain.suspects] == [one.component for one in other.suspects]
    assert [one.score for one in plain.suspects] == pytest.approx([one.score for one in other.suspects])


@pytest.mark.parametrize("minutes", [1, 4, 10])
def test_a_late_alert_does_not_change_the_cause(minutes: int) -> None:
    shop = dataclasses.replace(slow_back(), began=NOW - timedelta(minutes=11))

    findings = diagnose(shop.observed(shop.alert(late=timedelta(minutes=minutes))))

    assert findings.component == "back"
    assert abs(findings.onset.at - shop.began) <= STEP


def test_quiet_series_under_a_latency_alert_are_healthy() -> None:
    findings = diagnose(Shop().observed())

    assert (findings.verdict, findings.component, findings.fault) == (Verdict.HEALTHY, "", Fault.NONE)


def test_nothing_observed_is_inconclusive() -> None:
    findings = diagnose(Observations(now=NOW, step=STEP, alerts=(alert("X", NOW, service="front"),)))

    assert (findings.verdict, findings.confidence, findings.component) == (Verdict.INCONCLUSIVE, 0.0, "")


def test_failures_are_divided_by_what_fails_not_by_what_is_slow() -> None:
    shop = Shop(
        lifts={
            ("error_ratio", "front"): 0.2,
            ("error_ratio", "middle"): 0.25,
            ("request_latency_seconds", "side"): 0.5,
        }
    )

    findings = diagnose(shop.observed(shop.alert("HighErrorRatio")))

    assert findings.suspects[0].component == "middle"


def _calls_ending_at_the_middle(
    shop: Shop, alert_name: str, called: tuple[str, str] = ("back", "side")
) -> Observations:
    """The middle makes two calls less often, for as many requests; only the front tells its failures."""
    seen = shop.observed(shop.alert(alert_name))
    kept = [one for one in seen.readings if one.series.name != "error_ratio" or one.series.labels["service"] == "front"]
    times = kept[0].series.times
    made = np.where(times >= shop.began.timestamp(), 20.0, 40.0)
    noise = np.random.default_rng(5).normal(1, 0.02, (2, len(times)))
    fewer = [
        Series("calls_per_second", {"source": "middle", "destination": callee}, times, made * wobble)
        for callee, wobble in zip(called, noise, strict=True)
    ]
    return dataclasses.replace(seen, readings=(*kept, *readings(fewer)))


@pytest.mark.parametrize("alert_name", ["HighErrorRatio", "HighLatency", "UsersComplain"])
def test_who_no_longer_makes_its_calls_explains_failures_whatever_the_alert_speaks_of(alert_name: str) -> None:
    shop = Shop(lifts={("error_ratio", "front"): 0.2})

    first = weigh(_calls_ending_at_the_middle(shop, alert_name)).dossiers[0]

    assert first.component == "middle"
    assert first.lost
    assert first.lost.strength > 0.9


def test_what_a_caller_still_calls_and_stands_out_excuses_it() -> None:
    """The middle calls the back as ever, and no longer what it would call after that: it is the back that fails."""
    busy = Shop(lifts={("error_ratio", "front"): 0.2, ("cpu_usage_cores", "back"): 1.5})
    seen = _calls_ending_at_the_middle(busy, "HighErrorRatio", ("side", "rates"))
    times = seen.readings[0].series.times
    as_ever = Series("calls_per_second", {"source": "middle", "destination": "back"}, times, np.full(len(times), 40.0))

    weighed = weigh(dataclasses.replace(seen, readings=(*seen.readings, *readings([as_ever]))))

    lost = next(one.lost for one in weighed.dossiers if one.component == "middle")
    assert lost
    assert lost.strength < 0.3
    assert weighed.dossiers[0].component == "back"


def test_calls_no_longer_made_explain_nothing_where_nothing_fails() -> None:
    slower = Shop(lifts={("request_latency_seconds", "front"): 0.05})

    weighed = weigh(_calls_ending_at_the_middle(slower, "HighLatency"))

    assert not any(one.lost for one in weighed.dossiers)


def test_a_dependency_first_called_in_the_incident_blames_its_caller() -> None:
    shop = Shop(lifts={("error_ratio", "front"): 0.2, ("error_ratio", "middle"): 0.25})
    fresh = [
        Series(metric, {"service": "unheard-of"}, np.array([NOW.timestamp()]), np.array([value]))
        for metric, value in (("error_ratio", 1.0), ("requests_per_second", 20.0))
    ]
    seen = shop.observed(shop.alert("HighErrorRatio"))
    graph = Topology(seen.topology.nodes, seen.topology.edges | {("middle", "unheard-of")}) if seen.topology else None
    seen = dataclasses.replace(seen, readings=(*seen.readings, *readings(fresh)), topology=graph)

    assert diagnose(seen).suspects[0].component == "middle"


def test_a_silent_component_is_judged_by_what_its_callers_see() -> None:
    shop = Shop(lifts={("error_ratio", "front"): 0.2, ("error_ratio", "middle"): 0.25})
    seen = shop.observed(shop.alert("HighErrorRatio"))
    kept = [one for one in seen.readings if one.series.labels["service"] != "back"]
    times = kept[0].series.times
    failing = np.where(times >= shop.began.timestamp(), 0.25, 0.0)
    edges = [
        Series("call_error_ratio", {"service": "middle", "target": "back"}, times, failing),
        Series("calls_per_second", {"service": "middle", "target": "back"}, times, np.full(len(times), 80.0)),
    ]

    findings = diagnose(dataclasses.replace(seen, readings=(*kept, *readings(edges))))

    assert findings.suspects[0].component == "back"


def test_a_change_at_the_onset_names_the_fault() -> None:
    deploy = Change(at=NOW - timedelta(minutes=4), service="back", kind="deploy", summary="2.3.1 -> 2.4.0", source="ci")

    findings = diagnose(slow_back().observed(changes=(deploy,)))

    assert (findings.component, findings.fault) == ("back", Fault.DEPLOYMENT)
    assert any("deploy of back" in claim.text and "1 min before the onset" in claim.text for claim in findings.claims)


def test_who_complains_of_another_is_not_the_first_suspect() -> None:
    lines = tuple(
        LogLine(NOW - timedelta(seconds=second), "middle", f"order {second} failed: back: connection refused", "error")
        for second in range(0, 150, 3)
    )
    usual = tuple(
        LogLine(NOW - timedelta(minutes=minute), service, "request served", "info")
        for minute in range(4, 60)
        for service in ("middle", "back")
    )

    findings = diagnose(dataclasses.replace(Shop().observed(), readings=(), lines=(*usual, *lines)))

    assert findings.suspects[0].component == "back"
    assert "order <num> failed: back: connection refused" in findings.suspects[0].why
    assert [one.trust for one in findings.evidence if one.kind == "log"] == ["user-controlled"]


def test_renamed_evidence_is_renamed_wherever_it_is_cited() -> None:
    findings = diagnose(slow_back().observed()).renamed(lambda id_: f"e{id_}")

    known = {one.id for one in findings.evidence}
    assert all(id_.startswith("ea") for id_ in known)
    assert _cited(findings) <= known


def _cited(findings: Findings) -> set[str]:
    by_claims = {id_ for claim in findings.claims for id_ in claim.evidence}
    return by_claims | {id_ for suspect in findings.suspects for id_ in suspect.evidence}


def test_the_diagnosis_without_a_model_is_complete() -> None:
    diagnosis = diagnose(slow_back().observed()).diagnosis("the provider is down")

    assert (diagnosis.analysed_by, diagnosis.component, diagnosis.degraded_because) == (
        "analysis",
        "back",
        "the provider is down",
    )
    assert diagnosis.summary.startswith("back is the most probable cause since 11:57:00 UTC.")
    assert diagnosis.next_check


def test_cost_grows_no_worse_than_linearly_in_series() -> None:
    """Counted in table cells, not in seconds: each series is one row, whatever the number of the others."""
    from agent.analysis.ranking import weigh

    seen = slow_back().observed()
    many = [
        Series("cpu_usage_cores", {"service": f"s{i}"}, seen.readings[0].series.times, seen.readings[0].series.values)
        for i in range(300)
    ]

    weighed = weigh(dataclasses.replace(seen, readings=(*seen.readings, *readings(many))))

    assert weighed.table.values.shape == (len(seen.readings) + 300, len(seen.readings[0].series.times))
    assert weighed.dossiers[0].component == "back"


def test_what_fails_for_one_of_its_callers_alone_speaks_against_that_caller() -> None:
    shop = Shop(lifts={("error_ratio", name): 0.2 for name in ("front", "middle", "back")})
    seen = shop.observed(shop.alert("HighErrorRatio"))
    known = shop.topology()
    graph = Topology(known.nodes, known.edges | {("side", "back"), ("front", "back")})
    times = seen.readings[0].series.times
    asked = [
        Series(metric, {"service": caller, "target": "back"}, times, values)
        for caller in ("front", "middle", "side")
        for metric, values in (
            ("call_error_ratio", np.where((times >= shop.began.timestamp()) & (caller == "middle"), 0.3, 0.0)),
            ("calls_per_second", np.full(len(times), 40.0)),
        )
    ]

    findings = diagnose(dataclasses.replace(seen, readings=(*seen.readings, *readings(asked)), topology=graph))

    assert findings.suspects[0].component == "middle"


def test_load_that_harms_nobody_is_healthy() -> None:
    shop = Shop(lifts={("cpu_usage_cores", "back"): 3.0})

    findings = diagnose(shop.observed(shop.alert("HighCpu", service="back")))

    assert (findings.verdict, findings.component) == (Verdict.HEALTHY, "")


def test_load_that_people_wait_for_has_a_cause() -> None:
    findings = diagnose(slow_back().observed(slow_back().alert("HighCpu", service="back")))

    assert (findings.verdict, findings.component) == (Verdict.CAUSE, "back")


def test_nobody_who_looks_at_data_is_surer_than_the_cap() -> None:
    assert diagnose(slow_back().observed()).confidence <= SUREST


def test_without_a_graph_whoever_covers_the_symptom_is_blamed_before_whoever_shows_it() -> None:
    shop = Shop(lifts={("request_latency_seconds", name): 0.3 for name in ("front", "middle", "back")})

    found = diagnose(dataclasses.replace(shop.observed(), topology=None))

    assert [one.component for one in found.suspects[:3]] == ["back", "middle", "front"]


def test_without_a_graph_what_nobody_covers_is_the_component_itself() -> None:
    lifts = {("request_latency_seconds", "front"): 0.3, ("request_latency_seconds", "side"): 0.01}
    shop = Shop(lifts=lifts)

    found = diagnose(dataclasses.replace(shop.observed(), topology=None))

    assert (found.verdict, found.component) == (Verdict.CAUSE, "front")


def test_a_component_that_has_worse_minutes_at_other_times_explains_nothing() -> None:
    shop = Shop(lifts={("request_latency_seconds", name): 0.3 for name in ("front", "side")})
    seen, restless = shop.observed(), shop.observed()
    for reading in restless.readings:
        if reading.series.selector == 'request_latency_seconds{service="side"}':
            reading.series.values[5:100:12] += 3.0

    shares = [weigh(one).flows[0].share["side"] for one in (seen, restless)]

    assert shares == [pytest.approx(0.4, abs=0.05), 0.0]


def test_what_the_alert_speaks_of_is_not_called_healthy_when_it_was_not_measured_since() -> None:
    shop, told = Shop(), alert("HighLatency", NOW - timedelta(minutes=3), service="front")

    def until_before(one: Series) -> Series:
        known = one.times < (NOW - timedelta(minutes=10)).timestamp()
        return dataclasses.replace(one, times=one.times[known], values=one.values[known])

    ended = [until_before(one) if one.labels["service"] == "front" else one for one in shop.series()]
    found = [dataclasses.replace(shop.observed(told), readings=readings(all_)) for all_ in (shop.series(), ended)]

    assert [diagnose(one).verdict for one in found] == [Verdict.HEALTHY, Verdict.INCONCLUSIVE]
