"""Which open incidents could the alert be part of, and which most likely?  Labels, topology and time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from agent.correlate.case import Case
from agent.correlate.placement import Arrival
from agent.correlate.standing import Standing
from agent.correlate.wording import words
from agent.domain.base import canonical
from agent.domain.rules import Correlation
from agent.domain.wording import counted, lasting

NEIGHBOUR = 0.5
"""What an incident next door counts, against one at the alert's own component."""


class Candidate(NamedTuple):
    case: Case
    why: str
    """What speaks for it, up to its id."""
    heard: str
    """Between its id and how long ago it was heard of."""
    near: float
    """1 at the same place, less next door."""


def candidates(arrival: Arrival, standing: Standing, group: dict[str, str]) -> list[Candidate]:
    """The likeliest first: P(alert | incident) is taken to go with nearness times strength."""
    found: dict[str, Candidate] = {}
    for one in _everything(arrival, standing, group):
        if one.case.unresolved and heard_lately(one.case, arrival, standing.rules) and _agree(one.case, group):
            found.setdefault(one.case.incident.id, one)

    def likely(one: Candidate) -> tuple[float, float]:
        return one.near * one.case.strength(arrival.now, standing.rules.burst), one.near

    return sorted(found.values(), key=likely, reverse=True)


def heard_lately(case: Case, arrival: Arrival, rules: Correlation) -> bool:
    return arrival.now - case.heard_at <= rules.window


def chosen(found: list[Candidate], arrival: Arrival, rules: Correlation) -> str:
    """Why the first, and why not the next."""
    best, now = found[0], arrival.now
    heard = lasting(max(now - best.case.heard_at, timedelta(0)))
    why = f"{best.why} incident {best.case.incident.id}{best.heard} {heard} before."
    if len(found) == 1:
        return why
    told, other = (_lately(one.case, now, rules) for one in found[:2])
    return f"{why} Likelier ({told}) than {found[1].case.incident.id} ({other})."


def _lately(case: Case, now: datetime, rules: Correlation) -> str:
    alerts = counted(round(case.activity(now, rules.burst)), "alert")
    return f"{alerts} of late, begun {lasting(now - case.began)} ago"


def _everything(arrival: Arrival, standing: Standing, group: dict[str, str]) -> Iterator[Candidate]:
    for case in standing.of_group(canonical(group)):
        yield Candidate(case, f"It shares {words(group)} with", ", heard of", 1.0)
    for case, nearby in standing.around(arrival.alert.service):
        yield Candidate(case, f"{nearby.words}, where", " was heard of", 1.0 if nearby.same else NEIGHBOUR)
    yield from _storms(arrival, standing)


def _storms(arrival: Arrival, standing: Standing) -> Iterator[Candidate]:
    """For a component that the topology does not place: an incident that is a storm of alerts of this name."""
    alert = arrival.alert
    if not alert.service or standing.places(alert.service):
        return
    for case in standing.busiest():
        alike = any(member.name == alert.name for member in case.members.values())
        if alike and case.activity(arrival.now, standing.rules.burst) >= standing.rules.storm:
            why = f"The topology does not say where {alert.service} is, and more {alert.name} belong to"
            yield Candidate(case, why, ", heard of", NEIGHBOUR)


def _agree(case: Case, group: dict[str, str]) -> bool:
    """In everything they are grouped by but the service and the name, which differ within an incident."""
    own = {"service", "alertname"}
    return all(case.group.get(label, value) == value for label, value in group.items() if label not in own)
