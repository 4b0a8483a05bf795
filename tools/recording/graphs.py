"""Who depends on whom in a recorded graph?  Call graphs, and typed graphs of services, their instances and machines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tools.base import Topology

_PLACES = ("host", "node", "vm", "machine")
_ALSO_PLACES = frozenset({"server", "os", "hypervisor"})
_PARTS = ("pod", "container", "replica")
_PLACE, _PART = "host", "instance"
_MACHINE = 2
_INVERSE = frozenset(
    {
        *("hosts", "runs", "instance_of", "part_of", "belongs_to", "member_of"),
        *("called_by", "used_by", "required_by", "discovers"),
    }
)
"""Words for an edge whose target depends on its source, or is the whole of it."""
_DIRECT = frozenset(
    {
        *("calls", "invokes", "control_flow", "data_flow", "depends_on", "uses", "requires", "connects_to", "queries"),
        *("reads_from", "writes_to", "publishes_to", "registers_with", "hosted_on", "runs_on", "deployed_on"),
    }
)
"""Words for an edge whose source depends on its target, whatever the two are."""
_NAME, _TYPE = ("id", "name"), ("type", "kind")
_SOURCE, _TARGET = ("source", "from", "caller"), ("target", "to", "callee")
_LABEL = ("label", "type", "relation")


class _Edge(NamedTuple):
    source: str
    target: str
    direct: bool
    """It is a dependency, and not just what something is a part of or runs on."""


def topology(graph: Mapping[str, Any]) -> Topology:
    """Nodes (names, or objects with `id` and `type`), edges [who depends, on whom], `hosts` {component: host}."""
    told = {str(_one(node, _NAME)): _one(node, _TYPE, "") for node in map(_node, graph["nodes"])}
    kinds = {name: _kind(str(written)) for name, written in told.items() if written}
    edges = set(_lifted([edge for raw in graph["edges"] if (edge := _oriented(raw, kinds))], kinds))
    for component, host in (graph.get("hosts") or {}).items():
        kinds[str(host)] = _PLACE
        edges.add((str(component), str(host)))
    nodes = told.keys() | kinds.keys() | {end for edge in edges for end in edge}
    return Topology(frozenset(nodes), frozenset(edges), kinds)


def _node(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, dict) else {"id": str(raw)}


def _one(item: Mapping[str, Any], names: Sequence[str], otherwise: str | None = None) -> Any:
    """The first that is there; KeyError, by the usual name, when none is and nothing stands for it."""
    found = next((item[name] for name in names if item.get(name) not in (None, "")), otherwise)
    return item[names[0]] if found is None else found


def _kind(written: str) -> str:
    """One word for machines, one ending for what a service has several of."""
    word = _word(written)
    if word in _ALSO_PLACES or word.endswith(_PLACES):
        return _PLACE
    return f"{word}_{_PART}" if word.endswith(_PARTS) else word


def _oriented(raw: Any, kinds: Mapping[str, str]) -> _Edge | None:
    """From who depends; None for the backward half of an edge that is told in both directions."""
    if isinstance(raw, dict):
        source, target = str(_one(raw, _SOURCE)), str(_one(raw, _TARGET))
        label = _word(str(_one(raw, _LABEL, "")))
    else:
        # What stands behind the two ends is a weight.
        source, target, label = str(raw[0]), str(raw[1]), ""
    from_, to = _depth(kinds.get(source, "")), _depth(kinds.get(target, ""))
    if label in _DIRECT:
        return _Edge(source, target, direct=True)
    if label in _INVERSE or from_ == _MACHINE > to:
        return _Edge(target, source, direct=from_ <= to)
    return None if from_ > to else _Edge(source, target, direct=False)


def _word(written: str) -> str:
    return "_".join(written.lower().replace("-", " ").split())


def _depth(kind: str) -> int:
    """0 for a service, 1 for an instance of one, 2 for the machine it runs on."""
    return _MACHINE if kind == _PLACE else int(kind.endswith(_PART))


def _lifted(edges: list[_Edge], kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """An instance depends as its service does: only what it is a part of, and where it runs, are its own edges."""
    depths = {end: _depth(kinds.get(end, "")) for edge in edges for end in edge[:2]}
    parts = (edge for edge in edges if not edge.direct and (depths[edge.source], depths[edge.target]) == (0, 1))
    whole = {edge.target: edge.source for edge in parts}
    for edge in edges:
        source, target = edge.source, edge.target
        if edge.direct and {depths[source], depths[target]} == {0, 1}:
            source, target = whole.get(source, source), whole.get(target, target)
        if source != target:
            yield source, target
