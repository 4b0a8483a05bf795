"""What may a node use? One frozen value; a node never builds a client."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.domain.job import Lease
from agent.domain.rules import Budgets, Policy
from agent.graph.act import Act
from agent.ports import (
    Approvals,
    Catalogue,
    Changes,
    Clock,
    Incidents,
    Journal,
    Lessons,
    Logs,
    Memory,
    Metrics,
    Model,
    Tool,
    TopologySource,
)
from tools.cluster.facts import ClusterSource


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What the survey asks. None, or empty, where nothing is configured."""

    metrics: Metrics | None = None
    logs: Logs | None = None
    changes: Sequence[Changes] = ()
    topology: Sequence[TopologySource] = ()
    cluster: ClusterSource | None = None
    selectors: Sequence[str] = ()
    """Series to look at whatever the alert says; empty: found by the incident's labels."""
    service_label: str = "service"
    history: timedelta = timedelta(hours=1)
    """How far back the survey looks before the first alert."""
    step: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True)
class Context:
    clock: Clock
    incidents: Incidents
    journal: Journal
    approvals: Approvals
    lessons: Lessons
    catalogue: Catalogue
    act: Act
    sources: Sources
    tools: Callable[[datetime | None], Sequence[Tool]] = lambda _: ()
    """The reading tools of this incident, for the onset that the survey found."""
    model: Model | None = None
    memory: Memory | None = None
    policy: Policy
    budgets: Budgets
    lease: Lease | None = None
    """The job this run is part of; late writes of a worker that lost it are refused."""
    aside: Callable[[], None] = lambda: None
    """Called when the run from now on only watches: its worker may begin another job meanwhile."""
