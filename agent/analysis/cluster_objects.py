"""What is wrong with nodes, workloads and claims, by their own status?

Kubernetes documentation, "Nodes" (conditions, heartbeats), "Node-pressure Eviction", "Deployments" (progress
deadline) and "Persistent Volumes" (binding).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from pydantic import JsonValue

from agent.analysis.cluster_addresses import addresses
from agent.analysis.cluster_standing import Now
from agent.analysis.cluster_trouble import BROKEN, FAILING, HINT, ROLLOUT, WRONG, Trouble
from agent.analysis.wording import quoted
from agent.domain.hypothesis import Fault
from tools.cluster.facts import Claim, Event, Node, Workload

_PRESSURE = {"DiskPressure": Fault.RESOURCE_DISK, "MemoryPressure": Fault.RESOURCE_MEMORY}


def troubles(now: Now) -> list[Trouble]:
    state = now.state
    return [
        *(found for node in state.nodes for found in _node(node)),
        *(found for workload in state.workloads for found in _workload(workload, now)),
        *_rollouts(now),
        *(found for claim in state.claims for found in _claim(claim)),
    ]


def _node(node: Node) -> Iterable[Trouble]:
    def trouble(kind: str, text: str, strength: float, fault: Fault) -> Trouble:
        content: JsonValue = {"ready": node.ready, "pressures": list(node.pressures), "cordoned": node.cordoned}
        return Trouble(node.name, kind, text, strength, fault, f"Node {node.name}", content)

    if node.ready in {"False", "Unknown"}:
        silent = "its kubelet is silent" if node.ready == "Unknown" else "its kubelet reports trouble"
        text = f"node {node.name} is not ready, its condition Ready is {quoted(node.ready)}: {silent}"
        yield trouble("node", text, BROKEN, Fault.INFRASTRUCTURE)
    for pressure in node.pressures:
        fault = _PRESSURE.get(pressure, Fault.INFRASTRUCTURE)
        yield trouble(pressure, f"node {node.name} reports {quoted(pressure)}", FAILING, fault)
    if node.cordoned:
        yield trouble("cordon", f"node {node.name} is cordoned: it takes no new pods", HINT, Fault.INFRASTRUCTURE)


def _workload(workload: Workload, now: Now) -> Iterable[Trouble]:
    about = f"{workload.kind} {workload.namespace}/{workload.name}"
    unmet = [one for one in workload.conditions if (one.type, one.status) in _BAD_CONDITIONS]
    content: JsonValue = {
        "desired": workload.desired,
        "ready": workload.ready,
        "conditions": [f"{one.type}={one.status} {one.reason}: {one.message[:240]}" for one in unmet],
    }
    if workload.desired == 0 and (zero := _zero(workload, now)):
        yield zero
    short = workload.desired is not None and workload.ready is not None and workload.ready < workload.desired
    if not short or (workload.name in now.pods and now.well(workload.name)):
        return
    why = "".join(f", {one.reason}" for one in unmet)
    text = f"{workload.ready} of {workload.desired} wanted pods of {workload.name} are ready{why}"
    fault = Fault.DEPLOYMENT if any(one.reason == "ProgressDeadlineExceeded" for one in unmet) else Fault.UNKNOWN
    kind, strength = "short", WRONG
    if now.state.pods and workload.name not in now.pods:
        kind, strength, text = "absent", FAILING, f"{text}: it has no pod at all"
    yield Trouble(workload.name, kind, text, strength, fault, about, content, own=False, place=workload.namespace)


def _zero(workload: Workload, now: Now) -> Trouble | None:
    """Nothing is wanted of it: that is meant so, unless others call it or it was just now scaled down."""
    called = sorted({one.workload.name for one in addresses(now.state) if one.host == workload.name} - {workload.name})
    scaled = any(
        one.reason == "ScalingReplicaSet" and one.component == workload.name and now.recent(one.at)
        for one in now.state.events
    )
    if not (called or scaled or workload.name == now.dns):
        return None
    why = f"though {called[0]} calls it" if called else "just now" if scaled else "and nobody else resolves names"
    text = f"{workload.name} is scaled to {workload.desired}, {why}"
    about = f"{workload.kind} {workload.namespace}/{workload.name}"
    strength = BROKEN if workload.name == now.dns else WRONG
    content: JsonValue = {"desired": workload.desired, "called by": [*called]}
    return Trouble(workload.name, "zero", text, strength, Fault.CONFIGURATION, about, content)


_BAD_CONDITIONS = {("Available", "False"), ("Progressing", "False"), ("ReplicaFailure", "True"), ("Failed", "True")}


def _rollouts(now: Now) -> Iterable[Trouble]:
    """One replica set was scaled up and another down, within the hour that events are kept: what runs is new."""
    scaled: dict[str, list[tuple[Event, str, str]]] = defaultdict(list)
    for event in now.state.events:
        found = _SCALED.search(event.message) if event.reason == "ScalingReplicaSet" else None
        if found and event.at is not None and now.state.at - event.at <= _KEPT:
            scaled[event.component].append((event, found[1], found[2]))
    for component, events in scaled.items():
        up = {name for _, way, name in events if way == "up"}
        down = {name for _, way, name in events if way == "down"}
        if up - down and down - up:
            last = max(event.at for event, _, _ in events if event.at)
            text = f"{component} was rolled out anew at {last:%H:%M:%S} UTC"
            about = f"events of Deployment {events[0][0].namespace}/{component}"
            content: JsonValue = {"up": [*sorted(up - down)], "down": [*sorted(down - up)]}
            yield Trouble(component, ROLLOUT, text, HINT, Fault.DEPLOYMENT, about, content)


_SCALED = re.compile(r"Scaled (up|down) replica set (\S+)")
_KEPT = timedelta(hours=1)


def _claim(claim: Claim) -> Iterable[Trouble]:
    if claim.phase not in {"Pending", "Lost"}:
        return
    text = f"volume claim {claim.name} is {quoted(claim.phase)}: no volume is bound to it"
    about = f"PersistentVolumeClaim {claim.namespace}/{claim.name}"
    yield Trouble(claim.component, "claim", text, WRONG, Fault.CONFIGURATION, about, {"phase": claim.phase})
