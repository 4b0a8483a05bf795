"""Which incident is this alert part of?  Labels first, then neighbours in the topology; otherwise a new one."""

from collections.abc import Callable
from datetime import timedelta

from agent.correlate.placement import Answer, Arrival, Joins, Opens, Reopens, Resolves, Update
from agent.correlate.standing import Case, Series, Standing, lead_of, resolves, tells_start
from agent.domain.alert import Alert, Fate, Severity
from agent.domain.base import canonical
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.rules import Correlation


def judge(arrival: Arrival, standing: Standing, new_id: Callable[[], str]) -> Answer:
    """About an alert that fires and is news."""
    group = group_of(arrival.alert, standing.rules)
    series = standing.series(arrival.identity)
    flaps = _flaps(series, arrival, standing.rules)
    return (
        _same_series(arrival, standing, series, flaps)
        or _same_labels(arrival, standing, group, flaps)
        or _neighbour(arrival, standing, group, flaps)
        or _opens(arrival, standing, group, new_id())
    )


def judge_end(arrival: Arrival, standing: Standing) -> Answer:
    """About a resolved alert that ends a part of an incident."""
    series = standing.series(arrival.identity)
    firing = series.firing if series else None
    id_ = firing.incident if firing else None
    case = standing.case(id_)
    if series is None or case is None or not case.unresolved:
        return Answer(Fate.INCIDENT, f"It is over, and so is incident {id_}.", id_)
    left = len([one for one in case.firing if one != series.id])
    if resolves(case, series.id, standing.rules):
        why = f"the {standing.rules.resolve} of its alerts" if standing.rules.resolve != "all" else "its last alert"
        return Answer(
            Fate.INCIDENT, f"It resolves incident {id_}: {why} is over.", id_, Resolves(case.incident.id, arrival.now)
        )
    return Answer(Fate.INCIDENT, f"It is over; {left} of incident {id_} still {'fires' if left == 1 else 'fire'}.", id_)


def group_of(alert: Alert, rules: Correlation) -> dict[str, str]:
    """The labels it is grouped by; the service under whatever label names it; failing all, the alert's name."""
    found = {label: alert.labels.get(label, "") for label in rules.group_by}
    if "service" in found:
        found["service"] = alert.service
    kept = {label: value for label, value in found.items() if value}
    return kept if kept.keys() - {"cluster", "env"} else kept | {"alertname": alert.name}


def _same_series(arrival: Arrival, standing: Standing, series: Series | None, flaps: str) -> Answer | None:
    """It fires in an open incident already, or did, or in one that was resolved lately."""
    latest = next(reversed(series.known.values()), None) if series else None
    case = standing.case(latest.incident) if latest else None
    if series is None or latest is None or case is None:
        return None
    if not case.unresolved:
        return _reopens(arrival, standing, case, flaps)
    if series.firing is None:
        why = f"It fires again in incident {case.incident.id}, which is still open."
    elif arrival.identity.occurrence != latest.id and tells_start(arrival.alert):
        if not _heard_lately(case, arrival, standing.rules):
            # An end was missed, long ago: an incident that nobody resolves must not swallow what comes later.
            return None
        why = f"It started anew while it fired in incident {case.incident.id}."
    else:
        why = f"Its severity rose from {latest.severity} to {arrival.alert.severity} in incident {case.incident.id}."
    return _joins(arrival, case, why, flaps)


def _same_labels(arrival: Arrival, standing: Standing, group: dict[str, str], flaps: str) -> Answer | None:
    cases = standing.of_group(canonical(group))
    lately = [case for case in cases if case.unresolved and _heard_lately(case, arrival, standing.rules)]
    if lately:
        case = max(lately, key=lambda one: one.heard_at)
        why = f"It shares {_words(group)} with incident {case.incident.id}, heard of {_ago(case, arrival)} before."
        return _joins(arrival, case, why, flaps)
    resolved = [case for case in cases if not case.unresolved]
    return _reopens(arrival, standing, resolved[-1], flaps) if resolved else None


def _neighbour(arrival: Arrival, standing: Standing, group: dict[str, str], flaps: str) -> Answer | None:
    """An open incident next to it in the topology, if the other labels agree."""
    candidates = [
        (case, edge)
        for case, edge in standing.around(arrival.alert.service)
        if case.unresolved and _heard_lately(case, arrival, standing.rules) and _agree(case, group)
    ]
    if not candidates:
        return None
    case, edge = max(candidates, key=lambda one: one[0].heard_at)
    why = f"{edge}, where incident {case.incident.id} was heard of {_ago(case, arrival)} before."
    return _joins(arrival, case, why, flaps)


def _agree(case: Case, group: dict[str, str]) -> bool:
    return all(case.group.get(label, value) == value for label, value in group.items() if label != "service")


def _heard_lately(case: Case, arrival: Arrival, rules: Correlation) -> bool:
    return arrival.now - case.heard_at <= rules.window


def _joins(arrival: Arrival, case: Case, why: str, flaps: str) -> Answer:
    id_ = case.incident.id
    return Answer(Fate.INCIDENT, why + flaps, id_, Joins(id_, _update(case, arrival)))


def _reopens(arrival: Arrival, standing: Standing, case: Case, flaps: str) -> Answer | None:
    """A resolved incident's next episode. A closed one stays closed."""
    known = case.incident
    if known.status is not IncidentStatus.RESOLVED or known.resolved_at is None:
        return None
    gap = arrival.now - known.resolved_at
    if gap > standing.rules.reopen:
        return None
    episode = known.episode if flaps else known.episode + 1
    how = "no new episode" if flaps else f"episode {episode}"
    why = f"It fires {_duration(gap)} after incident {known.id} was resolved: {how}."
    effect = Reopens(known.id, episode, _update(case, arrival), anew=not flaps)
    return Answer(Fate.INCIDENT, why + flaps, known.id, effect)


def _opens(arrival: Arrival, standing: Standing, group: dict[str, str], id_: str) -> Answer:
    alert, key = arrival.alert, canonical(group)
    previous = standing.over_before(key)
    incident = Incident(
        id=id_,
        status=IncidentStatus.OPEN,
        severity=alert.severity,
        title=_title(alert.name, alert.service, 1),
        service=alert.service,
        labels=alert.labels,
        group_key=key,
        opened_at=arrival.now,
        updated_at=arrival.now,
        previous=previous,
    )
    follows = f" It follows incident {previous}, which is over." if previous else ""
    why = f"No open incident shares {_words(group)} within {_duration(standing.rules.window)}.{follows}"
    return Answer(Fate.INCIDENT, why, id_, Opens(incident))


def _update(case: Case, arrival: Arrival) -> Update:
    """The incident with this alert in it: severity only rises within an episode."""
    alert, known = arrival.alert, case.incident
    if case.over or not case.members:
        lead, count, severity = (alert.severity.rank, alert.name), 1, alert.severity
    else:
        lead = lead_of(case, alert)
        count = len(case.members) + (arrival.identity.series not in case.members)
        severity = list(Severity)[min(known.severity.rank, alert.severity.rank)]
    return Update(
        severity=severity,
        title=_title(lead[1], known.service, count),
        labels={label: value for label, value in known.labels.items() if alert.labels.get(label) == value},
        updated_at=arrival.now,
    )


def _title(name: str, service: str, count: int) -> str:
    where = f" on {service}" if service else ""
    return f"{name}{where} ({count} alerts)" if count > 1 else f"{name}{where}"


def _flaps(series: Series | None, arrival: Arrival, rules: Correlation) -> str:
    """A sentence when this is one occurrence too many within the window; empty otherwise."""
    if series is None or arrival.identity.occurrence in series.known:
        return ""
    count = 1 + sum(arrival.now - start <= rules.window for start in series.starts)
    if count <= rules.flap_limit:
        return ""
    at_least = "at least " if count > rules.flap_limit + 1 else ""
    return f" It flaps: {at_least}{count} occurrences within {_duration(rules.window)}; counted, not investigated anew."


def _words(group: dict[str, str]) -> str:
    return ", ".join(f"{label}={value}" for label, value in group.items())


def _ago(case: Case, arrival: Arrival) -> str:
    return _duration(max(arrival.now - case.heard_at, timedelta(0)))


def _duration(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
