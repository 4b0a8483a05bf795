"""Who has stopped making calls?

A request that fails early makes fewer calls than usual. Counted per request that reaches it, a caller that alone makes
fewer calls ends its requests itself, unless what it still calls as ever explains that; when several callers do, what
they all call ends them.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from agent.analysis.changes import gain
from agent.analysis.onset import Onset
from agent.analysis.signals import Signal
from agent.analysis.table import Table
from tools.base import Floats

Key = TypeVar("Key")

_JITTER = 0.1
"""A tenth of the usual number of calls is the least deviation that is ever called one unit."""
_KNOWN = 5
"""Samples of a baseline that say what is usual."""
_FEWEST = 2
"""Kinds of call, or callers, from which one can speak of all of them."""


@dataclass(frozen=True)
class Lost:
    """Calls that a component accounts for no longer being made."""

    component: str
    part: float
    """0 to 1: of the calls that it makes, or gets, in usual times."""
    z: float
    edge: tuple[str, str]
    """Where it shows most."""
    before: float
    """Calls per request of the caller, usually."""
    after: float
    row: int
    share: float = 1.0
    """`part` over that of whoever accounts for most."""
    failing: float = 1.0
    """0 to 1: how clearly requests fail where the alert is, which is what missing calls would explain."""
    reached: frozenset[str] = frozenset()
    """Of a caller that alone makes fewer calls: what it still calls as ever. One of those may have ended them."""
    excused: float = 0.0
    """0 to 1: how clearly one of those, or what it depends on, stands out by itself."""

    @property
    def strength(self) -> float:
        """0 to 1: how clearly the calls are missing, how much of that it accounts for, and of what it explains."""
        return (1 - self.excused) * self.failing * self.share * gain(self.z)


@dataclass(frozen=True)
class _Edge:
    part: float
    """Of its calls that is missing, at most 1; below 0 when there are more."""
    z: float
    before: float
    after: float
    row: int


def lost(table: Table, onset: Onset) -> list[Lost]:
    """Every component that accounts for missing calls, the strongest first."""
    out: dict[str, dict[str, _Edge]] = defaultdict(dict)
    for (caller, callee), edge in _edges(table, onset).items():
        out[caller][callee] = edge
    changed = {caller: z for caller, made in out.items() if gain(z := _together(made)) > 0}
    if len(changed) < _FEWEST:
        found = [_alone(caller, out[caller], z) for caller, z in changed.items()]
    else:
        found = _shared({caller: out[caller] for caller in changed}, min(changed.values()))
    return sorted((one for one in found if one.part > 0), key=lambda one: (-one.part, one.component))


def _together(made: Mapping[str, _Edge]) -> float:
    """The deviations of a caller's kinds of call as one (Stouffer 1949); 0 when it makes one kind only."""
    return sum(edge.z for edge in made.values()) / math.sqrt(len(made)) if len(made) >= _FEWEST else 0.0


def _alone(caller: str, made: Mapping[str, _Edge], z: float) -> Lost:
    reached = frozenset(callee for callee, edge in made.items() if not gain(edge.z))
    return replace(_told(caller, _mean(made), z, {caller: made}), reached=reached)


def _mean(made: Mapping[str, _Edge]) -> float:
    return sum(max(0.0, edge.part) for edge in made.values()) / len(made)


def _shared(changed: Mapping[str, Mapping[str, _Edge]], z: float) -> list[Lost]:
    """What all of the changed callers call less, each by the part that the least concerned of them misses."""
    callees = set[str].intersection(*(set(made) for made in changed.values()))
    return [
        _told(callee, min(made[callee].part for made in changed.values()), z, _into(callee, changed))
        for callee in sorted(callees)
    ]


def _into(callee: str, changed: Mapping[str, Mapping[str, _Edge]]) -> dict[str, dict[str, _Edge]]:
    return {caller: {callee: made[callee]} for caller, made in changed.items()}


def _told(component: str, part: float, z: float, shown: Mapping[str, Mapping[str, _Edge]]) -> Lost:
    """With the pair of components where it shows most."""
    edge, where = max(
        ((edge, (caller, callee)) for caller, made in shown.items() for callee, edge in made.items()),
        key=lambda one: (one[0].part, one[1]),
    )
    return Lost(component, part, z, where, edge.before, edge.after, edge.row)


def _edges(table: Table, onset: Onset) -> dict[tuple[str, str], _Edge]:
    """(caller, callee) -> how many of its calls are missing, each per request that reaches the caller.

    Counted by the same metric where that tells of calls to the caller, too: two metrics disagree by chance.
    """
    between, within = _traffic(table)
    made = {edge: _summed(table.values[rows]) for edge, rows in between.items()}
    incoming = {node: _summed(table.values[rows]) for node, rows in within.items()}
    for caller in {caller for caller, _ in made}:
        if got := [values for (_, callee), values in made.items() if callee == caller]:
            incoming[caller] = _summed(np.array(got))
    found = {}
    for edge, values in made.items():
        ratio = values if edge[0] not in incoming else _per_request(values, incoming[edge[0]])
        if one := _missing(ratio, between[edge][0], onset):
            found[edge] = one
    return found


def _traffic(table: Table) -> tuple[dict[tuple[str, str], list[int]], dict[str, list[int]]]:
    """Rows of the metric of calls that covers most pairs, and of the one of requests that covers most components."""
    pairs: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    single: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(table.rows):
        if row.meaning.signal is Signal.TRAFFIC and row.edge:
            pairs[row.reading.series.name][row.edge].append(index)
        elif row.meaning.signal is Signal.TRAFFIC and row.component:
            single[row.reading.series.name][row.component].append(index)
    return _widest(pairs), _widest(single)


def _widest(by_metric: Mapping[str, Mapping[Key, list[int]]]) -> dict[Key, list[int]]:
    if not by_metric:
        return {}
    name = max(sorted(by_metric), key=lambda name: (len(by_metric[name]), -sum(map(len, by_metric[name].values()))))
    return dict(by_metric[name])


def _per_request(calls: Floats, requests: Floats) -> Floats:
    ratio: Floats = np.divide(calls, requests, out=np.full_like(calls, np.nan), where=requests > 0)
    return ratio


def _summed(values: Floats) -> Floats:
    total: Floats = np.where(np.isfinite(values).any(axis=0), np.nansum(values, axis=0), np.nan)
    return total


def _missing(ratio: Floats, row: int, onset: Onset) -> _Edge | None:
    before, during = ratio[: onset.first], ratio[onset.first : onset.last]
    before, during = before[np.isfinite(before)], during[np.isfinite(during)]
    if len(before) < _KNOWN or not len(during):
        return None
    usual, now = float(np.median(before)), float(np.median(during))
    if usual <= 0:
        return None
    spread = 1.4826 * float(np.median(np.abs(before - usual)))
    return _Edge(1 - now / usual, (usual - now) / max(spread, _JITTER * usual), usual, now, row)
