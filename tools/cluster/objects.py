"""What do objects of the Kubernetes API say?  JSON of the API's shape -> facts; a partial object gives partial facts.

Beside the API's fields two of our own may stand, when a printed table is all there is: `printed` (`status`, `ready`,
`restarts`, as kubectl prints them) and `agoSeconds`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from tools.cluster.facts import (
    Claim,
    Condition,
    Container,
    ContainerSpec,
    Event,
    Node,
    Pod,
    Quota,
    Service,
    ServicePort,
    Workload,
)
from tools.cluster.names import Names
from tools.cluster.times import AGE, moment

Object = Mapping[str, Any]

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Rollout"})
_BAD_NODE = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
_DONE = "Completed"


class Parsed(TypedDict):
    """The parts of a `ClusterState` that are objects of the API."""

    pods: tuple[Pod, ...]
    nodes: tuple[Node, ...]
    workloads: tuple[Workload, ...]
    services: tuple[Service, ...]
    claims: tuple[Claim, ...]
    quotas: tuple[Quota, ...]
    events: tuple[Event, ...]


def parsed(items: Sequence[Object], events: Iterable[Object], names: Names, at: datetime) -> Parsed:
    """`at`: what ages count from."""
    pods = tuple(_pod(item, names, at) for item in _of(items, {"Pod"}))
    mounts = {claim: _whole(item, names) for item in _of(items, {"Pod"}) for claim in _mounted(_spec(item))}
    mounts |= {claim: _name(item) for item in _of(items, WORKLOADS) for claim in _mounted(_template(item))}
    addresses = {_name(item): _addresses(item) for item in _of(items, {"Endpoints"})}
    return Parsed(
        pods=pods,
        nodes=tuple(_node(item) for item in _of(items, {"Node"})),
        workloads=tuple(_workload(item) for item in _of(items, WORKLOADS)),
        services=tuple(_service(item, addresses) for item in _of(items, {"Service"})),
        claims=tuple(_claim(item, mounts) for item in _of(items, {"PersistentVolumeClaim"})),
        quotas=tuple(_quota(item) for item in _of(items, {"ResourceQuota"})),
        events=tuple(_event(item, names, at, mounts, _owners(items)) for item in events),
    )


def _of(items: Iterable[Object], kinds: Iterable[str]) -> list[Object]:
    wanted = set(kinds)
    return [item for item in items if item.get("kind") in wanted]


def _map(item: Object, key: str) -> Object:
    found = item.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(item: Object, key: str) -> list[Object]:
    found = item.get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _text(item: Object, key: str) -> str:
    found = item.get(key)
    return "" if found is None else str(found)


def _texts(item: Object) -> dict[str, str]:
    return {str(key): str(value) for key, value in item.items()}


def _count(item: Object, key: str) -> int | None:
    try:
        return int(item[key])
    except (KeyError, TypeError, ValueError):
        return None


def _meta(item: Object) -> Object:
    return _map(item, "metadata")


def _spec(item: Object) -> Object:
    return _map(item, "spec")


def _status(item: Object) -> Object:
    return _map(item, "status")


def _name(item: Object) -> str:
    return _text(_meta(item), "name")


def _space(item: Object) -> str:
    return _text(_meta(item), "namespace")


def _template(item: Object) -> Object:
    return _spec(_map(_spec(item), "template"))


def _conditions(item: Object) -> tuple[Condition, ...]:
    return tuple(
        Condition(_text(one, "type"), _text(one, "status"), _text(one, "reason"), _text(one, "message"))
        for one in _list(_status(item), "conditions")
    )


def _owner(item: Object) -> tuple[str, str]:
    owners = _list(_meta(item), "ownerReferences")
    found = next((one for one in owners if one.get("controller", True)), {})
    return _text(found, "kind"), _text(found, "name")


def _owners(items: Iterable[Object]) -> dict[tuple[str, str], tuple[str, str]]:
    return {(item["kind"], _name(item)): _owner(item) for item in items}


def _whole(item: Object, names: Names) -> str:
    return names.whole(item["kind"], _name(item), *_owner(item))


def _mounted(spec: Object) -> list[str]:
    """The claims that a pod's volumes name."""
    return [name for one in _list(spec, "volumes") if (name := _text(_map(one, "persistentVolumeClaim"), "claimName"))]


# Pods


def _pod(item: Object, names: Names, at: datetime) -> Pod:
    status, printed = _status(item), _map(item, "printed")
    containers = tuple(_container(one, at, init=False) for one in _list(status, "containerStatuses"))
    inits = tuple(_container(one, at, init=True) for one in _list(status, "initContainerStatuses"))
    conditions = _conditions(item)
    word = _text(printed, "status") or _word(status, containers, inits)
    return Pod(
        name=_name(item),
        namespace=_space(item),
        workload=_whole(item, names),
        phase=_text(status, "phase") or _phase(word),
        status=word,
        ready=_ready(printed, containers, conditions),
        node=_text(_spec(item), "nodeName"),
        deleting=bool(_text(_meta(item), "deletionTimestamp")) or word == "Terminating",
        reason=_text(status, "reason"),
        message=_text(status, "message"),
        restarts=max(_count(printed, "restarts") or 0, sum(one.restarts for one in (*containers, *inits))),
        labels=_texts(_map(_meta(item), "labels")),
        containers=(*containers, *inits, *_printed_container(printed, at, bool(containers))),
        conditions=conditions,
    )


def _printed_container(printed: Object, at: datetime, known: bool) -> tuple[Container, ...]:
    """A table's `RESTARTS 5 (2m ago)` speaks of a container that has no name there."""
    ago = _count(printed, AGE)
    if known or ago is None:
        return ()
    ended, restarts = at - timedelta(seconds=ago), _count(printed, "restarts") or 0
    return (Container("", bool(printed.get("ready")), restarts, "", last_ended_at=ended),)


def _ready(printed: Object, containers: Sequence[Container], conditions: Sequence[Condition]) -> bool:
    told = next((one.status == "True" for one in conditions if one.type == "Ready"), None)
    if told is not None:
        return told
    if containers:
        return all(one.ready for one in containers)
    return bool(printed.get("ready", False))


def _word(status: Object, containers: Sequence[Container], inits: Sequence[Container]) -> str:
    """As kubectl chooses the one word it prints (`printPod`)."""
    failing = next((one for one in inits if one.reason and one.reason != _DONE and one.state != "running"), None)
    if failing and failing.reason != "PodInitializing":
        return f"Init:{failing.reason}"
    for one in containers:
        if one.reason and one.state in {"waiting", "terminated"} and one.reason != _DONE:
            return one.reason
    return _text(status, "reason") or _text(status, "phase")


def _phase(word: str) -> str:
    """The phase behind the word that kubectl prints."""
    if word in {"Running", "Pending", "Succeeded", "Failed", "Unknown"}:
        return word
    if word == _DONE:
        return "Succeeded"
    waits = {"ContainerCreating", "PodInitializing"} | {"ImagePullBackOff", "ErrImagePull", "InvalidImageName"}
    return "Pending" if word in waits or word.startswith("Init:") else ""


def _container(item: Object, at: datetime, *, init: bool) -> Container:
    states = _map(item, "state")
    state = next((word for word in ("waiting", "terminated", "running") if word in states), "")
    now, last = _map(states, state), _map(_map(item, "lastState"), "terminated")
    ago = _count(last, AGE)
    return Container(
        name=_text(item, "name"),
        ready=bool(item.get("ready")),
        restarts=_count(item, "restartCount") or 0,
        state=state,  # type: ignore[arg-type]  # one of the three words above, or none
        reason=_text(now, "reason"),
        message=_text(now, "message"),
        exit_code=_count(now, "exitCode"),
        started_at=moment(now.get("startedAt")),
        last_reason=_text(last, "reason"),
        last_exit_code=_count(last, "exitCode"),
        last_ended_at=moment(last.get("finishedAt")) or (at - timedelta(seconds=ago) if ago is not None else None),
        init=init,
    )


# Nodes, workloads, services, claims, quotas


def _node(item: Object) -> Node:
    conditions = {one.type: one.status for one in _conditions(item)}
    spec = _spec(item)
    return Node(
        name=_name(item),
        ready=conditions.get("Ready", ""),
        pressures=tuple(one for one in _BAD_NODE if conditions.get(one) == "True"),
        cordoned=bool(spec.get("unschedulable")),
        taints=tuple(
            f"{_text(one, 'key')}={_text(one, 'value')}:{_text(one, 'effect')}" for one in _list(spec, "taints")
        ),
    )


def _workload(item: Object) -> Workload:
    spec, status = _spec(item), _status(item)
    wanted = {"Job": "completions", "DaemonSet": "desiredNumberScheduled"}.get(item["kind"], "replicas")
    reached = {"Job": "succeeded", "DaemonSet": "numberReady"}.get(item["kind"], "readyReplicas")
    desired = _count(status if item["kind"] == "DaemonSet" else spec, wanted)
    told = bool(status)
    job = item["kind"] == "Job"
    return Workload(
        kind=item["kind"],
        name=_name(item),
        namespace=_space(item),
        desired=None if job else desired if desired is not None or not told else 1,
        ready=(_count(status, reached) or 0) if told else None,
        labels=_texts(_map(_meta(_map(spec, "template")), "labels")),
        containers=tuple(_container_spec(one) for one in _list(_template(item), "containers")),
        conditions=_conditions(item),
    )


def _container_spec(item: Object) -> ContainerSpec:
    numbers = [(_text(one, "name"), _count(one, "containerPort")) for one in _list(item, "ports")]
    return ContainerSpec(
        name=_text(item, "name"),
        image=_text(item, "image"),
        ports={name or str(number): number for name, number in numbers if number is not None},
        env={_text(one, "name"): _text(one, "value") for one in _list(item, "env") if one.get("value") is not None},
        probes={which: port for which in ("liveness", "readiness", "startup") if (port := _probe_port(item, which))},
    )


def _probe_port(item: Object, which: str) -> str:
    probe = _map(item, f"{which}Probe")
    asked = (_text(_map(probe, how), "port") for how in ("httpGet", "tcpSocket", "grpc"))
    return next((port for port in asked if port), "")


def _service(item: Object, addresses: Mapping[str, int]) -> Service:
    ports = _list(_spec(item), "ports")
    told = _count(_map(item, "printed"), "addresses")
    return Service(
        name=_name(item),
        namespace=_space(item),
        selector=_texts(_map(_spec(item), "selector")),
        ports=tuple(
            ServicePort(_text(one, "name"), number, _text(one, "targetPort"))
            for one in ports
            if (number := _count(one, "port")) is not None
        ),
        addresses=addresses.get(_name(item), told),
    )


def _addresses(item: Object) -> int:
    return sum(len(_list(one, "addresses")) for one in _list(item, "subsets"))


def _claim(item: Object, mounts: Mapping[str, str]) -> Claim:
    name = _name(item)
    return Claim(name, _space(item), _text(_status(item), "phase"), mounts.get(name, name))


def _quota(item: Object) -> Quota:
    status = _status(item)
    hard = _map(status, "hard") or _map(_spec(item), "hard")
    return Quota(_name(item), _space(item), used=_texts(_map(status, "used")), hard=_texts(hard))


# Events


def _event(
    item: Object,
    names: Names,
    at: datetime,
    mounts: Mapping[str, str],
    owners: Mapping[tuple[str, str], tuple[str, str]],
) -> Event:
    about = _map(item, "involvedObject") or _map(item, "regarding")
    kind, name = _text(about, "kind"), _text(about, "name")
    series, ago = _map(item, "series"), _count(item, AGE)
    written = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"))
    whole = (
        mounts.get(name, name)
        if kind == "PersistentVolumeClaim"
        else names.whole(kind, name, *owners.get((kind, name), ("", "")))
    )
    return Event(
        type=_text(item, "type") or "Normal",
        reason=_text(item, "reason"),
        kind=kind,
        name=name,
        namespace=_text(about, "namespace") or _space(item),
        component=whole,
        message=_text(item, "message") or _text(item, "note"),
        count=_count(series, "count") or _count(item, "count") or 1,
        at=next((found for one in written if (found := moment(one))), None)
        or (at - timedelta(seconds=ago) if ago is not None else None),
    )
