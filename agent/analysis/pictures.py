"""What is drawn beside a finding? Series thinned out, and the calls around the fault."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from agent.analysis.dossier import Weighed
from agent.analysis.signals import words
from agent.domain.evidence import CallGraph, Curve
from tools.base import Floats

POINTS = 120
"""Points of a curve at most."""
CALLS = 60
"""Calls of a graph at most."""
_UNITS: Mapping[str, str] = {
    "seconds": "s",
    "bytes": "bytes",
    "percent": "%",
    "percentage": "%",
    "ratio": "ratio",
    "share": "ratio",
    "millicores": "m",
}


def curve(name: str, times: Floats, values: Floats, onset: datetime, unit: str = "") -> Curve | None:
    """None when nothing was measured. `times` are Unix seconds; NaN where there is no value."""
    measured = np.flatnonzero(np.isfinite(values))
    if not measured.size:
        return None
    kept = measured[_telling(values[measured])]
    points = tuple((float(times[at]), float(f"{values[at]:.6g}")) for at in kept)
    return Curve(name=name, unit=unit or unit_of(name), points=points, onset=onset)


def unit_of(metric: str) -> str:
    """The unit that the metric's name ends with, as the field writes names; empty when it names none."""
    return next((_UNITS[word] for word in reversed(words(metric)) if word in _UNITS), "")


def call_graph(weighed: Weighed) -> CallGraph | None:
    """The calls around where it is felt and the first suspects, the nearest first; None when no call is known."""
    suspects = [one.component for one in weighed.dossiers[:3] if one.weight > 0]
    felt = [flow.top for flow in weighed.flows] or sorted({one.service for one in weighed.seen.alerts} - {""})
    callees = weighed.graph.callees
    path = next((found for top in felt if suspects and (found := _path(callees, top, suspects[0]))), ())
    near = _distances(callees, [*path, *felt, *suspects])
    known = [(caller, callee) for caller, under in callees.items() for callee in under]
    ranked = sorted(
        (call for call in known if call[0] in near and call[1] in near),
        key=lambda call: (near[call[0]] + near[call[1]], call),
    )
    return CallGraph(calls=tuple(ranked[:CALLS]), path=path) if ranked else None


def _telling(values: Floats) -> list[int]:
    """Places of the lowest and the highest of each stretch, so that no spike is lost in thinning out."""
    if len(values) <= POINTS:
        return list(range(len(values)))
    stretches = np.array_split(np.arange(len(values)), POINTS // 2)
    kept = {int(part[choose(values[part])]) for part in stretches for choose in (np.argmin, np.argmax)}
    return sorted(kept)


def _path(callees: Mapping[str, frozenset[str]], top: str, goal: str) -> tuple[str, ...]:
    """The fewest calls from one to the other; empty when none lead there."""
    before: dict[str, str] = {top: ""}
    waiting = deque([top])
    while waiting and goal not in before:
        node = waiting.popleft()
        for callee in sorted(callees.get(node, frozenset()) - before.keys()):
            before[callee] = node
            waiting.append(callee)
    found: list[str] = []
    while goal in before and goal:
        found.append(goal)
        goal = before[goal]
    return tuple(reversed(found))


def _distances(callees: Mapping[str, frozenset[str]], begin: Iterable[str]) -> dict[str, int]:
    """Calls away from the nearest of them, either way."""
    beside: dict[str, set[str]] = {}
    for caller, under in callees.items():
        for callee in under:
            beside.setdefault(caller, set()).add(callee)
            beside.setdefault(callee, set()).add(caller)
    away = {node: 0 for node in begin if node in beside}
    waiting = deque(away)
    while waiting:
        node = waiting.popleft()
        for other in sorted(beside[node] - away.keys()):
            away[other] = away[node] + 1
            waiting.append(other)
    return away
