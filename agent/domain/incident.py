"""An incident: many alerts with one story, from opened to closed."""

from datetime import datetime
from enum import StrEnum

from agent.domain.alert import Severity
from agent.domain.base import Noun


class IncidentStatus(StrEnum):
    OPEN = "open"
    INVESTIGATING = "investigating"
    AWAITING_APPROVAL = "awaiting_approval"
    REMEDIATING = "remediating"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    CLOSED = "closed"
    """Resolved, and confirmed by a person or by the quiet period."""
    PARKED = "parked"
    """Needs a human; never silently."""


LIVE = frozenset(IncidentStatus) - {IncidentStatus.CLOSED}
"""To be asked for by name: almost all are closed, and no index finds what is not something."""
OVER = frozenset({IncidentStatus.RESOLVED, IncidentStatus.CLOSED})
"""Nobody has to do anything about it any more."""


class Symptom(StrEnum):
    """What kind of trouble the alerts speak of, before any cause is known."""

    ERRORS = "errors"
    LATENCY = "latency"
    AVAILABILITY = "availability"
    SATURATION = "saturation"
    TRAFFIC = "traffic"
    OTHER = "other"


class Incident(Noun):
    id: str
    status: IncidentStatus
    episode: int = 1
    """Counts up when it fires again within the re-open window; each episode is its own run."""
    severity: Severity
    title: str
    service: str = ""
    team: str = ""
    routed: str = ""
    """Why it is that team's, in one sentence."""
    labels: dict[str, str] = {}
    """The labels that all its alerts share."""
    group_key: str = ""
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    previous: str | None = None
    """The earlier incident it follows, when it came after the re-open window."""
    parked_because: str = ""
    merged_into: str | None = None
    """The incident that its alerts are part of now; it is closed."""
    split_from: str | None = None
    """The incident that its first alerts were part of before."""

    @property
    def thread(self) -> str:
        """The LangGraph thread of this episode: a new episode never resumes an old one."""
        return f"{self.id}.{self.episode}"


class Wave(Noun):
    """Alerts of an incident that began to fire together, apart from its others: it may be an incident of its own."""

    began: datetime
    alerts: tuple[str, ...]
    """Our ids of the messages that told of them, as a split takes them."""
    services: tuple[str, ...]
    """Those that most of them speak of."""
    why: str
    """One sentence that a person can check."""
