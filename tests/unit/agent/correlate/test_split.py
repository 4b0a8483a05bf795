"""Two incidents in one place: what starts anew in a burst is split off, and the alerts that follow find their own."""

from dataclasses import replace

import pytest

from agent.correlate.placement import Splits
from agent.domain.alert import Placed, Severity
from agent.domain.rules import Correlation
from tests.unit.agent.correlate.desk import Desk, alert, at

CALLS = [("shop", "cart"), ("cart", "bank")]


def storm(desk: Desk, began: float, names: str, service: str = "cart") -> list[tuple[str, str | None, str]]:
    """One alert a second."""
    return [desk.told(began + number, alert(name, service, began=began + number)) for number, name in enumerate(names)]


def test_burst_that_starts_anew_is_another_incident_and_takes_its_alerts_along() -> None:
    desk = Desk()
    storm(desk, 0, "ABCDE")

    assert storm(desk, 300, "AXBC") == [
        ("incident", "in0001", "Joins"),
        ("incident", "in0001", "Joins"),
        ("incident", "in0001", "Joins"),
        ("incident", "in0002", "Splits"),
    ]
    effect = desk.placements[-1].effect
    assert isinstance(effect, Splits)
    assert (effect.parent, effect.alerts) == ("in0001", ("al6", "al7", "al8"))
    assert desk.placements[-1].placed.reason == (
        "3 alerts of incident in0001 started anew within 1 min while they fired: that is another incident, in0002,"
        " which takes 3 alerts with it."
    )
    old, new = desk.incident("in0001"), desk.incident("in0002")
    assert (old.title, new.title) == ("A on cart (5 alerts)", "A on cart (4 alerts)")
    assert (new.split_from, new.opened_at, new.labels) == ("in0001", at(300), old.labels)


def test_alerts_after_a_split_go_to_the_busier_unless_it_has_them() -> None:
    desk = Desk()
    storm(desk, 0, "ABCDE")
    storm(desk, 300, "ABC")

    assert desk.told(303, alert("New", began=303)) == ("incident", "in0002", "Joins")
    assert desk.told(304, alert("D", began=304)) == ("incident", "in0002", "Joins")
    assert desk.told(305, alert("New", began=305)) == ("incident", "in0001", "Joins")
    assert "Likelier (" in desk.reason(306, alert("Newer", began=306))


def test_third_incident_is_split_from_the_latest() -> None:
    desk = Desk()
    for began in (0, 200, 400):
        storm(desk, began, "ABCDE")

    splits = [one.effect for one in desk.placements if isinstance(one.effect, Splits)]
    assert [(one.parent, one.incident.id) for one in splits] == [("in0001", "in0002"), ("in0002", "in0003")]
    assert [desk.incident(f"in000{n}").title for n in (1, 2, 3)] == ["A on cart (5 alerts)"] * 3


@pytest.mark.parametrize(
    ("rules", "names"), [(Correlation(split=0), "ABCDE"), (Correlation(), "AB"), (Correlation(split=6), "ABCDE")]
)
def test_fewer_than_a_burst_are_a_message_lost(rules: Correlation, names: str) -> None:
    desk = Desk(rules)
    storm(desk, 0, "ABCDE")

    assert {incident for _, incident, _ in storm(desk, 300, names)} == {"in0001"}


def test_alerts_that_start_anew_one_by_one_are_no_burst() -> None:
    desk = Desk()
    storm(desk, 0, "ABCDE")

    told = [desk.told(100 + 61 * number, alert(name, began=100 + 61 * number)) for number, name in enumerate("ABCD")]

    assert {incident for _, incident, _ in told} == {"in0001"}


def test_alerts_whose_end_was_told_fire_again_in_the_incident_that_is_open() -> None:
    desk = Desk()
    storm(desk, 0, "ABCDE")
    for number, name in enumerate("ABCD"):
        desk.take(100, alert(name, began=number, ended=100))

    assert {incident for _, incident, _ in storm(desk, 120, "ABCD")} == {"in0001"}


def test_alerts_that_flap_with_no_end_told_are_not_split_off_for_ever() -> None:
    desk = Desk(Correlation(flap_limit=3))
    for turn in range(8):
        storm(desk, turn * 70, "ABC")

    splits = [one for one in desk.placements if isinstance(one.effect, Splits)]
    assert len(splits) == 2


def test_severity_of_what_is_split_off_is_its_own() -> None:
    desk = Desk()
    desk.take(0, alert("Worst", severity=Severity.CRITICAL))
    storm(desk, 1, "ABC")
    storm(desk, 300, "ABC")

    assert (desk.incident("in0001").severity, desk.incident("in0002").severity) == (Severity.CRITICAL, Severity.HIGH)
    assert desk.incident("in0001").title == "Worst on cart (4 alerts)"


def test_parent_and_part_resolve_each_by_its_own_alerts() -> None:
    desk = Desk()
    storm(desk, 0, "ABCDE")
    storm(desk, 300, "ABC")

    told = [desk.told(400, alert(name, began=300 + number, ended=400)) for number, name in enumerate("ABC")]

    assert told[-1] == ("incident", "in0002", "Resolves")
    assert [desk.told(401, alert(name, began=3 + n, ended=401)) for n, name in enumerate("DE")][-1] == (
        "incident",
        "in0001",
        "Resolves",
    )


def test_component_the_topology_does_not_place_joins_a_storm_of_its_alerts_name() -> None:
    desk = Desk(edges=CALLS)
    storm(desk, 0, "ABCDEF")

    assert desk.told(7, alert("A", "node-7", began=7)) == ("incident", "in0001", "Joins")
    assert desk.placements[-1].placed.reason == (
        "The topology does not say where node-7 is, and more A belong to incident in0001, heard of 2 s before."
    )
    assert desk.told(8, alert("Other", "node-8", began=8)) == ("incident", "in0002", "Opens")
    assert desk.told(500, alert("A", "node-9", began=500)) == ("incident", "in0003", "Opens")


def test_without_a_topology_a_storm_takes_in_nothing() -> None:
    desk = Desk()
    storm(desk, 0, "ABCDEF")

    assert desk.told(7, alert("A", "node-7", began=7)) == ("incident", "in0002", "Opens")


def test_after_a_restart_a_split_stands_and_decides_as_before() -> None:
    desk = Desk(edges=CALLS)
    storm(desk, 0, "ABCDE")
    storm(desk, 300, "AXBCY")
    rebuilt = desk.rebuilt()

    for number, (name, service) in enumerate([("Z", "shop"), ("D", "cart"), ("A", "cart"), ("Y", "cart")]):
        one = Placed(id=f"p{number}", alert=alert(name, service, began=310), receipt="rc", received_at=at(310 + number))
        live, restarted = desk.correlator.place(one, desk.standing), desk.correlator.place(one, rebuilt)
        assert replace(live) == replace(restarted)
        desk.standing.apply(live)
        rebuilt.apply(restarted)
