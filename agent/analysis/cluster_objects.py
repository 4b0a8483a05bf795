"""What is wrong with nodes, workloads, claims and quotas, by their own status?

Kubernetes documentation, "Nodes" (conditions, heartbeats), "Node-pressure Eviction", "Deployments" (progress
deadline, replica failure), "Persistent Volumes" (binding) and "Resource Quotas".
"""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from agent.analysis import cluster_messages as messages
from agent.analysis.cluster_standing import Now
from agent.analysis.cluster_trouble import BROKEN, FAILING, HINT, WRONG, Trouble
from agent.domain.hypothesis import Fault
from tools.cluster.facts import Claim, Node, Quota, Workload

_PRESSURE = {"DiskPressure": Fault.RESOURCE_DISK, "MemoryPressure": Fault.RESOURCE_MEMORY}
_UNITS = {
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
}


def troubles(now: Now) -> list[Trouble]:
    state = now.state
    return [
        *(found for node in state.nodes for found in _node(node)),
        *(found for workload in state.workloads for found in _workload(workload, now)),
        *(found for claim in state.claims for found in _claim(claim)),
        *(found for quota in state.quotas for found in _quota(quota, now)),
    ]


def _node(node: Node) -> Iterable[Trouble]:
    def trouble(kind: str, text: str, strength: float, fault: Fault) -> Trouble:
        content: JsonValue = {"ready": node.ready, "pressures": list(node.pressures), "cordoned": node.cordoned}
        return Trouble(node.name, kind, text, strength, fault, f"Node {node.name}", content)

    if node.ready in {"False", "Unknown"}:
        silent = "its kubelet is silent" if node.ready == "Unknown" else "its kubelet reports trouble"
        yield trouble(
            "node", f"node {node.name} is not ready (Ready={node.ready}): {silent}", BROKEN, Fault.INFRASTRUCTURE
        )
    for pressure in node.pressures:
        fault = _PRESSURE.get(pressure, Fault.INFRASTRUCTURE)
        yield trouble(pressure, f"node {node.name} reports {pressure}", FAILING, fault)
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
    short = workload.desired is not None and workload.ready is not None and workload.ready < workload.desired
    if not short or (workload.name in now.pods and now.well(workload.name)):
        return
    refused = next((one for one in unmet if one.type == "ReplicaFailure"), None)
    if refused:
        kind = messages.first(messages.ADMISSION, refused.message)
        why = f": {kind.says}" if kind else ""
        text = f"pods of {workload.name} cannot be created{why}"
        yield Trouble(
            workload.name, "refused", text, BROKEN, kind.fault if kind else Fault.CONFIGURATION, about, content
        )
    why = "".join(f", {one.reason}" for one in unmet)
    text = f"{workload.ready} of {workload.desired} wanted pods of {workload.name} are ready{why}"
    fault = Fault.DEPLOYMENT if any(one.reason == "ProgressDeadlineExceeded" for one in unmet) else Fault.UNKNOWN
    yield Trouble(workload.name, "short", text, WRONG, fault, about, content, own=False, place=workload.namespace)


_BAD_CONDITIONS = {("Available", "False"), ("Progressing", "False"), ("ReplicaFailure", "True"), ("Failed", "True")}


def _claim(claim: Claim) -> Iterable[Trouble]:
    if claim.phase not in {"Pending", "Lost"}:
        return
    text = f"volume claim {claim.name} is {claim.phase}: no volume is bound to it"
    about = f"PersistentVolumeClaim {claim.namespace}/{claim.name}"
    yield Trouble(claim.component, "claim", text, WRONG, Fault.CONFIGURATION, about, {"phase": claim.phase})


def _quota(quota: Quota, now: Now) -> Iterable[Trouble]:
    """A full quota is usual; it is the cause when somebody is refused because of it."""
    full = [name for name, hard in quota.hard.items() if _full(quota.used.get(name, ""), hard)]
    refused = quota_refusals(now, quota.namespace)
    if not full and quota.name not in " ".join(refused):
        return
    what = ", ".join(f"{name} {quota.used.get(name, '?')} of {quota.hard[name]}" for name in full)
    text = f"quota {quota.name} of namespace {quota.namespace} is used up: {what or 'pods are refused'}"
    kind = messages.first(messages.QUOTA, " ".join(full) or " ".join(refused))
    fault = kind.fault if kind else Fault.RESOURCE_POOL
    content: JsonValue = {"used": {**quota.used}, "hard": {**quota.hard}}
    about = f"ResourceQuota {quota.namespace}/{quota.name}"
    yield Trouble(quota.namespace, "quota", text, BROKEN if refused else HINT, fault, about, content)


def quota_refusals(now: Now, namespace: str) -> list[str]:
    """What was said to those whose pods are refused now."""
    return [
        one.message
        for one in now.state.events
        if one.namespace in {namespace, ""}
        and one.reason == "FailedCreate"
        and "quota" in one.message
        and now.stands(one)
    ]


def _full(used: str, hard: str) -> bool:
    mine, most = quantity(used), quantity(hard)
    return mine is not None and most is not None and mine >= most > 0


def quantity(text: str) -> Decimal | None:
    """A quantity of the Kubernetes API (`250m`, `1Gi`, `3`); None when it is none."""
    unit = next((one for one in _UNITS if text.endswith(one)), "")
    try:
        return Decimal(text.removesuffix(unit)) * _UNITS.get(unit, Decimal(1))
    except InvalidOperation:
        return None
