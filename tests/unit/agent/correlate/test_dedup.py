from typing import Any

import pytest

from agent.domain.alert import Severity
from tests.unit.agent.correlate.desk import Desk, alert


def test_resend_and_the_copy_of_a_second_peer_are_duplicates_of_the_first() -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(10, alert(fingerprint="other", annotations={"value": "7"})) == ("duplicate", "in0001", "Nothing")
    assert desk.reason(20_000, alert()) == "The same message came before as alert al1."


@pytest.mark.attack("S41", "S42")
def test_same_labels_from_another_sender_are_another_alert() -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(1, alert(integration="grafana")) == ("incident", "in0001", "Joins")


def test_resolution_that_comes_first_is_remembered() -> None:
    desk = Desk()

    assert desk.take(0, alert(ended=5)).placed.reason == (
        "It ends nothing that is known to fire; should the firing message come late, it opens nothing."
    )
    assert desk.told(1, alert()) == ("duplicate", None, "Nothing")
    assert desk.reason(2, alert()) == "Alert al1 told already that it is over."
    assert desk.told(3, alert(began=60)) == ("incident", "in0001", "Opens")


def test_firing_message_that_comes_after_the_end_opens_nothing() -> None:
    desk = Desk()
    desk.take(0, alert())
    desk.take(60, alert(ended=59))

    assert desk.told(61, alert()) == ("duplicate", "in0001", "Nothing")
    assert desk.told(62, alert(ended=59)) == ("duplicate", "in0001", "Nothing")


def test_after_five_minutes_it_is_not_late_but_fires_again() -> None:
    desk = Desk()
    desk.take(0, alert())
    desk.take(60, alert(ended=59))

    assert desk.told(60 + 301, alert()) == ("incident", "in0001", "Reopens 2")


def test_older_occurrence_that_comes_late_opens_nothing() -> None:
    desk = Desk()
    desk.take(100, alert(began=100))
    desk.take(200, alert(began=100, ended=199))

    assert desk.told(201, alert(began=0)) == ("duplicate", None, "Nothing")


def test_new_start_while_it_fires_is_part_of_the_incident() -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(30, alert(began=30)) == ("incident", "in0001", "Joins")
    assert desk.told(40, alert(ended=20)) == ("incident", "in0001", "Nothing")
    assert desk.told(50, alert(began=30, ended=45)) == ("incident", "in0001", "Resolves")


def test_start_that_a_sender_moved_back_is_the_same_alert() -> None:
    desk = Desk()
    desk.take(0, alert(began=5))

    assert desk.told(10, alert(began=2)) == ("duplicate", "in0001", "Nothing")
    assert desk.told(60, alert(began=2, ended=59)) == ("incident", "in0001", "Resolves")


def test_risen_severity_is_news() -> None:
    desk = Desk()
    desk.take(0, alert(sender_key="m1", sender_episode="c1", severity=Severity.MEDIUM, labels={"state": "warn"}))
    risen = alert(sender_key="m1", sender_episode="c1", severity=Severity.CRITICAL, began=9)

    assert desk.reason(10, risen) == "Its severity rose from medium to critical in incident in0001."
    assert desk.incident("in0001").severity == Severity.CRITICAL
    assert desk.told(20, risen) == ("duplicate", "in0001", "Nothing")
    fallen = risen.model_copy(update={"severity": Severity.LOW})
    assert desk.told(30, fallen) == ("duplicate", "in0001", "Nothing")


def test_sender_that_tells_no_start_repeats_itself_until_it_resolves() -> None:
    desk = Desk()
    undated: dict[str, Any] = {"sender_key": "disk", "starts_at_known": False}
    desk.take(0, alert(began=0, **undated))

    assert desk.told(60, alert(began=60, **undated)) == ("duplicate", "in0001", "Nothing")
    assert desk.reason(61, alert(began=61, **undated)) == "It has been firing since alert al1."
    assert desk.told(90.5, alert(began=90, ended=90, **undated)) == ("incident", "in0001", "Resolves")
    assert desk.told(91, alert(began=80, **undated)) == ("duplicate", None, "Nothing")
    assert desk.told(95, alert(began=95, **undated)) == ("incident", "in0001", "Reopens 2")


@pytest.mark.parametrize("told", [{"starts_at_known": False}, {}], ids=["moments", "starts"])
def test_what_fires_again_after_an_end_without_a_time_is_news_though_its_senders_clock_is_behind(
    told: dict[str, Any],
) -> None:
    desk = Desk()
    desk.take(90, alert(began=0, sender_key="disk", **told))
    assert desk.told(100, alert(began=100, ended=100, sender_key="disk", **told)) == ("incident", "in0001", "Resolves")

    assert desk.told(110, alert(began=20, sender_key="disk", **told)) == ("incident", "in0001", "Reopens 2")
    assert desk.told(111, alert(began=20, sender_key="disk", **told)) == ("duplicate", "in0001", "Nothing")


def test_late_copy_of_what_an_end_without_a_time_ended_opens_nothing() -> None:
    desk = Desk()
    undated: dict[str, Any] = {"sender_key": "disk", "starts_at_known": False}
    desk.take(90, alert(began=20, **undated))
    desk.take(100, alert(began=100, ended=100, **undated))

    assert desk.told(110, alert(began=20, **undated))[::2] == ("duplicate", "Nothing")


def test_risen_severity_of_a_sender_that_tells_no_start_is_news_of_the_same_incident() -> None:
    desk = Desk()
    undated: dict[str, Any] = {"sender_key": "disk", "starts_at_known": False}
    desk.take(0, alert(began=0, severity=Severity.LOW, **undated))

    assert desk.reason(5_000, alert(began=5_000, severity=Severity.CRITICAL, **undated)) == (
        "Its severity rose from low to critical in incident in0001."
    )


def test_datadogs_cycle_tells_episodes_apart() -> None:
    desk = Desk()
    cycle: dict[str, Any] = {"sender_key": "m1", "starts_at_known": False}
    desk.take(0, alert(began=0, sender_episode="c1", **cycle))

    assert desk.told(60, alert(began=60, sender_episode="c1", **cycle)) == ("duplicate", "in0001", "Nothing")
    assert desk.told(90, alert(began=90, ended=90, sender_episode="c1", **cycle)) == ("incident", "in0001", "Resolves")
    assert desk.told(91, alert(began=90.5, sender_episode="c2", **cycle)) == ("incident", "in0001", "Reopens 2")


@pytest.mark.parametrize("integration", ["grafana", "generic", "datadog"])
def test_only_the_same_sender_can_resolve(integration: str) -> None:
    desk = Desk()
    desk.take(0, alert())

    assert desk.told(1, alert(ended=1, integration=integration)) == ("duplicate", None, "Nothing")
    assert desk.incident("in0001").status == "open"
    assert desk.told(2, alert(ended=1)) == ("incident", "in0001", "Resolves")
