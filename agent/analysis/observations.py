"""What is known about an incident before anybody reasons about it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.analysis.conditions import Asked
from agent.domain.alert import Alert
from agent.domain.hypothesis import Found
from agent.domain.incident import Symptom
from tools.base import Change, LogLine, Series, Topology
from tools.cluster.facts import ClusterState


@dataclass(frozen=True)
class Reading:
    """One series and exactly the query that gives it. `series.name` is the metric that was asked about."""

    series: Series
    query: str = ""
    """PromQL for this one series; empty: its selector."""

    @property
    def asked(self) -> str:
        return self.query or self.series.selector


@dataclass(frozen=True)
class Observations:
    """Everything the survey gathered. Any part may be empty: what is missing is not held against anybody."""

    now: datetime
    """The moment at which the question is asked; nothing later than this is looked at."""
    step: timedelta
    alerts: tuple[Alert, ...] = ()
    readings: tuple[Reading, ...] = ()
    conditions: tuple[Asked, ...] = ()
    """What the alerts themselves fire on, where they tell."""
    lines: tuple[LogLine, ...] = ()
    lines_query: str = ""
    """Exactly what the log back end was asked."""
    changes: tuple[Change, ...] = ()
    topology: Topology | None = None
    cluster: ClusterState | None = None
    """What Kubernetes says of its objects now."""
    symptom: Symptom | None = None
    """What the alerts speak of; None: it is read from the alerts' own labels."""
    found_before: tuple[Found, ...] = ()
    """What people of the team found of components in earlier incidents."""
    service_label: str = "service"
    """The label that names a component, looked at before the usual ones."""


def readings(series: Sequence[Series]) -> tuple[Reading, ...]:
    """Series that were read as they are stored, so that their selector is their query."""
    return tuple(Reading(one) for one in series)
