"""What if the system were several times as large?  The quiet history of other cases stands beside a case's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np

from agent.analysis import signals
from evals.case import Case
from evals.probes.recording import Recorded, read
from evals.quiet import MARGIN
from evals.rename import Names, names_of
from tools.recording.openmetrics import Track

_OTHERS = 3
"""So many cases are put beside it."""


@dataclass(frozen=True)
class _Guest:
    """Another case up to just before its own alert, in other names, its moments shuffled.

    All series of it are shuffled alike, so that what moved together still does; but no moment, the last one
    included, stands out for when it was: there is nothing of an onset left (a permutation, as for a test).
    """

    recorded: Recorded
    names: Names
    moved: Mapping[int, int]
    """Step of its own clock -> step of the clock of the case that it stands beside."""

    def at(self, milliseconds: float) -> float | None:
        """When a moment is now; None for what came later than just before its alert."""
        width = 1000 * self.recorded.step.total_seconds()
        step = int(milliseconds // width)
        return self.moved[step] * width + milliseconds % width if step in self.moved else None


def crowd(recorded: Recorded, chance: Random) -> Recorded:
    """With the components of three other cases of the set, quiet all of them; their entries are called from its own."""
    folders = sorted(path.parent for path in recorded.case.folder.parent.glob("*/alert.json"))
    others = [Case(f"{recorded.case.set}/{one.name}", one) for one in folders if one != recorded.case.folder]
    placed = [other for other in others if {"history_start", "alert_at"} <= other.meta().keys()]
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
    recorded, width = read(other), other.step.total_seconds()
    meta = other.meta()
    end = float(meta["alert_at"]) - max(MARGIN, 2 * other.step).total_seconds()
    steps = list(range(int(float(meta["history_start"]) // width), int(end // width)))
    last = int((host.case.now.timestamp() if host.case.now else end) // width)
    places = list(range(last - len(steps), last))
    chance.shuffle(places)
    return _Guest(recorded, Names.of(names_of(other), chance.getrandbits(32)), dict(zip(steps, places, strict=True)))


def _tracks(guest: _Guest) -> Iterator[Track]:
    """Without the series that name no component: they would be those of the whole, a second time."""
    for track in guest.recorded.tracks:
        samples = {at: value for old, value in _samples(track) if (at := guest.at(old)) is not None}
        if signals.component(track.labels) and samples:
            labels = {name: guest.names.there(value) for name, value in track.labels.items() if name != "__name__"}
            times = np.array(sorted(samples), dtype=np.int64)
            values = np.array([samples[at] for at in sorted(samples)])
            yield Track({"__name__": track.labels["__name__"], **labels}, times, values)


def _samples(track: Track) -> Iterator[tuple[float, float]]:
    return zip(track.times.tolist(), track.values.tolist(), strict=True)


def _lines(guest: _Guest) -> Iterator[dict[str, Any]]:
    for line in guest.recorded.lines:
        if (at := guest.at(1000 * float(line["ts"]))) is not None:
            told = {name: guest.names.there(str(line.get(name) or "")) for name in ("service", "pod", "message")}
            yield {**line, **told, "ts": at / 1000}


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
