"""What holds for every stream: one fate each, one incident an episode, and the same after a restart."""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.correlate.correlator import Correlator
from agent.correlate.placement import Joins, Nothing, Opens, Placement, Reopens, Resolves
from agent.correlate.standing import Standing
from agent.domain.alert import Alert, Fate, Placed, Severity
from agent.domain.incident import IncidentStatus
from agent.domain.rules import Correlation, InhibitRule
from agent.domain.silence import Matcher, Silence
from tests.unit.agent.correlate.desk import Desk, alert, at, resolutions, runs

Message = tuple[float, Alert]


def episode(chance: random.Random, service: str, began: float) -> tuple[list[Message], bool]:
    """One episode as two peers tell it: re-sent, late, reordered; and whether it is heard before its end."""
    ended = began + chance.uniform(5, 60)
    resends = chance.randrange(1, 6)
    fired = [(chance.uniform(began, ended), alert("A", service, began=began)) for _ in range(resends)]
    late = [(ended + chance.uniform(0, 120), alert("A", service, began=began)) for _ in range(chance.randrange(3))]
    over = [
        (ended + chance.uniform(0, 120), alert("A", service, began=began, ended=ended))
        for _ in range(chance.randrange(1, 4))
    ]
    if chance.random() < 0.2:  # Its end overtakes everything.
        fired, late = [], [(ended + 121, one) for _, one in fired]
        over = [(ended, one) for _, one in over]
    return fired + late + over, bool(fired)


@pytest.mark.parametrize("seed", range(40))
def test_one_investigation_an_episode_whatever_the_order(seed: int) -> None:
    """Re-sends, two peers, reordering, ends before starts: 25 services, 4 episodes each, over an hour."""
    chance = random.Random(seed)
    desk = Desk(Correlation(flap_limit=100))
    messages: list[Message] = []
    heard: Counter[str] = Counter()
    for number, turn in itertools.product(range(25), range(4)):
        told, matters = episode(chance, f"s{number}", began=turn * 600 + chance.uniform(0, 60))
        messages += told
        heard[f"s{number}"] += matters
    for second, one in sorted(messages, key=lambda message: message[0]):
        desk.take(second, one)

    services = {placement.placed.incident: placement.placed.alert.service for placement in desk.placements}
    assert Counter(services[incident] for incident, _ in runs(desk.placements)) == Counter(
        {service: count for service, count in heard.items() if count}
    )
    assert len(set(runs(desk.placements))) == len(runs(desk.placements))
    assert all(case.incident.status is IncidentStatus.RESOLVED for case in desk.standing._cases.values())
    assert Counter(resolutions(desk.placements)) == Counter(incident for incident, _ in runs(desk.placements))


# A small world in which everything can happen to everything.
SERVICES = ["cart", "shop", "bank"]
RULES = Correlation(
    window=timedelta(seconds=60), reopen=timedelta(seconds=120), flap_limit=3, split=2, group_by=("cluster", "service")
)
INHIBIT = [InhibitRule(source={"alertname": "A"}, target={"alertname": "B"}, equal=("service",))]
SILENCED = Silence(
    id="si1", matchers=(Matcher(label="service", value="bank"),), starts_at=at(50), ends_at=at(150), created_by="x"
)
starts = st.integers(0, 8).map(lambda number: number * 40.0)
messages = st.builds(
    lambda name, service, began, lasts, sender, severity: alert(
        name,
        service,
        began=began,
        ended=None if lasts is None else began + lasts,
        severity=severity,
        integration=sender,
        sender_key=f"{name}{service}" if sender == "pagerduty" else "",
        starts_at_known=sender != "pagerduty",
    ),
    st.sampled_from("AB"),
    st.sampled_from(SERVICES),
    starts,
    st.none() | st.sampled_from([10.0, 30.0, 90.0]),
    st.sampled_from(["alertmanager", "pagerduty"]),
    st.sampled_from([Severity.CRITICAL, Severity.LOW]),
)
streams = st.lists(st.tuples(st.sampled_from([0.0, 1.0, 7.0, 31.0, 61.0, 125.0]), messages), max_size=40)
resolve_rules = st.sampled_from(["first", "last", "all"])


def desk_after(stream: Sequence[tuple[float, Alert]], resolve: str) -> Desk:
    rules = RULES.model_copy(update={"resolve": resolve})
    desk = Desk(rules, inhibit=INHIBIT, silences=[SILENCED], edges=[("shop", "bank")])
    now = 0.0
    for gap, one in stream:
        now += gap
        desk.take(now, one)
    return desk


@settings(max_examples=200, deadline=None)
@given(streams, resolve_rules)
def test_every_alert_has_one_fate_and_every_effect_its_alert(stream: list[tuple[float, Alert]], resolve: str) -> None:
    desk = desk_after(stream, resolve)
    unresolved: set[str] = set()
    for placement in desk.placements:
        placed, effect = placement.placed, placement.effect
        assert placed.fate in {Fate.INCIDENT, Fate.DUPLICATE, Fate.SILENCED, Fate.INHIBITED}
        assert placed.reason.endswith(".")
        assert (placed.incident is not None) or placed.fate is not Fate.INCIDENT
        if not isinstance(effect, Nothing):
            assert placed.fate is Fate.INCIDENT
        match effect:
            case Opens(incident=incident):
                assert incident.id not in unresolved
                unresolved.add(incident.id)
            case Joins(incident=id_):
                assert id_ in unresolved
            case Reopens(incident=id_):
                assert id_ not in unresolved
                unresolved.add(id_)
            case Resolves(incident=id_):
                unresolved.remove(id_)


def numbered_correlator() -> Correlator:
    numbers = itertools.count(9_000)
    return Correlator(lambda: f"in{next(numbers)}")


def comparable(placement: Placement) -> Any:
    return placement.placed, placement.effect


@settings(max_examples=200, deadline=None)
@given(
    streams, resolve_rules, st.lists(st.tuples(st.sampled_from([0.0, 31.0, 125.0]), messages), min_size=1, max_size=8)
)
def test_after_a_restart_it_decides_as_before(
    stream: list[tuple[float, Alert]], resolve: str, probes: list[tuple[float, Alert]]
) -> None:
    desk = desk_after(stream, resolve)
    rebuilt = desk.rebuilt()
    live, restarted = numbered_correlator(), numbered_correlator()
    now = sum(gap for gap, _ in stream)
    for number, (gap, one) in enumerate(probes):
        now += gap
        placed = Placed(id=f"pr{number}", alert=one, receipt="rc", received_at=at(now))
        before, after = live.place(placed, desk.standing), restarted.place(placed, rebuilt)
        assert comparable(before) == comparable(after)
        desk.standing.apply(before)
        rebuilt.apply(after)


def test_deciding_changes_nothing() -> None:
    desk = Desk()
    desk.take(0, alert())
    placed = Placed(id="x", alert=alert("B"), receipt="rc", received_at=at(1))

    assert comparable(desk.correlator.place(placed, desk.standing)) == comparable(
        desk.correlator.place(placed, desk.standing)
    )


def test_what_was_not_applied_is_decided_again_after_a_rebuild() -> None:
    desk = Desk()
    desk.take(0, alert())
    kept, record = list(desk.placements), dict(desk.record)
    desk.take(1, alert("B"))
    desk.placements, desk.record = kept, record
    desk.standing = desk.rebuilt()

    assert desk.told(2, alert("B")) == ("incident", "in0001", "Joins")
    assert desk.incident("in0001").title == "HighErrorRate on cart (2 alerts)"


def test_storm_of_many_services_opens_one_incident_each() -> None:
    """8,000 alerts in a minute from 200 causes: 8 alert names on each service, each sent 5 times."""
    desk = Desk()
    chance = random.Random(46)
    stream = [alert(f"A{name}", f"s{service}", began=0) for service in range(200) for name in range(8)] * 5
    chance.shuffle(stream)
    for number, one in enumerate(stream):
        desk.take(number * 60 / len(stream), one)

    fates = Counter(placement.placed.fate for placement in desk.placements)
    assert fates == {Fate.INCIDENT: 1_600, Fate.DUPLICATE: 6_400}
    assert len(runs(desk.placements)) == 200


def test_what_is_remembered_is_bounded() -> None:
    standing = Standing(Correlation(), most_series=1_000)
    correlator = Correlator(lambda: f"in{standing.size['incidents']:06}")
    for number in range(3_000):
        one = alert("A", f"s{number % 50}", labels={"n": str(number)})
        placed = Placed(id=str(number), alert=one, receipt="rc", received_at=at(number / 1_000))
        standing.apply(correlator.place(placed, standing))

    assert standing.size == {"series": 1_000, "incidents": 50, "groups": 50}


def test_what_is_over_is_forgotten() -> None:
    desk = Desk()
    for number in range(100):
        desk.take(number, alert("A", f"s{number}"))
        desk.take(number, alert("A", f"s{number}", ended=number))
    desk.take(100_000, alert("B", "other"))

    assert desk.standing.size == {"series": 1, "incidents": 1, "groups": 101}
    assert desk.told(100_001, alert("A", "s5", began=100_001)) == ("incident", "in0102", "Opens")
    assert desk.incident("in0102").previous == "in0006"


def test_an_alert_that_nobody_repeated_for_a_week_holds_no_incident_open() -> None:
    desk, week = Desk(), 7 * 86_400
    desk.take(0, alert("A"))
    desk.take(1, alert("B", began=1))
    assert desk.told(2, alert("B", began=1, ended=2)) == ("incident", "in0001", "Nothing")
    desk.take(3, alert("B", began=3))
    desk.take(week + 60, alert("B", began=3))
    assert desk.told(week + 120, alert("B", began=3, ended=week + 110)) == ("incident", "in0001", "Resolves")


def test_alert_that_flaps_for_ever_takes_no_more_memory() -> None:
    desk = Desk()
    for number in range(500):
        desk.take(number * 20, alert(began=number * 20))
        desk.take(number * 20 + 10, alert(began=number * 20, ended=number * 20 + 9))
    (series,) = desk.standing._series.values()

    assert max(len(series.known), len(series.ended), len(series.starts)) == 16
