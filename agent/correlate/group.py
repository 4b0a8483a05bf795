"""Which incident is this alert part of?  The likeliest by labels, topology and time; otherwise a new one."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.correlate import split
from agent.correlate.candidates import candidates, chosen, heard_lately
from agent.correlate.case import Case, lead_of, resolves
from agent.correlate.labels import group_of
from agent.correlate.placement import Answer, Arrival, Joins, Opens, Reopens, Resolves, Update
from agent.correlate.series import Series, tells_start
from agent.correlate.standing import Standing
from agent.correlate.wording import title_of, words
from agent.domain.alert import Fate
from agent.domain.base import canonical
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.rules import Correlation
from agent.domain.wording import lasting


@dataclass(frozen=True, slots=True)
class _Question:
    """An alert that fires and is news, and what is known about it."""

    arrival: Arrival
    standing: Standing
    series: Series | None
    group: dict[str, str]
    """The labels it is grouped by."""
    flaps: str
    """A sentence when it flaps."""


def judge(arrival: Arrival, standing: Standing, new_id: Callable[[], str]) -> Answer:
    """About an alert that fires and is news."""
    series = standing.series(arrival.identity)
    group = group_of(arrival.alert, standing.rules)
    asked = _Question(arrival, standing, series, group, _flaps(series, arrival, standing.rules))
    return _same_series(asked, new_id) or _lately_resolved(asked) or _likeliest(asked) or _opens(asked, new_id())


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


def _same_series(asked: _Question, new_id: Callable[[], str]) -> Answer | None:
    """It fires in an open incident already, or did, or in one that was resolved lately."""
    series, arrival = asked.series, asked.arrival
    latest = next(reversed(series.known.values()), None) if series else None
    case = asked.standing.case(latest.incident) if latest else None
    if series is None or latest is None or case is None:
        return None
    if not case.unresolved:
        return _reopens(asked, case)
    if series.firing is None:
        return _joins(asked, case, f"It fires again in incident {case.incident.id}, which is still open.")
    if arrival.identity.occurrence != latest.id and tells_start(arrival.alert):
        return _anew(asked, case, new_id)
    rose = f"Its severity rose from {latest.severity} to {arrival.alert.severity}"
    return _joins(asked, case, f"{rose} in incident {case.incident.id}.")


def _anew(asked: _Question, case: Case, new_id: Callable[[], str]) -> Answer | None:
    """It fires in an incident, no end was told, and it has started a second time."""
    arrival, standing = asked.arrival, asked.standing
    if not heard_lately(case, arrival, standing.rules):
        # An end was missed, long ago: an incident that nobody resolves must not swallow what comes later.
        return None
    here = f"in incident {case.incident.id}"
    found = candidates(arrival, standing, asked.group)
    if others := [one for one in found if arrival.identity.series not in one.case.members]:
        why = f"It started anew while it fired {here}. {chosen(others, arrival, standing.rules)}"
        return _joins(asked, others[0].case, why)
    # A series that flaps starts anew for reasons of its own: it is no sign of another incident.
    off = None if asked.flaps else split.judge(arrival, standing, case, new_id)
    return off or _joins(asked, case, f"It started anew while it fired {here}.")


def _lately_resolved(asked: _Question) -> Answer | None:
    """An incident with these labels, when none of them is open."""
    rules = asked.standing.rules
    cases = asked.standing.of_group(canonical(asked.group))
    resolved = [case for case in cases if not case.unresolved]
    if not resolved or any(case.unresolved and heard_lately(case, asked.arrival, rules) for case in cases):
        return None
    return _reopens(asked, resolved[-1])


def _likeliest(asked: _Question) -> Answer | None:
    found = candidates(asked.arrival, asked.standing, asked.group)
    return _joins(asked, found[0].case, chosen(found, asked.arrival, asked.standing.rules)) if found else None


def _joins(asked: _Question, case: Case, why: str) -> Answer:
    id_ = case.incident.id
    return Answer(Fate.INCIDENT, why + asked.flaps, id_, Joins(id_, _update(case, asked.arrival)))


def _reopens(asked: _Question, case: Case) -> Answer | None:
    """A resolved incident's next episode. A closed one stays closed."""
    arrival, known, flaps = asked.arrival, case.incident, asked.flaps
    if known.status is not IncidentStatus.RESOLVED or known.resolved_at is None:
        return None
    gap = arrival.now - known.resolved_at
    if gap > asked.standing.rules.reopen:
        return None
    episode = known.episode if flaps else known.episode + 1
    how = "no new episode" if flaps else f"episode {episode}"
    why = f"It fires {lasting(gap)} after incident {known.id} was resolved: {how}."
    effect = Reopens(known.id, episode, _update(case, arrival), anew=not flaps)
    return Answer(Fate.INCIDENT, why + flaps, known.id, effect)


def _opens(asked: _Question, id_: str) -> Answer:
    arrival, standing = asked.arrival, asked.standing
    alert, key = arrival.alert, canonical(asked.group)
    previous = standing.over_before(key)
    incident = Incident(
        id=id_,
        status=IncidentStatus.OPEN,
        severity=alert.severity,
        title=title_of(alert.name, alert.service, 1),
        service=alert.service,
        labels=alert.labels,
        group_key=key,
        opened_at=arrival.now,
        updated_at=arrival.now,
        previous=previous,
    )
    follows = f" It follows incident {previous}, which is over." if previous else ""
    why = f"No open incident shares {words(asked.group)} within {lasting(standing.rules.window)}.{follows}"
    return Answer(Fate.INCIDENT, why, id_, Opens(incident))


def _update(case: Case, arrival: Arrival) -> Update:
    """The incident with this alert in it: severity only rises within an episode."""
    alert, known = arrival.alert, case.incident
    if case.over or not case.members:
        lead, count, severity = (alert.severity.rank, alert.name), 1, alert.severity
    else:
        lead = lead_of(case, alert)
        count = len(case.members) + (arrival.identity.series not in case.members)
        severity = min(known.severity, alert.severity, key=lambda one: one.rank)
    return Update(
        severity=severity,
        title=title_of(lead[1], known.service, count),
        labels={label: value for label, value in known.labels.items() if alert.labels.get(label) == value},
        updated_at=arrival.now,
    )


def _flaps(series: Series | None, arrival: Arrival, rules: Correlation) -> str:
    """A sentence when this is one occurrence too many within the window; empty otherwise."""
    if series is None or arrival.identity.occurrence in series.known:
        return ""
    count = 1 + sum(arrival.now - start <= rules.window for start in series.starts)
    if count <= rules.flap_limit:
        return ""
    at_least = "at least " if count > rules.flap_limit + 1 else ""
    return f" It flaps: {at_least}{count} occurrences within {lasting(rules.window)}; counted, not investigated anew."
