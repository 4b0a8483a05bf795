"""An alert: what a monitoring system said, once, about one set of labels."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from agent.domain.base import Noun, digest
from tools.cluster.names import Names

_OBJECTS = ("exported_deployment", "deployment", "statefulset", "daemonset", "exported_pod", "pod", "node")
_MEASURED_BY = {
    "kube-state-metrics": _OBJECTS,
    "kubelet": _OBJECTS,
    "cadvisor": _OBJECTS,
    "node-exporter": ("node", "instance"),
}
"""Exporters, whose service and job say who measured, and the labels of what they measure."""
_WORKLOADS = Names(())
"""None is known: a pod's is told by the form of its name, as it is for its metrics."""


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


class Identity(NamedTuple):
    """What an alert is about, from the widest to the narrowest; each is a SHA-256 in hexadecimal."""

    series: str
    """What is alerted on: our own hash of integration and labels (or of the sender's key for them)."""
    occurrence: str
    """One episode of it: the series and when it started (or the sender's name for the episode)."""
    event: str
    """One message about the occurrence: it fired, or it resolved."""


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

    sender_key: str = ""
    """The sender's key for what is alerted on, if its messages lack some labels; empty: the labels are it."""
    sender_episode: str = ""
    """The sender's key for this episode, if it has one; empty: `starts_at` is it."""
    starts_at_known: bool = True
    """False when the sender does not say when it started: then `starts_at` is when this message was made."""
    left_out: int = 0
    """How many alerts of the same group the sender kept back from its message."""

    @property
    def identity(self) -> Identity:
        series = digest([self.integration, self.sender_key or self.labels])
        occurrence = digest([series, self.sender_episode or self.starts_at.isoformat()])
        return Identity(series, occurrence, digest([occurrence, self.status]))

    @property
    def series(self) -> str:
        return self.identity.series

    @property
    def occurrence(self) -> str:
        return self.identity.occurrence

    @property
    def event(self) -> str:
        return self.identity.event

    @property
    def service(self) -> str:
        """The component it speaks of, by the field's usual labels; empty when no label names one."""
        named = (f"{self.labels.get('service', '')} {self.labels.get('job', '')}").split()
        objects = next((told for one in named for name, told in _MEASURED_BY.items() if name in one), ())
        for label in (*objects, "service", "app", "component", "deployment", "job", "host", "instance"):
            if value := self.labels.get(label):
                return _WORKLOADS.whole("Pod", value) if label in ("pod", "exported_pod") else value
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
