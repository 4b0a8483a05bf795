"""Where does each component stand in the picture of who calls whom?  Callers left, what they call right of them.

Layers as in Sugiyama, Tagawa and Toda, Methods for Visual Understanding of Hierarchical System Structures, 1981: a
component stands one column right of the last of its callers; within a column by the mean height of its callers.
"""

from collections.abc import Sequence
from typing import Literal

from agent.domain.base import Noun
from agent.domain.evidence import CallGraph
from tools.wording import cut

MOST = 24
"""Components drawn; the nearest to the fault, which come first in the graph."""
_COLUMN, _ROW, _WIDTH, _HEIGHT, _EDGE = 210, 46, 160, 30, 8
_LETTERS = 20


class Box(Noun):
    name: str
    shown: str
    """The name, cut where there is no place."""
    x: int
    y: int
    role: Literal["cause", "path", "suspect", "other"]


class Line(Noun):
    x1: int
    y1: int
    x2: int
    y2: int
    on_path: bool


class Drawing(Noun):
    """Pixels, from the upper left."""

    width: int
    height: int
    box_width: int = _WIDTH
    box_height: int = _HEIGHT
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int
    """Components that are not drawn."""
    said: str
    """The same in one sentence."""


def draw(graph: CallGraph, suspects: Sequence[str] = ()) -> Drawing:
    """`suspects`: the likeliest first."""
    names = list(dict.fromkeys([*graph.path, *(name for call in graph.calls for name in call)]))
    kept = names[:MOST]
    calls = [call for call in graph.calls if call[0] in kept and call[1] in kept and call[0] != call[1]]
    columns = _columns(kept, calls)
    places = _places(columns, calls)
    on_path = {*zip(graph.path, graph.path[1:], strict=False)}
    return Drawing(
        width=len(columns) * _COLUMN - (_COLUMN - _WIDTH) + 2 * _EDGE,
        height=max(len(column) for column in columns) * _ROW - (_ROW - _HEIGHT) + 2 * _EDGE,
        boxes=tuple(_box(name, places[name], graph, suspects) for name in kept),
        lines=tuple(_line(places[caller], places[callee], (caller, callee) in on_path) for caller, callee in calls),
        left_out=len(names) - len(kept),
        said=_said(graph, suspects, len(names)),
    )


def _columns(names: Sequence[str], calls: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Each component right of its callers; calls in a circle give up after as many rounds as there are components."""
    depth = dict.fromkeys(names, 0)
    for _ in range(len(names)):
        deeper = {callee: depth[caller] + 1 for caller, callee in calls if depth[callee] <= depth[caller]}
        if not deeper or max(deeper.values()) >= len(names):
            break
        depth |= deeper
    used = sorted(set(depth.values()))
    return [[name for name in names if depth[name] == level] for level in used]


def _places(columns: Sequence[list[str]], calls: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    row: dict[str, float] = {}
    places: dict[str, tuple[int, int]] = {}
    for number, column in enumerate(columns):
        heights = {
            name: [row[caller] for caller, callee in calls if callee == name and caller in row] for name in column
        }
        means = {name: sum(above) / len(above) if above else 0.0 for name, above in heights.items()}
        for place, name in enumerate(sorted(column, key=means.__getitem__)):
            row[name] = place
            places[name] = (_EDGE + number * _COLUMN, _EDGE + place * _ROW)
    return places


def _box(name: str, place: tuple[int, int], graph: CallGraph, suspects: Sequence[str]) -> Box:
    role: Literal["cause", "path", "suspect", "other"] = "other"
    if suspects and name == suspects[0]:
        role = "cause"
    elif name in graph.path:
        role = "path"
    elif name in suspects:
        role = "suspect"
    return Box(name=name, shown=cut(name, _LETTERS), x=place[0], y=place[1], role=role)


def _line(caller: tuple[int, int], callee: tuple[int, int], on_path: bool) -> Line:
    """From the right edge of one to the left edge of the other, or the other way round when it stands left of it."""
    begins = caller[0] + _WIDTH if callee[0] > caller[0] else caller[0]
    ends = callee[0] if callee[0] > caller[0] else callee[0] + _WIDTH if callee[0] < caller[0] else callee[0]
    return Line(x1=begins, y1=caller[1] + _HEIGHT // 2, x2=ends, y2=callee[1] + _HEIGHT // 2, on_path=on_path)


def _said(graph: CallGraph, suspects: Sequence[str], components: int) -> str:
    told = f"{components} components and {len(graph.calls)} calls between them."
    if graph.told:
        told += f" {graph.told}"
    elif suspects:
        told += f" The first suspect is {suspects[0]}."
    return told
