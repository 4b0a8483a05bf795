"""An alert: what a monitoring system said, once, about one set of labels."""

from datetime import datetime
from enum import StrEnum

from agent.domain.base import Noun, digest


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical, 4 for info: the smaller, the sooner it is worked on."""
        return list(Severity).index(self)


class AlertStatus(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


class Fate(StrEnum):
    """Where an accepted alert ended. Each ends in exactly one place."""

    INCIDENT = "incident"
    DUPLICATE = "duplicate"
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    QUARANTINED = "quarantined"


class Alert(Noun):
    """One alert as it arrived, in our words whoever sent it. Times are UTC."""

    integration: str
    """Who sent it, e.g. `alertmanager`: an HA pair of senders is one integration."""
    name: str
    status: AlertStatus
    severity: Severity
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: datetime
    ends_at: datetime | None = None
    """None while it fires."""
    link: str = ""
    """The sender's page about it; shown, never fetched."""
    fingerprint: str = ""
    """The sender's own, shown to people; identity never rests on it, since a sender could forge it."""

    @property
    def series(self) -> str:
        """Identity of what is alerted on: our own hash of integration and labels."""
        return digest([self.integration, self.labels])

    @property
    def occurrence(self) -> str:
        """Identity of one episode of it: the series and when it started."""
        return digest([self.series, self.starts_at.isoformat()])

    @property
    def event(self) -> str:
        """Identity of one message about the occurrence: it fired, or it resolved."""
        return digest([self.occurrence, self.status])

    @property
    def service(self) -> str:
        """The component it speaks of, by the field's usual labels; empty when no label names one."""
        for label in ("service", "app", "component", "deployment", "job", "host", "instance"):
            if value := self.labels.get(label):
                return value
        return ""


class Placed(Noun):
    """A stored alert and where it ended; `fate` is None until the correlator has seen it."""

    id: str
    alert: Alert
    receipt: str
    received_at: datetime
    fate: Fate | None = None
    reason: str = ""
    """One sentence a person can check."""
    incident: str | None = None
