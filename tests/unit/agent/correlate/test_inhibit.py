from agent.domain.rules import InhibitRule
from tests.unit.agent.correlate.desk import Desk, alert

DOWN = InhibitRule(source={"alertname": "NodeDown"}, target={"severity": "warning"}, equal=("cluster",))


def test_lesser_alert_is_inhibited_while_the_greater_fires() -> None:
    desk = Desk(inhibit=[DOWN])
    desk.take(0, alert("NodeDown", "node-1"))

    assert desk.reason(1, alert("HighLatency", labels={"severity": "warning"})) == (
        "Inhibited by alert al1 (NodeDown), which fires with the same cluster=one."
    )
    assert desk.told(2, alert("HighLatency", labels={"severity": "warning"})) == ("inhibited", None, "Nothing")


def test_alert_of_another_cluster_or_another_severity_is_not() -> None:
    desk = Desk(inhibit=[DOWN])
    desk.take(0, alert("NodeDown", "node-1"))

    assert [
        desk.told(1, alert("A", "a", labels={"severity": "warning", "cluster": "two"})),
        desk.told(1, alert("B", "b", labels={"severity": "critical"})),
    ] == [("incident", "in0002", "Opens"), ("incident", "in0003", "Opens")]


def test_when_the_greater_ends_the_next_resend_of_the_lesser_opens_an_incident() -> None:
    desk = Desk(inhibit=[DOWN])
    desk.take(0, alert("NodeDown", "node-1"))
    desk.take(1, alert("HighLatency", labels={"severity": "warning"}))
    desk.take(60, alert("NodeDown", "node-1", ended=59))

    assert desk.told(61, alert("HighLatency", labels={"severity": "warning"})) == ("incident", "in0002", "Opens")


def test_end_of_an_inhibited_alert_is_inhibited_too() -> None:
    desk = Desk(inhibit=[DOWN])
    desk.take(0, alert("NodeDown", "node-1"))
    desk.take(1, alert("HighLatency", labels={"severity": "warning"}))

    assert desk.told(2, alert("HighLatency", labels={"severity": "warning"}, ended=2)) == ("inhibited", None, "Nothing")


def test_nothing_inhibits_itself() -> None:
    desk = Desk(inhibit=[InhibitRule(source={"team": "x"}, target={"team": "x"})])

    assert desk.told(0, alert("A", labels={"team": "x"})) == ("incident", "in0001", "Opens")
    assert desk.told(1, alert("B", labels={"team": "x"})) == ("incident", "in0001", "Joins")
