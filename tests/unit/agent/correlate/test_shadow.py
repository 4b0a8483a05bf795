"""Other rules on the same alerts: what would be merged away, what torn, and nothing changed."""

from datetime import timedelta

from agent.correlate.shadow import MergedAway, Side, Torn, compare, replay
from agent.correlate.standing import Standing
from agent.domain.alert import Placed
from agent.domain.rules import Correlation
from tests.unit.agent.correlate.desk import START, Desk, alert


def recorded(desk: Desk) -> list[Placed]:
    return [placement.placed for placement in desk.placements]


def desk_of_two() -> Desk:
    desk = Desk()
    for number, (name, service) in enumerate([("A", "cart"), ("B", "cart"), ("A", "shop")]):
        desk.take(number, alert(name, service, labels={"team": "x"}))
    return desk


def test_same_rules_give_the_same_incidents() -> None:
    told = recorded(desk_of_two())

    found = compare(told, replay(told, Standing(Correlation())), {}, START)

    assert (found.agreement, found.now, found.merged_away, found.split) == (1.0, found.then, (), ())
    assert found.now == Side(incidents=2, reduction=1 - 2 / 3, fates={"incident": 3})


def test_wider_rules_merge_an_incident_away_and_its_confirmed_cause_is_named() -> None:
    told = recorded(desk_of_two())

    shadow = replay(told, Standing(Correlation(group_by=("team",))))
    found = compare(told, shadow, {"in0002": "shop: a bad deploy"}, START)

    assert found.merged_away == (MergedAway(incident="in0002", into="in0001", cause="shop: a bad deploy"),)
    assert (found.then.incidents, found.split) == (1, ())


def test_narrower_rules_tear_an_incident() -> None:
    told = recorded(desk_of_two())

    found = compare(told, replay(told, Standing(Correlation(group_by=("alertname", "service")))), {}, START)

    assert found.split == (Torn(incident="in0001", parts=2, cause=""),)
    assert found.merged_away == ()


def test_alerts_before_the_time_asked_for_only_warm_it_up() -> None:
    told = recorded(desk_of_two())

    found = compare(told, replay(told, Standing(Correlation())), {}, START + timedelta(seconds=1))

    assert (found.alerts, found.now.incidents, found.then.incidents) == (2, 2, 2)


def test_what_is_split_off_later_counts_where_it_ended() -> None:
    desk = Desk(Correlation(split=0))
    for began in (0, 300):
        for number, name in enumerate("ABCDE"):
            desk.take(began + number, alert(name, began=began + number))

    shadow = replay(recorded(desk), Standing(Correlation()))

    incidents = [one.incident for one in shadow.values()]
    assert (incidents[:5], incidents[5:]) == (["shadow-000001"] * 5, ["shadow-000002"] * 5)
