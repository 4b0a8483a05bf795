from datetime import timedelta

import pytest

from agent.correlate.labels import group_of
from agent.correlate.placement import Opens
from agent.domain.alert import Severity
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.rules import Correlation
from tests.unit.agent.correlate.desk import Desk, alert, at


def test_first_alert_opens_an_incident() -> None:
    placement = Desk().take(7, alert(severity=Severity.CRITICAL))

    assert placement.effect == Opens(
        Incident(
            id="in0001",
            status=IncidentStatus.OPEN,
            severity=Severity.CRITICAL,
            title="HighErrorRate on cart",
            service="cart",
            labels={"alertname": "HighErrorRate", "service": "cart", "env": "prod", "cluster": "one"},
            group_key='{"cluster":"one","env":"prod","service":"cart"}',
            opened_at=at(7),
            updated_at=at(7),
        )
    )
    assert placement.placed.reason == "No open incident shares cluster=one, env=prod, service=cart within 10 min."
    assert (placement.placed.fate, placement.placed.incident) == ("incident", "in0001")


def test_alerts_that_share_labels_join_and_the_incident_follows_them() -> None:
    desk = Desk()
    desk.take(0, alert("Latency", severity=Severity.MEDIUM))
    placement = desk.take(30, alert("Errors", severity=Severity.CRITICAL, labels={"route": "/x"}))
    desk.take(60, alert("Errors", severity=Severity.LOW, labels={"route": "/y"}))

    assert placement.placed.reason == (
        "It shares cluster=one, env=prod, service=cart with incident in0001, heard of 30 s before."
    )
    found = desk.incident("in0001")
    assert (found.title, found.severity, found.labels, found.updated_at) == (
        "Errors on cart (3 alerts)",
        Severity.CRITICAL,
        {"service": "cart", "env": "prod", "cluster": "one"},
        at(60),
    )


def test_the_window_slides_with_every_message_about_the_incident() -> None:
    desk = Desk()
    desk.take(0, alert("A"))
    desk.take(599, alert("A"))

    assert desk.told(1_190, alert("B")) == ("incident", "in0001", "Joins")
    assert desk.told(1_190 + 601, alert("C")) == ("incident", "in0002", "Opens")


@pytest.mark.parametrize(
    "labels", [{"env": "dev"}, {"cluster": "two"}, {"service": "shop"}, {"env": ""}, {"service": "", "app": "shop"}]
)
def test_other_labels_make_another_incident(labels: dict[str, str]) -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(1, alert("Other", labels=labels)) == ("incident", "in0002", "Opens")


def test_service_may_be_named_by_another_label() -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(1, alert("Other", labels={"service": "", "app": "cart"})) == ("incident", "in0001", "Joins")


def test_alerts_that_name_no_service_are_grouped_by_their_name() -> None:
    bare = {"service": "", "env": "", "cluster": ""}
    desk = Desk()
    desk.take(0, alert("Watchdog", labels=bare))

    assert group_of(alert("Watchdog", labels=bare), Correlation()) == {"alertname": "Watchdog"}
    assert desk.told(1, alert("Other", labels=bare)) == ("incident", "in0002", "Opens")
    assert desk.told(2, alert("Other", labels={**bare, "n": "2"})) == ("incident", "in0002", "Joins")


def test_neighbours_in_the_topology_join_and_the_edge_is_named() -> None:
    desk = Desk(edges=[("checkout", "payments"), ("payments", "bank")])
    desk.take(0, alert("Down", "payments"))

    assert desk.reason(40, alert("Errors", "checkout")) == (
        "checkout calls payments, where incident in0001 was heard of 40 s before."
    )
    assert desk.told(41, alert("Slow", "bank")) == ("incident", "in0001", "Joins")
    assert desk.told(42, alert("Slow", "cart")) == ("incident", "in0002", "Opens")
    assert desk.incident("in0001").title == "Down on payments (3 alerts)"


@pytest.mark.parametrize(("second", "labels"), [(601, {}), (40, {"env": "dev"})])
def test_neighbours_join_only_within_the_window_and_the_same_surroundings(
    second: float, labels: dict[str, str]
) -> None:
    desk = Desk(edges=[("checkout", "payments")])
    desk.take(0, alert("Down", "payments"))

    assert desk.told(second, alert("Errors", "checkout", labels=labels)) == ("incident", "in0002", "Opens")


def test_neighbour_of_a_resolved_incident_is_another_incident() -> None:
    desk = Desk(edges=[("checkout", "payments")])
    desk.take(0, alert("Down", "payments"))
    desk.take(10, alert("Down", "payments", ended=9))

    assert desk.told(20, alert("Errors", "checkout")) == ("incident", "in0002", "Opens")


@pytest.mark.parametrize(
    ("rule", "effects"),
    [
        ("all", ["Nothing", "Nothing", "Resolves"]),
        ("first", ["Resolves", "Nothing", "Nothing"]),
        ("last", ["Nothing", "Resolves", "Nothing"]),
    ],
)
def test_incident_is_resolved_by_the_first_the_last_or_all(rule: str, effects: list[str]) -> None:
    desk = Desk(Correlation.model_validate({"resolve": rule}))
    for second, name in enumerate("ABC"):
        desk.take(second, alert(name))

    assert [desk.told(60, alert(name, ended=59))[2] for name in "ACB"] == effects
    assert desk.incident("in0001").status == IncidentStatus.RESOLVED
    assert desk.incident("in0001").resolved_at == at(60)


def test_reasons_of_an_end() -> None:
    desk = Desk()
    for second, name in enumerate("ABC"):
        desk.take(second, alert(name))

    assert [desk.reason(60, alert(name, ended=59)) for name in "ABC"] == [
        "It is over; 2 of incident in0001 still fire.",
        "It is over; 1 of incident in0001 still fires.",
        "It resolves incident in0001: its last alert is over.",
    ]


def test_resolved_incident_that_fires_again_soon_is_its_next_episode() -> None:
    desk = Desk()
    desk.take(0, alert("A", severity=Severity.CRITICAL))
    desk.take(60, alert("A", ended=59))
    placement = desk.take(240, alert("B", began=240, severity=Severity.LOW))

    assert placement.placed.reason == "It fires 3 min after incident in0001 was resolved: episode 2."
    found = desk.incident("in0001")
    assert (found.status, found.episode, found.resolved_at) == (IncidentStatus.OPEN, 2, None)
    assert (found.title, found.severity) == ("B on cart", Severity.LOW)


def test_new_episode_counts_its_own_alerts() -> None:
    desk = Desk()
    for second, name in enumerate("ABC"):
        desk.take(second, alert(name, severity=Severity.CRITICAL))
    for name in "ABC":
        desk.take(60, alert(name, ended=59))
    desk.take(100, alert("D", began=100, severity=Severity.LOW))
    desk.take(101, alert("E", began=101, severity=Severity.LOW))

    assert (desk.incident("in0001").title, desk.incident("in0001").severity) == ("D on cart (2 alerts)", Severity.LOW)


def test_later_it_is_a_new_incident_that_names_the_old_one() -> None:
    desk = Desk()
    desk.take(0, alert())
    desk.take(60, alert(ended=59))
    placement = desk.take(60 + 1_801, alert(began=1_861))

    assert placement.placed.reason == (
        "No open incident shares cluster=one, env=prod, service=cart within 10 min."
        " It follows incident in0001, which is over."
    )
    assert desk.incident("in0002").previous == "in0001"


def test_closed_incident_stays_closed() -> None:
    desk = Desk()
    desk.take(0, alert())
    desk.take(60, alert(ended=59))
    desk.standing.put(desk.incident("in0001").model_copy(update={"status": IncidentStatus.CLOSED, "closed_at": at(70)}))

    assert desk.told(80, alert(began=80)) == ("incident", "in0002", "Opens")
    assert desk.incident("in0002").previous == "in0001"
    assert desk.incident("in0001").status == IncidentStatus.CLOSED


def test_incident_closed_by_a_person_while_it_fires_takes_resends_but_nothing_new() -> None:
    desk = Desk()
    desk.take(0, alert())
    desk.standing.put(desk.incident("in0001").model_copy(update={"status": IncidentStatus.CLOSED, "closed_at": at(70)}))

    assert desk.told(80, alert()) == ("duplicate", "in0001", "Nothing")
    assert desk.told(81, alert("New")) == ("incident", "in0002", "Opens")
    assert desk.told(90, alert(ended=89)) == ("incident", "in0001", "Nothing")
    assert desk.incident("in0001").status == IncidentStatus.CLOSED


def test_alert_that_returns_to_an_open_incident_joins_it_however_old() -> None:
    desk = Desk()
    desk.take(0, alert("A"))
    desk.take(1, alert("B"))
    desk.take(2, alert("A", ended=2))

    assert desk.reason(5_000, alert("A", began=5_000)) == "It fires again in incident in0001, which is still open."


def test_incident_whose_end_was_missed_does_not_swallow_what_comes_later() -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(601, alert(began=601)) == ("incident", "in0002", "Opens")
    assert desk.told(660, alert(began=601, ended=659)) == ("incident", "in0002", "Resolves")
    assert desk.incident("in0001").status == IncidentStatus.OPEN


def test_flapping_is_counted_and_not_investigated_anew() -> None:
    desk = Desk(Correlation(flap_limit=3))
    told = []
    for second in range(0, 500, 100):
        told.append(desk.told(second, alert(began=second)))
        desk.take(second + 50, alert(began=second, ended=second + 50))

    assert told == [
        ("incident", "in0001", "Opens"),
        ("incident", "in0001", "Reopens 2"),
        ("incident", "in0001", "Reopens 3"),
        ("incident", "in0001", "Reopens 3 not anew"),
        ("incident", "in0001", "Reopens 3 not anew"),
    ]
    assert desk.reason(500, alert(began=500)) == (
        "It fires 50 s after incident in0001 was resolved: no new episode."
        " It flaps: at least 5 occurrences within 10 min; counted, not investigated anew."
    )
    assert desk.incident("in0001").status == IncidentStatus.OPEN
    desk.take(550, alert(began=500, ended=550))
    assert desk.told(1_200, alert(began=1_200)) == ("incident", "in0001", "Reopens 4")


def test_what_the_sender_left_out_is_said() -> None:
    desk = Desk()

    assert desk.reason(0, alert(left_out=5)).endswith(" The sender left 5 more of its group out.")


def test_windows_are_configured() -> None:
    desk = Desk(Correlation(group_by=("team",), window=timedelta(seconds=5), reopen=timedelta(seconds=10)))
    desk.take(0, alert("A", labels={"team": "x"}))

    assert desk.told(5, alert("B", "shop", labels={"team": "x"})) == ("incident", "in0001", "Joins")
    assert desk.told(11, alert("C", "shop", labels={"team": "x"})) == ("incident", "in0002", "Opens")
