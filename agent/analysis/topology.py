"""Who depends on whom, and whose excess explains the symptom?

A request waits for what it calls: seconds (or failures) that a component adds are seen again in every caller
above it. So the excess of each component, in seconds or failures per unit of time, less the excess of what it
calls, is what it adds itself; and that, over the excess of the alerting component, is how much of the symptom it
explains. This is the walk to the deepest anomalous dependency of the call-graph methods (MonitorRank, Kim et al.
2013; Microscope, Lin et al. 2018), with magnitudes in place of yes and no.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agent.analysis.changes import gain
from agent.analysis.excess import GATE, Dimension, Excess, Excesses
from agent.analysis.table import Table
from agent.domain.incident import Symptom
from tools.base import Topology

_SPOKEN_OF: Mapping[Symptom, Dimension] = {
    Symptom.LATENCY: "time",
    Symptom.ERRORS: "failures",
    Symptom.AVAILABILITY: "failures",
}
_BLIND = 0.5
"""Part of its strength that a flow keeps in which nothing but the alerting component was measured."""
_SHALLOW = 0.1
"""Excesses that differ by so much are alike when no graph tells which of them is the deeper."""


@dataclass(frozen=True)
class Graph:
    """Callees of each component; a placement (on an instance, on a host) counts as a dependency."""

    callees: Mapping[str, frozenset[str]]
    nodes: frozenset[str]
    kinds: Mapping[str, str]

    def places(self, node: str) -> bool:
        """Whether anybody is known to call it, or to be called by it."""
        return node in self.callees or any(node in under for under in self.callees.values())

    def below(self, tops: Iterable[str]) -> frozenset[str]:
        """`tops` and everything they depend on, however far."""
        seen: set[str] = set()
        waiting = list(tops)
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(self.callees.get(node, ()))
        return frozenset(seen)


@dataclass(frozen=True)
class Flow:
    """How the symptom divides among the components below the alerting one."""

    dimension: Dimension
    top: str
    excess: Mapping[str, Excess]
    share: Mapping[str, float]
    """Component -> part of the symptom that it adds itself; above 1 where work goes on in parallel."""

    @property
    def blind(self) -> bool:
        """Nothing is known but of the alerting component."""
        return self.excess.keys() | self.share.keys() <= {self.top}

    @property
    def strength(self) -> float:
        """0 to 1: how clearly the symptom itself stands out. Shares mean nothing without it."""
        return (_BLIND if self.blind else 1.0) * gain(self.excess[self.top].z)

    def told(self, begun: Mapping[str, float]) -> "Flow":
        """As logs tell it, where nothing else does. `begun`: the part of the failed requests that began to fail there.

        Who alone is measured would else be given the failures of all that it depends on.
        """
        if not begun or not self.blind or self.dimension != "failures":
            return self
        whole = self.share.get(self.top, 0.0)
        return replace(self, share={self.top: 0.0} | {node: whole * part for node, part in begun.items()})


def graph(topology: Topology | None, table: Table) -> Graph:
    """The declared dependencies together with those that metrics between two components show."""
    callees: dict[str, set[str]] = defaultdict(set)
    shown = {row.edge for row in table.rows if row.edge}
    for caller, callee in (topology.edges if topology else frozenset()) | shown:
        callees[caller].add(callee)
    nodes = {row.component for row in table.rows if row.component} | (set(topology.nodes) if topology else set())
    nodes |= {node for edge in shown for node in edge}
    kinds = dict(topology.kinds) if topology else {}
    return Graph({node: frozenset(under) for node, under in callees.items()}, frozenset(nodes), kinds)


def flows(measured: Excesses, deps: Graph, tops: Iterable[str], symptom: Symptom) -> list[Flow]:
    """One flow for each alerting component: of what the alerts speak of where that shows, else of all that shows."""
    shown = [
        _flow(dimension, top, excess, deps)
        for top in sorted(set(tops))
        for dimension, excess in measured.items()
        if top in excess and excess[top].amount > 0
        if _divisible(excess[top], dimension, _SPOKEN_OF.get(symptom))
    ]
    return [flow for flow in shown if flow.dimension == _SPOKEN_OF.get(symptom)] or shown


def failures_shown(measured: Excesses, tops: Iterable[str], symptom: Symptom) -> float:
    """0 to 1: how clearly more requests fail at an alerting component. Alerts that speak of failures vouch for them."""
    if _SPOKEN_OF.get(symptom) == "failures":
        return 1.0
    shown = [excess for top in tops if (excess := measured["failures"].get(top))]
    return max((gain(excess.beyond) for excess in shown if excess.amount > 0), default=0.0)


def _divisible(symptom: Excess, dimension: Dimension, spoken: Dimension | None) -> bool:
    """The alerts have vouched for what they speak of; anything else must be more than a quiet time shows."""
    if spoken is None:
        return symptom.z > GATE
    return symptom.z > 0 if dimension == spoken else symptom.beyond > 0


def _flow(dimension: Dimension, top: str, excess: Mapping[str, Excess], deps: Graph) -> Flow:
    if not deps.places(top):
        return Flow(dimension, top, excess, _unplaced(dimension, top, excess))
    whole = excess[top].amount
    counted = {node: one.amount * gain(one.z) for node, one in excess.items()}
    share = {}
    for node in deps.below([top]) & counted.keys():
        if excess[node].new and node != top:
            continue  # It was not called before: its callers have changed, and the excess is theirs.
        below = [kid for kid in deps.callees.get(node, ()) if kid in excess and not excess[kid].new]
        passed_on = sum(min(counted[node], max(0.0, counted[kid])) for kid in below)
        share[node] = max(0.0, counted[node] - passed_on) / whole * excess[node].goes_with(excess[top])
    return Flow(dimension, top, excess, share)


def _unplaced(dimension: Dimension, top: str, excess: Mapping[str, Excess]) -> dict[str, float]:
    """Of a component whose calls nobody knows, any other may be what it waits for.

    Each explains as much of the symptom as its own excess covers; what none covers is the component's own. Among those
    that cover as much, who grew most steeply is nearest to where it begins: the same excess stands on a lower level
    the further down it is measured, as a caller adds its own usual time, or requests that do not go there.
    """
    whole = excess[top].amount
    counted = {
        node: one.amount * gain(one.z) * one.goes_with(excess[top]) for node, one in excess.items() if not one.new
    }
    others = {node: min(1.0, amount / whole) for node, amount in counted.items() if node != top and amount > 0}
    steep = sorted(excess[node].steepness(dimension) for node in others)
    covered = {
        node: part * (1 - _SHALLOW * (1 - bisect_right(steep, excess[node].steepness(dimension)) / len(steep)))
        for node, part in others.items()
    }
    return covered | {top: 1.0 - max(covered.values(), default=0.0)}
