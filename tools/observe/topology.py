"""Who calls whom around a component, and what runs on what?"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tools.base import BackendError, Tool, ToolResult, Topology, TopologySource
from tools.observe.entities import MOST
from tools.observe.several import answers
from tools.observe.window import Window

MOST_SHOWN = 30
"""Neighbours that a line names; the rest is counted."""


class NeighbourArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    component: str = Field(min_length=1, max_length=200, description="A service, instance, database or host.")
    hops: int = Field(1, ge=1, le=3, description="How far to follow the calls.")


def topology_tools(sources: Sequence[TopologySource], window: Window) -> list[Tool]:
    """None when there is no source."""
    return [CallGraphNeighbours(sources, window)] if sources else []


class CallGraphNeighbours:
    """What a component depends on, and what depends on it."""

    name = "call_graph_neighbours"
    description = "Which components a component calls or runs on, and which call it, up to three hops away."
    kind = "topology"
    arguments: type[BaseModel] = NeighbourArguments

    def __init__(self, sources: Sequence[TopologySource], window: Window) -> None:
        self._sources = sources
        self._window = window

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = NeighbourArguments.model_validate(arguments.model_dump())
        query = f"{self.name} {asked.component[:200]!r} {asked.hops} hops"
        try:
            found, missing = await answers(source.topology(self._window.now) for source in self._sources)
        except BackendError as error:
            return ToolResult(ok=False, text=f"{query}: {error}", query=query)
        told = _told(merged([one for one in found if one is not None]), asked, query)
        text = "\n".join([told.text, *missing])
        return replace(told, text=text, truncated=told.truncated or bool(missing))


def merged(graphs: Sequence[Topology]) -> Topology | None:
    """All graphs as one; None when there is none."""
    if not graphs:
        return None
    return Topology(
        nodes=frozenset().union(*(graph.nodes for graph in graphs)),
        edges=frozenset().union(*(graph.edges for graph in graphs)),
        kinds={name: kind for graph in graphs for name, kind in graph.kinds.items()},
    )


def _told(graph: Topology | None, asked: NeighbourArguments, query: str) -> ToolResult:
    if graph is None:
        return ToolResult(ok=False, text=f"{query}: no call graph is known", query=query)
    if asked.component not in graph.nodes:
        return ToolResult(ok=False, text=f"{query}: {_unknown(asked.component, graph.nodes)}", query=query)
    return _answer(graph, asked, query)


def _answer(graph: Topology, asked: NeighbourArguments, query: str) -> ToolResult:
    calls = _reached(asked.component, asked.hops, _followed(graph.edges))
    callers = _reached(asked.component, asked.hops, _followed((callee, caller) for caller, callee in graph.edges))
    kind = graph.kinds.get(asked.component, "service")
    lines = [
        f"{asked.component} is a {kind} of {len(graph.nodes)} components.",
        *(f"depends on, {hop} hop{'s' * (hop > 1)}: {_named(names, graph)}" for hop, names in calls.items()),
        *(f"is depended on by, {hop} hop{'s' * (hop > 1)}: {_named(names, graph)}" for hop, names in callers.items()),
    ]
    if not calls and not callers:
        lines.append("It has no neighbours in the graph.")
    around = [name for names in [*calls.values(), *callers.values()] for name in names]
    return ToolResult(
        ok=True,
        text="\n".join(lines),
        query=query,
        data={
            "component": asked.component,
            "kind": kind,
            "depends_on": _facts(calls),
            "depended_on_by": _facts(callers),
        },
        entities=tuple(dict.fromkeys([asked.component, *around]))[:MOST],
        truncated=any(len(names) > MOST_SHOWN for names in [*calls.values(), *callers.values()]),
    )


def _followed(edges: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    follow: dict[str, set[str]] = {}
    for start, end in edges:
        follow.setdefault(start, set()).add(end)
    return follow


def _reached(start: str, hops: int, follow: Mapping[str, set[str]]) -> dict[int, list[str]]:
    """Hop -> what is first reached with it."""
    seen, frontier, found = {start}, {start}, {}
    for hop in range(1, hops + 1):
        frontier = {end for name in frontier for end in follow.get(name, ())} - seen
        if not frontier:
            break
        seen |= frontier
        found[hop] = sorted(frontier)
    return found


def _named(names: Sequence[str], graph: Topology) -> str:
    shown = [f"{name} ({graph.kinds[name]})" if name in graph.kinds else name for name in names[:MOST_SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else "")


def _unknown(component: str, nodes: Iterable[str]) -> str:
    near = difflib.get_close_matches(component, sorted(nodes), n=5, cutoff=0.4)
    return f"there is no such component{'; like it: ' + ', '.join(near) if near else ''}"


def _facts(reached: Mapping[int, Sequence[str]]) -> JsonValue:
    return {str(hop): list[JsonValue](names[:MOST]) for hop, names in reached.items()}
