"""Where did an alert end, and what did that do to an incident?"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from agent.domain.alert import Alert, Fate, Identity, Placed, Severity
from agent.domain.incident import Incident, IncidentStatus


@dataclass(frozen=True, slots=True)
class Update:
    """What an incident looks like once the alert is part of it."""

    severity: Severity
    title: str
    labels: dict[str, str]
    """Those that all its alerts share."""
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Opens:
    """A new incident, to be investigated."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Joins:
    """The alert is one more of an incident that is open."""

    incident: str
    update: Update


@dataclass(frozen=True, slots=True)
class Reopens:
    """A resolved incident fires again."""

    incident: str
    episode: int
    update: Update
    anew: bool = True
    """A new episode with a run of its own; False while the alert flaps: open again, but not investigated anew."""


@dataclass(frozen=True, slots=True)
class Resolves:
    """Its alerts are over."""

    incident: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Splits:
    """A part of an incident turns out to be another one: a new incident, which the alert is part of too."""

    incident: Incident
    parent: str
    update: Update
    """Of the parent."""
    alerts: tuple[str, ...]
    """Those of the parent that move."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No incident changes."""


Effect = Opens | Joins | Splits | Reopens | Resolves | Nothing


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert on its way through the stages; the time is when it was received."""

    placed: Placed
    alert: Alert
    identity: Identity
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stage decided, and the sentence that says why."""

    fate: Fate
    reason: str
    incident: str | None = None
    effect: Effect = Nothing()


@dataclass(frozen=True, slots=True)
class Placement:
    """The correlator's answer: the alert with its fate, reason and incident filled in, and the effect."""

    placed: Placed
    effect: Effect
    identity: Identity

    @property
    def moved(self) -> tuple[str, ...]:
        """Alerts that were placed before, and are part of this one's incident now."""
        return self.effect.alerts if isinstance(self.effect, Splits) else ()


def changed(incident: Incident, effect: Joins | Splits | Reopens | Resolves) -> Incident:
    """The incident after the effect; of a split, the parent. A closed incident stays closed."""
    if incident.status is IncidentStatus.CLOSED:
        return incident
    match effect:
        case Joins(update=update) | Splits(update=update):
            return incident.model_copy(update=_fields(update))
        case Reopens(update=update, episode=episode):
            again = {"status": IncidentStatus.OPEN, "episode": episode, "resolved_at": None, "parked_because": ""}
            return incident.model_copy(update=_fields(update) | again)
        case Resolves(at=at):
            over = {"status": IncidentStatus.RESOLVED, "resolved_at": at, "updated_at": at, "parked_because": ""}
            return incident.model_copy(update=over)
        case _:
            assert_never(effect)


def _fields(update: Update) -> dict[str, object]:
    return {
        "severity": update.severity,
        "title": update.title,
        "labels": update.labels,
        "updated_at": update.updated_at,
    }
