"""Does a recorded graph say who depends on whom, whichever way it says so?"""

from typing import Any

import pytest

from tools.base import Topology
from tools.recording.graphs import topology

NODES = [
    {"id": "cart", "type": "Service"},
    {"id": "web", "type": "Service"},
    {"id": "cart1", "type": "Service_Instance"},
    {"id": "web1", "type": "Service_Instance"},
    {"id": "registry", "type": "Coordination_Manager"},
    {"id": "m1", "type": "Virtual Machine"},
]


def _edge(source: str, label: str, target: str) -> dict[str, str]:
    return {"source": source, "target": target, "label": label}


def _edges(*told: dict[str, str]) -> frozenset[tuple[str, str]]:
    return topology({"nodes": NODES, "edges": [*told]}).edges


PARTS = (_edge("cart", "has_instance", "cart1"), _edge("web", "has_instance", "web1"))


def test_machines_and_parts_are_told_by_one_word_whatever_they_are_called() -> None:
    nodes = [{"id": "a", "type": "Node"}, {"name": "b", "kind": "Pod"}, {"id": "c", "type": "Server"}, {"id": "d"}, "e"]
    assert topology({"nodes": nodes, "edges": [], "hosts": None}) == Topology(
        frozenset("abcde"), frozenset(), {"a": "host", "b": "pod_instance", "c": "host"}
    )


@pytest.mark.parametrize(
    "told",
    [
        [_edge("m1", "hosts", "cart1")],
        [_edge("cart1", "hosted_on", "m1")],
        [_edge("cart1", "hosted on", "m1"), _edge("m1", "hosts", "cart1")],
        [_edge("m1", "has", "cart1")],
        [{"from": "cart1", "to": "m1"}],
    ],
)
def test_a_placement_is_read_in_either_direction(told: list[dict[str, str]]) -> None:
    assert _edges(*told) == {("cart1", "m1")}


@pytest.mark.parametrize(
    "told",
    [[_edge("cart1", "instance_of", "cart")], [_edge("cart", "has_instance", "cart1")], [_edge("cart", "", "cart1")]],
)
def test_a_service_depends_on_its_instances(told: list[dict[str, str]]) -> None:
    assert _edges(*told) == {("cart", "cart1")}


@pytest.mark.parametrize(
    "told",
    [
        [_edge("registry", "discovers", "cart1")],
        [_edge("cart1", "registers_with", "registry")],
        [_edge("cart1", "registers with", "registry"), _edge("registry", "discovers", "cart1")],
    ],
)
def test_what_an_instance_depends_on_does_not_become_what_it_is_a_part_of(told: list[dict[str, str]]) -> None:
    assert _edges(*PARTS, *told) == {("cart", "cart1"), ("web", "web1"), ("cart", "registry")}


def test_calls_between_instances_stay_between_them() -> None:
    assert ("web1", "cart1") in _edges(*PARTS, _edge("web1", "control_flow", "cart1"))


def test_a_call_of_an_instance_to_a_service_is_its_services() -> None:
    assert _edges(*PARTS, _edge("web1", "calls", "cart")) == {("cart", "cart1"), ("web", "web1"), ("web", "cart")}


def test_a_weight_of_an_edge_is_passed_over() -> None:
    assert topology({"nodes": [], "edges": [["web", "cart", 3]]}).edges == {("web", "cart")}


@pytest.mark.parametrize("raw", [{"source": "cart"}, ["cart"], 7])
def test_an_edge_without_two_ends_is_no_edge(raw: Any) -> None:
    with pytest.raises((LookupError, TypeError)):
        topology({"nodes": [], "edges": [raw]})
