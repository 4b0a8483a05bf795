"""What does JSON about a cluster say?  The API's own shape, and the flattened one that vendors' tools return.

Flattened: `pods`, `nodes`, `deployments`, `warning_events`, `monitors`, `logs`, each a list of maps with the API's
words in snake case. Anything else is looked through for these, up to a depth.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tools.cluster.gathered import Gathered
from tools.recording import said_of
from tools.recording.kubectl_words import kind_named

Object = dict[str, Any]

_DEEPEST = 6
_DEEPEST_KEY = 40
"""No object of the API is so deep: what lies below is left as it is."""
_TRUTH = {"true": "True", "false": "False", "unknown": "Unknown"}
_PRESSURES = {
    "memoryPressure": "MemoryPressure",
    "diskPressure": "DiskPressure",
    "pidPressure": "PIDPressure",
    "networkUnavailable": "NetworkUnavailable",
}


def take(value: Any, into: Gathered, component: str = "", depth: int = 0) -> None:
    """Everything that is understood. `component`: whom the answer is about, when it does not say."""
    if isinstance(value, list):
        for one in value:
            if depth < _DEEPEST:
                take(one, into, component, depth + 1)
    elif isinstance(value, Mapping):
        item = camel(value)
        if item.get("kind") and "metadata" in item:
            into.add([item])
        elif "items" in item and isinstance(item["items"], list):
            into.add(_typed(str(item.get("kind", "")), item["items"]))
        elif said_of.is_log_kind(item):
            into.log_kinds.append(said_of.log_kind(item, component))
        elif said_of.is_monitor(item):
            into.monitors += said_of.monitors(item, component)
        else:
            _parts(item, into, component, depth)


def take_alerts(listed: Iterable[Any], into: Gathered, component: str) -> None:
    """Each member is an alert or a monitor, whatever else it is."""
    members = (camel(one) for one in listed if isinstance(one, Mapping))
    into.monitors += [found for one in members for found in said_of.monitors(one, component)]


def camel(value: Any, depth: int = 0) -> Any:
    """Keys in camel case, as the API writes them; what labels and the like hold stays as it is."""
    if isinstance(value, list) and depth < _DEEPEST_KEY:
        return [camel(one, depth + 1) for one in value]
    if not isinstance(value, Mapping) or depth >= _DEEPEST_KEY:
        return value
    return {
        _camel(str(key)): one
        if key in {"labels", "annotations", "selector", "matchLabels", "used", "hard", "data"}
        else camel(one, depth + 1)
        for key, one in value.items()
    }


def _camel(key: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), key) if key.islower() else key


def _parts(item: Object, into: Gathered, component: str, depth: int) -> None:
    for key, inner in item.items():
        build = _SHAPES.get(key)
        members = [one for one in inner if isinstance(one, Mapping)] if isinstance(inner, list) else []
        if build and members:
            into.add(found for one in members if (found := build(dict(one))))
        elif key in {"monitors", "alerts"} and members:
            take_alerts(members, into, component)
        elif isinstance(inner, Mapping | list) and depth < _DEEPEST:
            take(inner, into, component, depth + 1)


def _typed(kind: str, items: Iterable[Any]) -> list[Object]:
    """The members of a list carry no kind of their own: it is the list's."""
    own = kind.removesuffix("List")
    return [{"kind": own, **one} for one in items if isinstance(one, Mapping)]


# The flattened shape


def _meta(item: Object) -> Object:
    keep = ("name", "namespace", "labels", "deletionTimestamp", "creationTimestamp", "ownerReferences")
    return {key: item[key] for key in keep if item.get(key)}


def _conditions(item: Object) -> list[Object]:
    """A list of maps, or a map of type and status."""
    found = item.get("conditions")
    if isinstance(found, Mapping):
        return [{"type": key, **_condition(one)} for key, one in found.items()]
    return [dict(one) for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _condition(one: Any) -> Object:
    return dict(one) if isinstance(one, Mapping) else {"status": _truth(one)}


def _truth(written: Any) -> str:
    return _TRUTH.get(str(written).lower(), str(written))


def _pod(item: Object) -> Object | None:
    if "metadata" in item:
        return {"kind": "Pod", **item}
    containers = item.get("containers") or item.get("containerStatuses") or []
    return {
        "kind": "Pod",
        "metadata": _meta(item),
        "spec": {"nodeName": item.get("nodeName") or item.get("node")},
        "status": {
            "phase": item.get("phase") or item.get("status"),
            "reason": item.get("reason"),
            "message": item.get("message"),
            "startTime": item.get("startTime"),
            "conditions": _conditions(item),
            "containerStatuses": [_container(dict(one)) for one in containers if isinstance(one, Mapping)],
        },
    }


def _container(item: Object) -> Object:
    """`state` is one word, or flags with the details beside them."""
    flags = item.get("state")
    state: Object = {"word": flags} if isinstance(flags, str) else dict(flags or {})
    word = str(state.get("word", "")).lower() or next(
        (one for one in ("waiting", "terminated", "running") if state.get(one)), ""
    )
    inner = state.get(word)
    details = (
        dict(inner)
        if isinstance(inner, Mapping)
        else {key: state.get(key) for key in ("reason", "message", "exitCode", "startedAt", "finishedAt")}
    )
    last = item.get("lastState") or {}
    last = last.get("terminated", last) if isinstance(last, Mapping) else {}
    if word != "terminated" and details.get("exitCode") is not None:
        last = {"exitCode": details.pop("exitCode"), **(last if isinstance(last, Mapping) else {})}
    return {
        "name": item.get("name", ""),
        "ready": item.get("ready"),
        "restartCount": item.get("restartCount", item.get("restarts")),
        "state": {word: details} if word else {},
        "lastState": {"terminated": last} if last else {},
    }


def _node(item: Object) -> Object | None:
    if "metadata" in item:
        return {"kind": "Node", **item}
    conditions = _conditions(item)
    if item.get("ready") is not None:
        conditions.append({"type": "Ready", "status": _truth(item["ready"])})
    if str(item.get("status", "")).split(",")[0] in {"Ready", "NotReady"}:
        conditions.append({"type": "Ready", "status": str(item["status"].split(",")[0] == "Ready")})
    conditions += [{"type": kind, "status": _truth(item[key])} for key, kind in _PRESSURES.items() if key in item]
    spec = {
        "unschedulable": bool(item.get("unschedulable")),
        "taints": [one for one in item.get("taints") or [] if isinstance(one, Mapping)],
    }
    return {"kind": "Node", "metadata": _meta(item), "spec": spec, "status": {"conditions": conditions}}


def _replicated(kind: str) -> Callable[[Object], Object | None]:
    def build(item: Object) -> Object | None:
        if "metadata" in item:
            return {"kind": kind, **item}
        wanted = next((item[key] for key in ("desired", "replicas", "desiredReplicas") if key in item), None)
        ready = next((item[key] for key in ("ready", "readyReplicas", "available") if key in item), None)
        status = {
            "readyReplicas": ready,
            "numberReady": ready,
            "desiredNumberScheduled": wanted,
            "conditions": _conditions(item),
        }
        return {"kind": kind, "metadata": _meta(item), "spec": {"replicas": wanted}, "status": status}

    return build


def _event(item: Object) -> Object | None:
    if isinstance(item.get("involvedObject"), Mapping) or isinstance(item.get("regarding"), Mapping):
        return {"kind": "Event", **item}
    kind, slash, name = str(item.get("involvedObject") or item.get("object") or "").partition("/")
    about = {"kind": kind_named(kind) if slash else "", "name": name or kind, "namespace": item.get("namespace", "")}
    last = item.get("lastTime") or item.get("lastTimestamp") or item.get("lastSeen") or item.get("timestamp")
    return {**item, "kind": "Event", "involvedObject": about, "lastTimestamp": last}


_SHAPES: Mapping[str, Callable[[Object], Object | None]] = {
    "pods": _pod,
    "nodes": _node,
    "deployments": _replicated("Deployment"),
    "statefulsets": _replicated("StatefulSet"),
    "statefulSets": _replicated("StatefulSet"),
    "daemonsets": _replicated("DaemonSet"),
    "daemonSets": _replicated("DaemonSet"),
    "warningEvents": _event,
    "events": _event,
}
