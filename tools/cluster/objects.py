"""What do objects of the Kubernetes API say?  JSON of the API's shape -> facts; a partial object gives partial facts.

Where a printed table is all there is, `printed` holds what it says of an object.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from tools.cluster import fields
from tools.cluster.events import event_of
from tools.cluster.facts import (
    Claim,
    ContainerSpec,
    Event,
    Isolation,
    Node,
    Pod,
    Quota,
    Service,
    ServicePort,
    Workload,
)
from tools.cluster.fields import Object
from tools.cluster.names import Names
from tools.cluster.pods import pod_of
from tools.cluster.times import MADE, before, moment

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Rollout"})
_BAD_NODE = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


class Parsed(TypedDict):
    """The parts of a `ClusterState` that are objects of the API."""

    pods: tuple[Pod, ...]
    nodes: tuple[Node, ...]
    workloads: tuple[Workload, ...]
    services: tuple[Service, ...]
    claims: tuple[Claim, ...]
    quotas: tuple[Quota, ...]
    isolations: tuple[Isolation, ...]
    events: tuple[Event, ...]


def parsed(items: Sequence[Object], events: Iterable[Object], names: Names, at: datetime) -> Parsed:
    """`at`: what ages count from."""
    mounts = {claim: fields.whole(item, names) for item in _of(items, {"Pod"}) for claim in _mounted(fields.spec(item))}
    mounts |= {claim: fields.name(item) for item in _of(items, WORKLOADS) for claim in _mounted(fields.template(item))}
    addresses = {fields.name(item): _addresses(item) for item in _of(items, {"Endpoints"})}
    wholes = {(item["kind"], fields.name(item)): fields.whole(item, names) for item in items}
    wholes |= {("PersistentVolumeClaim", claim): mount for claim, mount in mounts.items()}

    def whole(kind: str, name: str) -> str:
        return wholes.get((kind, name)) or names.whole(kind, name)

    return Parsed(
        pods=tuple(pod_of(item, names, at) for item in _of(items, {"Pod"})),
        nodes=tuple(_node(item) for item in _of(items, {"Node"})),
        workloads=tuple(_workload(item) for item in _of(items, WORKLOADS)),
        services=tuple(_service(item, addresses) for item in _of(items, {"Service"})),
        claims=tuple(_claim(item, mounts) for item in _of(items, {"PersistentVolumeClaim"})),
        quotas=tuple(_quota(item) for item in _of(items, {"ResourceQuota"})),
        isolations=tuple(_isolation(item, at) for item in _of(items, {"NetworkPolicy"}) if _isolates(item)),
        events=tuple(event_of(item, whole, at) for item in events),
    )


def _of(items: Iterable[Object], kinds: Iterable[str]) -> list[Object]:
    wanted = set(kinds)
    return [item for item in items if item.get("kind") in wanted]


def _mounted(spec: Object) -> list[str]:
    """The claims that a pod's volumes name."""
    claims = (fields.mapping(one, "persistentVolumeClaim") for one in fields.members(spec, "volumes"))
    return [name for one in claims if (name := fields.text(one, "claimName"))]


def _node(item: Object) -> Node:
    conditions = {one.type: one.status for one in fields.conditions(item)}
    spec = fields.spec(item)
    return Node(
        name=fields.name(item),
        ready=conditions.get("Ready", ""),
        pressures=tuple(one for one in _BAD_NODE if conditions.get(one) == "True"),
        cordoned=bool(spec.get("unschedulable")),
        taints=tuple(map(_taint, fields.members(spec, "taints"))),
    )


def _taint(item: Object) -> str:
    return f"{fields.text(item, 'key')}={fields.text(item, 'value')}:{fields.text(item, 'effect')}"


def _workload(item: Object) -> Workload:
    spec, status = fields.spec(item), fields.status(item)
    wanted = {"Job": "completions", "DaemonSet": "desiredNumberScheduled"}.get(item["kind"], "replicas")
    reached = {"Job": "succeeded", "DaemonSet": "numberReady"}.get(item["kind"], "readyReplicas")
    desired = fields.count(status if item["kind"] == "DaemonSet" else spec, wanted)
    told = bool(status)
    job = item["kind"] == "Job"
    return Workload(
        kind=item["kind"],
        name=fields.name(item),
        namespace=fields.namespace(item),
        desired=None if job else desired if desired is not None or not told else 1,
        ready=(fields.count(status, reached) or 0) if told else None,
        labels=fields.texts(fields.mapping(fields.meta(fields.mapping(spec, "template")), "labels")),
        containers=tuple(_container_spec(one) for one in fields.members(fields.template(item), "containers")),
        conditions=fields.conditions(item),
    )


def _container_spec(item: Object) -> ContainerSpec:
    ports = [(fields.text(one, "name"), fields.count(one, "containerPort")) for one in fields.members(item, "ports")]
    literal = [one for one in fields.members(item, "env") if one.get("value") is not None]
    return ContainerSpec(
        name=fields.text(item, "name"),
        image=fields.text(item, "image"),
        ports={name or str(number): number for name, number in ports if number is not None},
        env={fields.text(one, "name"): fields.text(one, "value") for one in literal},
        probes={which: port for which in ("liveness", "readiness", "startup") if (port := _probe_port(item, which))},
    )


def _probe_port(item: Object, which: str) -> str:
    probe = fields.mapping(item, f"{which}Probe")
    asked = (fields.text(fields.mapping(probe, how), "port") for how in ("httpGet", "tcpSocket", "grpc"))
    return next((port for port in asked if port), "")


def _service(item: Object, addresses: Mapping[str, int]) -> Service:
    ports = fields.members(fields.spec(item), "ports")
    told = fields.count(fields.mapping(item, "printed"), "addresses")
    return Service(
        name=fields.name(item),
        namespace=fields.namespace(item),
        selector=fields.texts(fields.mapping(fields.spec(item), "selector")),
        ports=tuple(
            ServicePort(fields.text(one, "name"), number, fields.text(one, "targetPort"))
            for one in ports
            if (number := fields.count(one, "port")) is not None
        ),
        addresses=addresses.get(fields.name(item), told),
        address=fields.text(fields.spec(item), "clusterIP").replace("None", ""),
    )


def _addresses(item: Object) -> int:
    return sum(len(fields.members(one, "addresses")) for one in fields.members(item, "subsets"))


def _claim(item: Object, mounts: Mapping[str, str]) -> Claim:
    name = fields.name(item)
    return Claim(name, fields.namespace(item), fields.text(fields.status(item), "phase"), mounts.get(name, name))


def _quota(item: Object) -> Quota:
    status = fields.status(item)
    used, hard = fields.mapping(status, "used"), fields.mapping(status, "hard")
    allowed = hard or fields.mapping(fields.spec(item), "hard")
    return Quota(fields.name(item), fields.namespace(item), used=fields.texts(used), hard=fields.texts(allowed))


def _isolates(item: Object) -> bool:
    """Whom it selects is isolated for what comes in unless only `Egress` is named (API reference, `policyTypes`)."""
    types = fields.spec(item).get("policyTypes")
    return "podSelector" in fields.spec(item) and (not types or "Ingress" in types)


def _isolation(item: Object, at: datetime) -> Isolation:
    selector = fields.mapping(fields.mapping(fields.spec(item), "podSelector"), "matchLabels")
    made = moment(fields.meta(item).get("creationTimestamp"))
    made = made or before(at, fields.mapping(item, "printed").get(MADE))
    return Isolation(fields.name(item), fields.namespace(item), fields.texts(selector), made)
