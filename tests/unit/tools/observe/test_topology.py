"""What the call graph tool tells a model."""

import json
from pathlib import Path

import pytest

from tests.unit.tools.observe.telemetry import WINDOW
from tools.base import BackendError, ToolResult, Topology
from tools.clients.recorded import RecordedTopology
from tools.observe.topology import topology_tools
from tools.wrap import Toolbox


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    graphs = [
        {"nodes": ["web", "cart", "db", "mail"], "edges": [["web", "cart"], ["cart", "db"], ["web", "mail"]]},
        {"nodes": ["cart"], "edges": [], "hosts": {"cart": "n1"}},
    ]
    sources = []
    for place, graph in enumerate(graphs):
        (tmp_path / f"{place}.json").write_text(json.dumps(graph))
        sources.append(RecordedTopology(tmp_path / f"{place}.json"))
    return Toolbox(topology_tools([*sources, RecordedTopology(tmp_path / "none.json")], WINDOW))


async def test_neighbours_are_told_in_both_directions_by_distance(box: Toolbox) -> None:
    assert await box.call("call_graph_neighbours", {"component": "web", "hops": 3}) == ToolResult(
        ok=True,
        text=("web is a service of 5 components.\ndepends on, 1 hop: cart, mail\ndepends on, 2 hops: db, n1 (host)"),
        query="call_graph_neighbours 'web' 3 hops",
        data={
            "component": "web",
            "kind": "service",
            "depends_on": {"1": ["cart", "mail"], "2": ["db", "n1"]},
            "depended_on_by": {},
        },
        entities=("web", "cart", "mail", "db", "n1"),
    )
    up = await box.call("call_graph_neighbours", {"component": "db", "hops": 2})
    assert up.text.splitlines()[1:] == ["is depended on by, 1 hop: cart", "is depended on by, 2 hops: web"]


async def test_a_name_that_is_unknown_shows_what_is_like_it_and_names_no_component(box: Toolbox) -> None:
    result = await box.call("call_graph_neighbours", {"component": "carts"})
    assert (result.ok, result.text, result.entities) == (
        False,
        "call_graph_neighbours 'carts' 1 hops: there is no such component; like it: cart",
        (),
    )


class Down:
    async def topology(self, at: object) -> Topology | None:
        raise BackendError("the mesh does not answer", retry=True)


async def test_a_source_that_fails_hides_nothing_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text(json.dumps({"nodes": ["web", "cart"], "edges": [["web", "cart"]]}))
    box = Toolbox(topology_tools([Down(), RecordedTopology(tmp_path / "graph.json")], WINDOW))
    result = await box.call("call_graph_neighbours", {"component": "cart"})
    assert (result.ok, result.truncated, result.text) == (
        True,
        True,
        "cart is a service of 2 components.\nis depended on by, 1 hop: web\nNot complete: the mesh does not answer",
    )
    unknown = await box.call("call_graph_neighbours", {"component": "mail"})
    assert (unknown.ok, unknown.text) == (
        False,
        "call_graph_neighbours 'mail' 1 hops: there is no such component\nNot complete: the mesh does not answer",
    )


async def test_without_any_graph_it_says_so(tmp_path: Path) -> None:
    box = Toolbox(topology_tools([RecordedTopology(tmp_path / "none.json")], WINDOW))
    result = await box.call("call_graph_neighbours", {"component": "x"})
    assert (result.ok, result.text) == (False, "call_graph_neighbours 'x' 1 hops: no call graph is known")
