"""Is what a place, the control plane or the cluster's DNS explains held against these, and not against who suffers?"""

from typing import Any

import pytest

from agent.domain.hypothesis import Fault, Verdict
from tests.unit.agent.analysis.cluster_made import (
    NOW,
    Object,
    ago,
    deployment,
    diagnosed,
    endpoints,
    event,
    healthy,
    line,
    node,
    pod,
    ready,
    service,
    waiting,
)
from tools.cluster.facts import Probe


def _system(name: str, **status: Any) -> Object:
    item = pod(name, 1, node="cp", **status)
    item["metadata"] = {"name": f"{name}-cp", "namespace": "kube-system"}
    return item


def _crashing(name: str) -> Object:
    return _system(name, **waiting(name, "CrashLoopBackOff", restarts=9, reason="Error", exitCode=1))


def _without_cart() -> list[Object]:
    return [one for one in healthy() if one["kind"] != "Pod" or "cart" not in one["metadata"]["name"]]


def _unplaced() -> Object:
    item = pod("cart", 1, node="", phase="Pending")
    return {**item, "spec": {}, "status": {"phase": "Pending"}}


def test_a_node_that_is_not_ready_explains_pods_and_the_services_without_endpoints() -> None:
    down = [pod("cart", number, node="node-b", **ready("cart", yes=False)) for number in (1, 2)]
    told = [event(one, "NodeNotReady", "Node is not ready") for one in down]
    found = diagnosed(*healthy(), *down, *told, endpoints("cart", 0), node("node-b", "Unknown"))
    assert (found.verdict, found.component) == (Verdict.CAUSE, "node-b")


def test_a_full_disk_explains_who_was_evicted_unless_the_kubelet_says_who_filled_it() -> None:
    said = "The node was low on resource: ephemeral-storage."
    gone = [
        pod("cart", number, node="node-b", phase="Failed", reason="Evicted", message=said, conditions=[])
        for number in (1, 2)
    ]
    for one in gone:
        one["status"]["containerStatuses"] = []
    full = node("node-b", DiskPressure="True")
    reached = Probe("cart", "port 80", works=False)
    found = diagnosed(*_without_cart(), *gone, full, endpoints("cart", 0), probes=(reached,))
    assert (found.verdict, found.component, found.fault) == (Verdict.CAUSE, "node-b", Fault.RESOURCE_DISK)


def test_a_scheduler_that_is_down_explains_pods_that_nobody_places() -> None:
    found = diagnosed(*_without_cart(), _unplaced(), endpoints("cart", 0), _crashing("kube-scheduler"))
    assert (found.verdict, found.component) == (Verdict.CAUSE, "kube-scheduler")
    alone = diagnosed(*_without_cart(), _unplaced(), endpoints("cart", 0))
    assert alone.component == "cart"


def test_a_pod_whose_containers_are_being_made_was_placed_wherever_that_is() -> None:
    making = _unplaced() | {"printed": {"status": "ContainerCreating", "ready": False}, "status": {}}
    found = diagnosed(*_without_cart(), making, endpoints("cart", 0), _crashing("kube-scheduler"))
    assert "no scheduler" not in " ".join(one.why for one in found.suspects)
    assert {one.component: one.why for one in found.suspects}["cart"].count("ContainerCreating") == 1


def test_a_controller_manager_that_is_down_explains_workloads_without_pods() -> None:
    found = diagnosed(*healthy(), deployment("mail", 1, 0), _crashing("kube-controller-manager"))
    assert (found.verdict, found.component) == (Verdict.CAUSE, "kube-controller-manager")


def test_names_that_cannot_be_resolved_are_held_against_the_dns_and_not_against_whom_they_name() -> None:
    stopped = deployment("coredns", 0, 0)
    said = line("web", "call failed: lookup cart on 10.96.0.10:53: i/o timeout")
    tried = tuple(Probe(name, "port 80", works=False, unresolved=True) for name in ("web", "cart"))
    found = diagnosed(*healthy(), stopped, lines=(said,) * 5, probes=tried)
    assert (found.verdict, found.component) == (Verdict.CAUSE, "coredns")
    assert "cart" not in [one.component for one in found.suspects]


def test_what_has_been_broken_for_days_is_no_cause_of_what_is_alerted_now() -> None:
    old = pod("import", 1, **waiting("import", "CrashLoopBackOff", restarts=1700, reason="Error", exitCode=1))
    old["metadata"]["creationTimestamp"] = ago(6 * 24 * 60)
    never = pod("train", 1, node="", phase="Pending", conditions=[], containerStatuses=[])
    never["metadata"]["creationTimestamp"] = ago(9 * 24 * 60)
    refused = event(never, "FailedScheduling", "0/2 nodes are available: 2 Insufficient gpu.")
    standing = [old, deployment("import", 1, 0), never, refused]
    assert diagnosed(*healthy(), *standing).verdict is not Verdict.CAUSE
    new = pod("cart", 1, **waiting("cart", "CrashLoopBackOff", restarts=7, reason="Error", exitCode=1))
    found = diagnosed(*healthy(), *standing, new)
    assert (found.verdict, found.component) == (Verdict.CAUSE, "cart")


def test_an_old_pod_that_crashes_since_a_moment_ago_is_a_cause() -> None:
    old = pod("cart", 1, **waiting("cart", "CrashLoopBackOff", restarts=40, reason="Error", exitCode=1))
    old["metadata"]["creationTimestamp"] = ago(6 * 24 * 60)
    assert diagnosed(*healthy(), old).component == "cart"


def test_what_an_alert_is_about_is_a_cause_however_old() -> None:
    old = pod("web", 1, **waiting("web", "CrashLoopBackOff", restarts=1700, reason="Error", exitCode=1))
    old["metadata"]["creationTimestamp"] = ago(6 * 24 * 60)
    found = diagnosed(*healthy(), old)
    assert (found.verdict, found.component) == (Verdict.CAUSE, "web")
    assert found.onset.at <= NOW


def _scaled(name: str, way: str, number: str, minutes: float) -> Object:
    said = event(
        deployment(name), "ScalingReplicaSet", f"Scaled {way} replica set {name}-{number} to 1", minutes=minutes
    )
    return {**said, "type": "Normal"}


def test_who_logs_errors_of_its_own_since_it_was_rolled_out_is_suspected_before_who_only_logs() -> None:
    lines = (line("cart", "boom"), line("web", "boom"), line("web", "boom"))
    rolled = [_scaled("cart", "up", "5d", 9), _scaled("cart", "down", "4c", 8)]
    found = diagnosed(*healthy(), *rolled, lines=lines, calls=frozenset())
    assert found.suspects[0].component == "cart"
    assert "cart was rolled out anew at 11:52:00 UTC" in found.suspects[0].why


def test_a_rollout_by_itself_is_no_trouble() -> None:
    for told in (
        [_scaled("cart", "up", "5d", 9), _scaled("cart", "down", "4c", 8)],
        [_scaled("cart", "up", "5d", 90), _scaled("cart", "down", "4c", 89)],
        [_scaled("cart", "up", "5d", 9), _scaled("cart", "down", "5d", 8)],
    ):
        assert diagnosed(*healthy(), *told).verdict is Verdict.HEALTHY


def test_an_address_in_numbers_is_that_of_the_service_that_has_it() -> None:
    cart = service("cart")
    cart["spec"]["clusterIP"] = "10.96.3.4"
    told = "call failed: dial tcp 10.96.3.4:80: i/o timeout"
    found = diagnosed(*healthy(), cart, lines=(line("web", told),) * 9)
    assert found.suspects[0].component == "cart"


@pytest.mark.parametrize("word", ["server misbehaving", "i/o timeout"])
def test_a_lookup_that_fails_is_held_against_the_dns(word: str) -> None:
    dns = [pod("coredns", 1), deployment("coredns", 1, 1)]
    told = line("web", f"dial tcp: lookup cart on 10.96.0.10:53: {word}")
    assert diagnosed(*healthy(), *dns, lines=(told,) * 9).suspects[0].component == "coredns"
