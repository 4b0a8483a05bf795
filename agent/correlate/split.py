"""Does an incident hold two?  What starts anew while it fires cannot be what fires already.

A sender that keeps an alert's start while it fires (Alertmanager merges overlapping copies and keeps the earliest
start) tells of a second start only when the first is over, so that an end was missed. One such alert is a message
lost; several within a burst are another incident in the same place.
"""

from collections.abc import Callable, Iterable

from agent.correlate.case import Case, Joined, leader, staying
from agent.correlate.labels import group_of, shared
from agent.correlate.placement import Answer, Arrival, Splits, Update
from agent.correlate.standing import Standing
from agent.correlate.wording import title_of
from agent.domain.alert import Alert, Fate
from agent.domain.base import canonical
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.wording import counted, lasting


def judge(arrival: Arrival, standing: Standing, case: Case, new_id: Callable[[], str]) -> Answer | None:
    """About an alert that started anew while it fired in the incident: the burst it ends, split off; None: no burst."""
    rules = standing.rules
    lately = [one for one in case.recent if arrival.now - one.placed.received_at <= rules.burst]
    anew = [one for one in lately if one.anew and standing.still_fires(one)]
    series = {one.identity.series for one in anew} | {arrival.identity.series}
    if not 0 < rules.split <= len(series) or not anew:
        return None
    first = min(one.placed.received_at for one in anew)
    moved = [one for one in lately if one.placed.received_at >= first and standing.still_fires(one)]
    within = f"within {lasting(rules.burst)} while they fired"
    why = f"{len(series)} alerts of incident {case.incident.id} started anew {within}"
    effect = _splits(arrival, standing, case, moved, new_id())
    where = f"{effect.incident.id}, which takes {counted(len(moved), 'alert')} with it"
    return Answer(Fate.INCIDENT, f"{why}: that is another incident, {where}.", effect.incident.id, effect)


def _splits(arrival: Arrival, standing: Standing, case: Case, moved: list[Joined], id_: str) -> Splits:
    alerts = [*(one.placed.alert for one in moved), arrival.alert]
    own = Incident(
        id=id_,
        status=IncidentStatus.OPEN,
        severity=min((alert.severity for alert in alerts), key=lambda severity: severity.rank),
        title=title_of(_lead(alerts), alerts[0].service, len({alert.series for alert in alerts})),
        service=alerts[0].service,
        labels=shared(alerts),
        group_key=canonical(group_of(alerts[0], standing.rules)),
        opened_at=moved[0].placed.received_at,
        updated_at=arrival.now,
        split_from=case.incident.id,
    )
    return Splits(own, case.incident.id, _rest(arrival, case, moved), tuple(one.placed.id for one in moved))


def _rest(arrival: Arrival, case: Case, moved: list[Joined]) -> Update:
    """The parent without them; its severity stays."""
    left = staying(case, moved)
    lead = leader(left.values())
    name = lead[1] if lead else case.incident.title
    return Update(
        severity=case.incident.severity,
        title=title_of(name, case.incident.service, len(left)),
        labels=case.incident.labels,
        updated_at=arrival.now,
    )


def _lead(alerts: Iterable[Alert]) -> str:
    return min(alerts, key=lambda alert: alert.severity.rank).name
