"""What speaks against each component, and how much does it all weigh?"""

from dataclasses import dataclass, field

from agent.analysis.calls import Lost
from agent.analysis.changes import Shift
from agent.analysis.cluster_trouble import Trouble
from agent.analysis.conditions import Unmet
from agent.analysis.log_templates import LineShift
from agent.analysis.log_traces import Spectrum
from agent.analysis.log_unfinished import Unfinished
from agent.analysis.observations import Observations
from agent.analysis.onset import Onset
from agent.analysis.prior import Prior
from agent.analysis.storm import Blame
from agent.analysis.table import Table
from agent.analysis.topology import Flow, Graph
from tools.base import Change


@dataclass(frozen=True)
class Parts:
    """The evidence against one component by family, each in its own unit, before any weight."""

    measured: float = 0.0
    """The part of the symptom, or of all that moved in one signal, that is its own; above 1 for parallel work."""
    moved: float = 0.0
    """e-folds of robust deviations."""
    lines: float = 0.0
    """e-folds of deviations of a Poisson count."""
    change: float = 0.0
    """1 at the very onset, less before."""
    cluster: float = 0.0
    """Nats."""
    blame: float = 0.0
    """Nats of `storm`, as if alerts were independent."""


@dataclass
class Dossier:
    """Everything found against one component; weights add up (in nats, as log-odds do)."""

    component: str
    shifts: list[Shift] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    lines: list[LineShift] = field(default_factory=list)
    """Written by others about it, or by itself about nobody else."""
    complaints: list[LineShift] = field(default_factory=list)
    """Written by itself about others: what those explain is not its own."""
    failing: Spectrum | None = None
    """When the requests through it fail more often than others."""
    unfinished: Unfinished | None = None
    """When its requests break off midway."""
    changes: list[tuple[Change, float]] = field(default_factory=list)
    """With the minutes before the onset."""
    lost: Lost | None = None
    """Calls no longer made that it accounts for."""
    blame: Blame | None = None
    troubles: list[Trouble] = field(default_factory=list)
    """What the state of the cluster says against it now."""
    parts: Parts = Parts()
    weight: float = 0.0
    prior: Prior | None = None
    """What people found of it before; it only counts for whom the telemetry names."""


@dataclass(frozen=True)
class Weighed:
    """All that the ranking knows when it is done: what the report is written from."""

    seen: Observations
    table: Table
    onset: Onset
    graph: Graph
    flows: tuple[Flow, ...]
    dossiers: tuple[Dossier, ...]
    """The heaviest first."""
    unmet: tuple[Unmet, ...]
    """What the alerts fire on, when none of it holds."""
    nothing: float
    """The weight of there being no cause among them."""
