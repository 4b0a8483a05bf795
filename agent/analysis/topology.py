"""Who depends on whom, and whose excess explains the symptom?

A request waits for what it calls: seconds (or failures) that a component adds are seen again in every caller
above it. So the excess of each component, in seconds or failures per unit of time, less the excess of what it
calls, is what it adds itself; and that, over the excess of the alerting component, is how much of the symptom it
explains. This is the walk to the deepest anomalous dependency of the call-graph methods (MonitorRank, Kim et al.
2013; Microscope, Lin et al. 2018), with magnitudes in place of yes and no.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agent.analysis.onset import Onset
from agent.analysis.signals import Signal, words
from agent.analysis.table import Floats, Table
from agent.domain.incident import Symptom
from tools.base import Topology

Dimension = Literal["time", "failures"]

_SPOKEN_OF: Mapping[Symptom, Dimension] = {
    Symptom.LATENCY: "time",
    Symptom.ERRORS: "failures",
    Symptom.AVAILABILITY: "failures",
}
_GATE = 2.0
"""Robust deviations below which an excess is noise."""
_SHARES = frozenset({"ratio", "percent", "percentage", "share", "fraction"})
_SHOWN = 0.5
"""Robust deviations from which the symptom itself is worth dividing up: an alert has already vouched for it."""
_KNOWN = 5
"""A component measured in fewer baseline samples than this was not there before."""


@dataclass(frozen=True)
class _Least:
    """The least deviation that is ever called one unit, relative to the usual level and absolute."""

    relative: float
    absolute: float


_LATENCY = _Least(relative=0.05, absolute=1e-6)
_FAILURE = _Least(relative=0.0, absolute=0.005)


@dataclass(frozen=True)
class Graph:
    """Callees of each component; a placement (on an instance, on a host) counts as a dependency."""

    callees: Mapping[str, frozenset[str]]
    nodes: frozenset[str]
    kinds: Mapping[str, str]

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
class Excess:
    """What a component has more of than usual, its dependencies included."""

    amount: float
    """Seconds or failures per unit of the request rate's time; per request when no rate is known."""
    z: float
    before: float
    after: float
    new: bool
    """It was not called before the incident: whoever calls it now has changed."""
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Flow:
    """How the symptom divides among the components below the alerting one."""

    dimension: Dimension
    top: str
    excess: Mapping[str, Excess]
    share: Mapping[str, float]
    """Component -> part of the symptom that it adds itself; above 1 where work goes on in parallel."""

    @property
    def strength(self) -> float:
        """0 to 1: how clearly the symptom itself stands out. Shares mean nothing without it."""
        z = max(0.0, self.excess[self.top].z)
        return z / (z + _GATE)


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


def flows(table: Table, onset: Onset, deps: Graph, tops: Iterable[str], symptom: Symptom) -> list[Flow]:
    """One flow for each alerting component: of what the alerts speak of where that shows, else of all that shows."""
    measured: dict[Dimension, dict[str, Excess]] = {"time": _time(table, onset), "failures": _failures(table, onset)}
    shown = [
        _flow(dimension, top, excess, deps)
        for top in sorted(set(tops))
        for dimension, excess in measured.items()
        if top in excess and excess[top].amount > 0
        if excess[top].z > (_SHOWN if dimension == _SPOKEN_OF.get(symptom) else _GATE)
    ]
    return [flow for flow in shown if flow.dimension == _SPOKEN_OF.get(symptom)] or shown


def _flow(dimension: Dimension, top: str, excess: Mapping[str, Excess], deps: Graph) -> Flow:
    whole = excess[top].amount
    counted = {node: one.amount if one.z > _GATE else 0.0 for node, one in excess.items()}
    share = {}
    for node in deps.below([top]) & counted.keys():
        if excess[node].new and node != top:
            continue  # It was not called before: its callers have changed, and the excess is theirs.
        below = [kid for kid in deps.callees.get(node, ()) if kid in excess and not excess[kid].new]
        passed_on = sum(min(counted[node], max(0.0, counted[kid])) for kid in below)
        share[node] = max(0.0, counted[node] - passed_on) / whole
    return Flow(dimension, top, excess, share)


def _time(table: Table, onset: Onset) -> dict[str, Excess]:
    chosen = _one_metric(table, Signal.LATENCY)
    rates = _rates(table)
    return {
        node: found
        for node, rows in chosen.items()
        if (found := _excess(table.values[rows[0]], rates.get(node), onset, (rows[0],), _LATENCY))
    }


def _failures(table: Table, onset: Onset) -> dict[str, Excess]:
    """From the share that succeeds where it is measured, else from the share, or the count, that fails."""
    rates = _rates(table)
    found: dict[str, Excess] = {}
    for node, rows in _one_metric(table, Signal.ERRORS).items():
        failing = np.nansum(table.values[rows], axis=0)
        counted = None if not _is_share(table, rows) else rates.get(node)
        if one := _excess(failing, counted, onset, tuple(rows), _FAILURE):
            found[node] = one
    for node, rows in _one_metric(table, Signal.AVAILABILITY).items():
        whole = 100.0 if np.nanmax(table.values[rows[0]], initial=0.0) > 1.5 else 1.0
        failing = 1.0 - table.values[rows[0]] / whole
        if one := _excess(failing, rates.get(node), onset, (rows[0],), _FAILURE):
            found[node] = one
    return found


def _is_share(table: Table, rows: list[int]) -> bool:
    """Is it a part of the requests, or a number of them?"""
    named = {word for row in rows for word in words(table.rows[row].reading.series.name)}
    most = float(np.nanmax(table.values[rows], initial=0.0))
    return bool(named & _SHARES) or ("rate" in named and most <= 1.0)


def _rates(table: Table) -> dict[str, Floats]:
    """Requests that reach each component, summed over routes, codes and callers."""
    return {
        node: np.where(np.isfinite(table.values[rows]).any(axis=0), np.nansum(table.values[rows], axis=0), np.nan)
        for node, rows in _one_metric(table, Signal.TRAFFIC).items()
    }


def _excess(level: Floats, rate: Floats | None, onset: Onset, rows: tuple[int, ...], least: _Least) -> Excess | None:
    """The mean over the incident of (level - usual level) x requests; None when the incident was not measured."""
    weight = np.ones_like(level) if rate is None else rate
    usable = np.isfinite(level) & (weight > 0)
    before = np.flatnonzero(usable[: onset.first])
    during = np.flatnonzero(usable[onset.first : onset.last]) + onset.first
    if not len(during):
        return None
    new = len(before) < min(_KNOWN, onset.first)
    median = 0.0 if new else float(np.median(level[before]))
    spread = float(1.4826 * np.median(np.abs(level[before] - median))) if len(before) and not new else 0.0
    scale = max(spread, least.relative * abs(median), least.absolute)
    return Excess(
        amount=float(np.mean((level[during] - median) * weight[during])),
        z=float((level[during].max() - median) / scale),
        before=median,
        after=float(np.median(level[during])),
        new=new,
        rows=rows,
    )


def _one_metric(table: Table, signal: Signal) -> dict[str, list[int]]:
    """Component -> its rows of the one metric that covers most components: only like is compared with like."""
    by_metric: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(table.rows):
        if row.meaning.signal is signal and row.component:
            by_metric[row.reading.series.name][row.component].append(index)
    if not by_metric:
        return {}
    covering = max(sorted(by_metric), key=lambda name: len(by_metric[name]))
    return {node: sorted(rows, key=lambda row: _typical(table, row)) for node, rows in by_metric[covering].items()}


def _typical(table: Table, index: int) -> tuple[int, float, int]:
    """Mean before median before high quantiles; the fuller series of two alike first."""
    labels = table.rows[index].reading.series.labels
    told = " ".join([labels.get("stat", ""), labels.get("statistic", ""), labels.get("aggregation", "")]).lower()
    if "avg" in told or "mean" in told:
        return (0, 0.0, 0)
    digits = "".join(c for c in labels.get("quantile", told) if c.isdigit() or c == ".")
    quantile = float(digits or "50") if digits.strip(".") else 50.0
    return (1, quantile if quantile > 1 else 100 * quantile, -int(np.isfinite(table.values[index]).sum()))
