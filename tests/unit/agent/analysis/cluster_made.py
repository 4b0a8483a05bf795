"""Objects of the Kubernetes API as `kubectl get -o json` gives them, made for tests; and what is found in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.analysis.findings import Findings
from agent.analysis.observations import Observations
from agent.analysis.ranking import diagnose
from agent.domain.alert import Alert, AlertStatus, Severity
from tools.base import LogLine, Topology
from tools.cluster.facts import Monitor, Probe
from tools.cluster.gathered import Gathered

Object = dict[str, Any]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SPACE = "shop"


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def pod(workload: str, number: int = 1, *, node: str = "node-a", **status: Any) -> Object:
    """A pod of a deployment; running and ready unless `status` says otherwise."""
    hashed = "7d9f8c6b54"
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"{workload}-{hashed}-x{number}k2p",
            "namespace": SPACE,
            "labels": {"app": workload},
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{workload}-{hashed}", "controller": True}],
        },
        "spec": {"nodeName": node, "containers": [{"name": workload}]},
        "status": {"phase": "Running", **ready(workload), **status},
    }


def name_of(item: Object) -> str:
    return str(item["metadata"]["name"])


def ready(container: str, *, yes: bool = True, restarts: int = 0, started: float = 600, **more: Any) -> Object:
    """The containers' status and the condition; `more`: of the container."""
    state = {"state": {"running": {"startedAt": ago(started)}}}
    return {
        "conditions": [{"type": "Ready", "status": str(yes)}],
        "containerStatuses": [{"name": container, "ready": yes, "restartCount": restarts, **state, **more}],
    }


def waiting(container: str, word: str, message: str = "", *, restarts: int = 0, **last: Any) -> Object:
    more: Object = {"state": {"waiting": {"reason": word, "message": message}}}
    if last:
        more["lastState"] = {"terminated": last}
    return ready(container, yes=False, restarts=restarts, **more)


def deployment(name: str, wanted: int = 1, is_ready: int = 1, **container: Any) -> Object:
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SPACE},
        "spec": {
            "replicas": wanted,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": f"{name}:1", **container}]},
            },
        },
        "status": {"replicas": wanted, "readyReplicas": is_ready},
    }


def service(name: str, port: int = 80, target: Any = 8080, selects: str = "") -> Object:
    spec = {"selector": {"app": selects or name}, "ports": [{"port": port, "targetPort": target}]}
    return {"kind": "Service", "metadata": {"name": name, "namespace": SPACE}, "spec": spec}


def endpoints(name: str, addresses: int) -> Object:
    subsets = [{"addresses": [{"ip": f"10.0.0.{n}"} for n in range(1, addresses + 1)]}] if addresses else []
    return {"kind": "Endpoints", "metadata": {"name": name, "namespace": SPACE}, "subsets": subsets}


def node(name: str, status: str = "True", **conditions: str) -> Object:
    every = {"Ready": status, "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", **conditions}
    told = [{"type": kind, "status": value} for kind, value in every.items()]
    return {"kind": "Node", "metadata": {"name": name}, "spec": {}, "status": {"conditions": told}}


def event(about: Object, reason: str, message: str, *, minutes: float = 1, count: int = 5) -> Object:
    return {
        "kind": "Event",
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": count,
        "lastTimestamp": ago(minutes),
        "involvedObject": {"kind": about["kind"], "name": name_of(about), "namespace": SPACE},
    }


def replica_set(workload: str) -> Object:
    return {"kind": "ReplicaSet", "metadata": {"name": f"{workload}-7d9f8c6b54", "namespace": SPACE}}


def quota(used: str, hard: str, what: str = "pods") -> Object:
    meta = {"name": "small", "namespace": SPACE}
    return {"kind": "ResourceQuota", "metadata": meta, "status": {"used": {what: used}, "hard": {what: hard}}}


def claim(name: str, phase: str) -> Object:
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": SPACE}, "status": {"phase": phase}}


def line(component: str, message: str, level: str = "error", minutes: float = 1) -> LogLine:
    return LogLine(NOW - timedelta(minutes=minutes), component, message, level)


def healthy() -> list[Object]:
    """Two nodes and two deployments with a service each; all is well."""
    items = [node("node-a"), node("node-b")]
    for name in ("web", "cart"):
        items += [pod(name, 1), pod(name, 2, node="node-b"), deployment(name, 2, 2, ports=[{"containerPort": 8080}])]
        items += [service(name), endpoints(name, 2)]
    return items


def alert(component: str = "web") -> Alert:
    return Alert(
        integration="alertmanager",
        name="SomethingIsWrong",
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels={"service": component},
        starts_at=NOW - timedelta(minutes=5),
    )


def diagnosed(
    *items: Object,
    lines: tuple[LogLine, ...] = (),
    monitors: tuple[Monitor, ...] = (),
    probes: tuple[Probe, ...] = (),
    calls: frozenset[tuple[str, str]] = frozenset({("web", "cart")}),
) -> Findings:
    """What the analysis makes of these objects, later ones replacing what earlier ones said."""
    gathered = Gathered(lines=list(lines), monitors=list(monitors), probes=list(probes))
    gathered.add(items)
    state = gathered.state(NOW, "objects made for a test", NOW)
    graph = Topology(frozenset({"web", "cart"}), calls)
    step = timedelta(seconds=15)
    return diagnose(Observations(now=NOW, step=step, alerts=(alert(),), topology=graph, cluster=state))
