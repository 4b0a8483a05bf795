"""What is known of one thing that is alerted on?  Its latest episodes, which of them fires, and which were ended."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from agent.domain.alert import Alert, Fate, Identity, Placed, Severity


@dataclass(slots=True)
class Occurrence:
    """What is known of one episode of a series."""

    id: str
    starts_at: datetime
    alert: str
    """Our id of the message that first told of it."""
    severity: Severity
    fate: Fate
    incident: str | None


@dataclass(slots=True)
class Series:
    """What is known of one thing that is alerted on."""

    id: str
    heard_at: datetime
    firing: Occurrence | None = None
    """The one that fires now; the latest to start, when an end was missed."""
    known: dict[str, Occurrence] = field(default_factory=dict)
    """The latest occurrences that were told to fire, by id, in that order."""
    ended: dict[str, str] = field(default_factory=dict)
    """The latest occurrences whose end was told, and our id of the message that told it."""
    over_until: datetime | None = None
    """Whatever started by then is over, by its sender's clock."""
    ended_heard_at: datetime | None = None
    """When we last heard of an end."""
    starts: deque[datetime] = field(default_factory=deque)
    """When its latest occurrences were first heard of."""


def ends(placed: Placed, identity: Identity, firing: Occurrence) -> bool:
    """Does this resolution end the occurrence that fires?

    Its own surely. Another one when it started before that end: senders move the start of an alert back when they
    merge it with a peer's. And any when the sender does not tell one episode from the next.
    """
    end = placed.alert.ends_at or placed.received_at
    return identity.occurrence == firing.id or firing.starts_at < end or not tells_start(placed.alert)


def tells_start(alert: Alert) -> bool:
    """Does the sender tell one episode from the next?"""
    return alert.starts_at_known or bool(alert.sender_episode)
