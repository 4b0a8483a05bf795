"""What if the system were several times as large?  The quiet history of other cases stands beside a case's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from agent.analysis import signals
from evals.case import Case
from evals.probes.recording import Recorded, read
from evals.rename import Names, names_of
from tools.recording.openmetrics import Track

_OTHERS = 3
"""So many cases are put beside it."""
_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True)
class _Guest:
    """Another case up to just before its own alert, in other names, moved to this one's now."""

    recorded: Recorded
    names: Names
    shift: timedelta


def crowd(recorded: Recorded, chance: Random) -> Recorded:
    """With the components of three other cases of the set, quiet all of them; their entries are called from its own."""
    folders = sorted(path.parent for path in recorded.case.folder.parent.glob("*/alert.json"))
    others = [Case(f"{recorded.case.set}/{one.name}", one) for one in folders if one != recorded.case.folder]
    placed = [other for other in others if "alert_at" in other.meta()]
    chosen = chance.sample(placed, min(_OTHERS, len(placed)))
    guests = [_guest(recorded, other, chance) for other in chosen]
    joined = recorded
    for guest in guests:
        joined = replace(
            joined,
            tracks=(*joined.tracks, *_tracks(guest)),
            lines=tuple(sorted((*joined.lines, *_lines(guest)), key=lambda line: float(line["ts"]))),
            graph=_graph(joined.graph, guest),
        )
    return joined


def _guest(host: Recorded, other: Case, chance: Random) -> _Guest:
    quiet_until = float(other.meta()["alert_at"]) - max(_MARGIN, 2 * other.step).total_seconds()
    now = host.case.now.timestamp() if host.case.now else quiet_until
    names = Names.of(names_of(other), chance.getrandbits(32))
    return _Guest(read(other), names, timedelta(seconds=now - quiet_until))


def _tracks(guest: _Guest) -> Iterator[Track]:
    """Without the series that name no component: they would be those of the whole, a second time."""
    moved = round(1000 * guest.shift.total_seconds())
    for track in guest.recorded.tracks:
        if signals.component(track.labels):
            labels = {name: guest.names.there(value) for name, value in track.labels.items() if name != "__name__"}
            yield Track({"__name__": track.labels["__name__"], **labels}, track.times + moved, track.values)


def _lines(guest: _Guest) -> Iterator[dict[str, Any]]:
    for line in guest.recorded.lines:
        told = {name: guest.names.there(str(line.get(name) or "")) for name in ("service", "pod", "message")}
        yield {**line, **told, "ts": float(line["ts"]) + guest.shift.total_seconds()}


def _graph(graph: Mapping[str, Any] | None, guest: _Guest) -> Mapping[str, Any] | None:
    if graph is None or guest.recorded.graph is None:
        return graph
    there = guest.names.there
    nodes = [there(node) for node in guest.recorded.graph["nodes"] if isinstance(node, str)]
    edges = [[there(caller), there(callee)] for caller, callee in guest.recorded.graph["edges"]]
    called = {callee for _, callee in edges}
    entry = graph.get("entry")
    joints = [[entry, caller] for caller, _ in edges if entry and caller not in called]
    return {**graph, "nodes": [*graph["nodes"], *nodes], "edges": [*graph["edges"], *edges, *joints]}
