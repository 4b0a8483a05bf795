"""Evidence: one stored observation that a claim can point at and code can check."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue

from agent.domain.base import Noun


class EvidenceKind(StrEnum):
    METRIC = "metric"
    LOG = "log"
    CHANGE = "change"
    TOPOLOGY = "topology"
    ALERT = "alert"
    TRACE = "trace"
    RUNBOOK = "runbook"
    TICKET = "ticket"
    MEMORY = "memory"
    PLATFORM = "platform"
    """What Kubernetes says: pods, events, rollouts."""


class Curve(Noun):
    """What was measured, thinned out for drawing."""

    name: str
    """What it measures, as its back end names it."""
    unit: str = ""
    """`s`, `bytes`, `%`, `ratio` or `m` (thousandths of a core); empty when the name does not say."""
    points: tuple[tuple[float, float], ...]
    """(Unix seconds, value), ascending; the lowest and the highest of each stretch are among them."""
    onset: datetime | None = None


class CallGraph(Noun):
    """Who calls whom around the fault."""

    calls: tuple[tuple[str, str], ...]
    """(caller, callee)."""
    path: tuple[str, ...] = ()
    """From where it is felt to where it begins, along calls; empty when no calls lead there."""

    @property
    def told(self) -> str:
        """The path in one sentence; empty when there is none."""
        if len(self.path) < 2:
            return ""
        return f"It is felt in {self.path[0]} and begins in {self.path[-1]}: {' → '.join(self.path)}."


class Evidence(Noun):
    id: str
    """Short and citable, e.g. `e7`; unique within its incident."""
    kind: EvidenceKind
    source: str
    """The tool or analysis that made it."""
    query: str
    """Exactly what was asked, so that a person can ask it again."""
    entity: str = ""
    """The component it speaks of; empty when it speaks of none."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    summary: str
    """One sentence with the numbers in it."""
    content: JsonValue = None
    """What came back, capped; claims are checked against this."""
    trust: Literal["system", "user-controlled"] = "system"
    """`user-controlled` when outsiders can write into it (log text, tickets)."""
    picture: Curve | CallGraph | None = None
    """What people see drawn beside it; no model reads it, and no claim is checked against it."""
