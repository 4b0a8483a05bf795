"""What does the text of `kubectl describe` say?  Its sections -> objects of the API's shape.

Tables in it are told by two blanks between their columns.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.cluster.times import AGE
from tools.recording.kubectl_sections import Section, sections
from tools.recording.kubectl_words import KINDS, absent, ago, count_of, kind_of, labels

Object = dict[str, Any]

_COLUMNS = re.compile(r"\s{2,}")
_PORT = re.compile(r":(\w[\w-]*)(?=[/\s]|$)")


def described(text: str) -> bool:
    """Is it such a text?"""
    return bool(re.match(r"\s*Name:\s+\S", text)) and "\n" in text.strip()


def objects(text: str, args: Mapping[str, Any]) -> list[Object]:
    """Every object that is described, and its events. `args`: what was asked, which may name the kind."""
    parts = re.split(r"(?m)^(?=Name:\s)", text)
    return [found for part in parts if part.strip() for found in _described(part, args)]


def _described(text: str, args: Mapping[str, Any]) -> list[Object]:
    found = sections(text.splitlines())
    first = {one.key: one for one in reversed(found)}
    kind = kind_of(args) or _guessed(first)
    name = first["Name"].value
    space = first["Namespace"].value if "Namespace" in first else ""
    item: Object = {"kind": kind, "metadata": {"name": name, "namespace": absent(space)}}
    build = _BUILDERS.get(kind)
    if build:
        for key, value in build(found, first).items():
            item[key] = {**item[key], **value} if key in item else value
    return [item, *_used_by(first, kind, name, space), *_events(first, kind, name, space)]


def _guessed(first: Mapping[str, Section]) -> str:
    for telling, kind in _TELLING:
        if all(key in first for key in telling):
            return kind
    return ""


_TELLING = (
    (("Containers", "Node"), "Pod"),
    (("StrategyType",), "Deployment"),
    (("Update Strategy", "Pods Status"), "StatefulSet"),
    (("Desired Number of Nodes Scheduled",), "DaemonSet"),
    (("Parallelism",), "Job"),
    (("Replicas", "Pods Status"), "ReplicaSet"),
    (("Taints", "Conditions"), "Node"),
    (("Selector", "Port"), "Service"),
    (("StorageClass", "Volume"), "PersistentVolumeClaim"),
    (("Created on", "Spec"), "NetworkPolicy"),
)


def _labelled(first: Mapping[str, Section], key: str = "Labels") -> dict[str, str]:
    return labels(",".join(first[key].values)) if key in first else {}


# Pods


def _pod(_: Sequence[Section], first: Mapping[str, Section]) -> Object:
    status = _value(first, "Status").split()
    owner_kind, _slash, owner = _value(first, "Controlled By").partition("/")
    meta: Object = {"labels": _labelled(first)}
    if owner:
        meta["ownerReferences"] = [{"kind": owner_kind, "name": owner, "controller": True}]
    if status[:1] == ["Terminating"]:
        meta["deletionTimestamp"] = _value(first, "Status")
    return {
        "metadata": meta,
        "spec": {
            "nodeName": absent(_value(first, "Node").partition("/")[0]),
            "volumes": [
                {"name": volume.key, "persistentVolumeClaim": {"claimName": one.value}}
                for volume in (first["Volumes"].sections if "Volumes" in first else [])
                for one in volume.sections
                if one.key == "ClaimName"
            ],
        },
        "status": {
            "phase": "" if status[:1] == ["Terminating"] else "".join(status[:1]),
            "reason": _value(first, "Reason"),
            "message": _value(first, "Message"),
            "containerStatuses": _statuses(first, "Containers"),
            "initContainerStatuses": _statuses(first, "Init Containers"),
            "conditions": _conditions(first),
        },
    }


def _value(first: Mapping[str, Section], key: str) -> str:
    return first[key].value if key in first else ""


def _statuses(first: Mapping[str, Section], key: str) -> list[Object]:
    return [_status(one) for one in first[key].sections] if key in first else []


def _status(container: Section) -> Object:
    inner = {one.key: one for one in container.sections}
    return {
        "name": container.key,
        "ready": _value(inner, "Ready") == "True",
        "restartCount": count_of(_value(inner, "Restart Count")) or 0,
        "state": _state(inner.get("State")),
        "lastState": _state(inner.get("Last State")),
    }


def _state(section: Section | None) -> Object:
    if section is None or not section.value:
        return {}
    inner = {one.key: one.value for one in section.sections}
    return {
        section.value.lower(): {
            "reason": inner.get("Reason", ""),
            "message": inner.get("Message", ""),
            "exitCode": count_of(inner.get("Exit Code", "")),
            "startedAt": inner.get("Started"),
            "finishedAt": inner.get("Finished"),
        }
    }


def _conditions(first: Mapping[str, Section]) -> list[Object]:
    """`Type Status [LastHeartbeatTime LastTransitionTime] [Reason [Message]]`."""
    rows = [_COLUMNS.split(line.strip()) for line in (first["Conditions"].lines if "Conditions" in first else ())]
    if not rows:
        return []
    head = [one.lower() for one in rows[0]]
    found = [dict(zip(head, row, strict=False)) for row in rows[1:] if not row[0].startswith("--")]
    keep = ("type", "status", "reason", "message")
    return [{key: row[key] for key in keep if key in row} for row in found if row.get("status")]


# Workloads


def _workload(_: Sequence[Section], first: Mapping[str, Section]) -> Object:
    template = first.get("Pod Template")
    inner = {one.key: one for one in template.sections} if template else {}
    wanted, ready = _replicas(first)
    status: Object = {"conditions": _conditions(first)}
    spec: Object = {
        "template": {
            "metadata": {"labels": _labelled(inner)},
            "spec": {
                "containers": [_wanted(one) for one in (inner["Containers"].sections if "Containers" in inner else [])]
            },
        }
    }
    if wanted is not None:
        spec["replicas"], status["desiredNumberScheduled"] = wanted, wanted
    if ready is not None:
        status["readyReplicas"], status["numberReady"] = ready, ready
    return {"spec": spec, "status": status}


def _replicas(first: Mapping[str, Section]) -> tuple[int | None, int | None]:
    """(wanted, ready) from `1 desired | 1 updated | 1 total | 0 available | 1 unavailable`, or `Pods Status`."""
    said = " | ".join(_value(first, key) for key in ("Replicas", "Pods Status"))
    wanted = re.search(r"(\d+) desired", said)
    ready = re.search(r"(\d+) available", said) or re.search(r"(\d+) Running", said)
    scheduled = count_of(_value(first, "Desired Number of Nodes Scheduled"))
    return (int(wanted[1]) if wanted else scheduled), (int(ready[1]) if ready else None)


def _wanted(container: Section) -> Object:
    inner = {one.key: one for one in container.sections}
    ports = re.findall(r"(\d+)/", _value(inner, "Port") or _value(inner, "Ports"))
    env = inner["Environment"].sections if "Environment" in inner else []
    item: Object = {
        "name": container.key,
        "image": _value(inner, "Image"),
        "ports": [{"containerPort": int(port)} for port in ports],
        "env": [{"name": one.key, "value": one.value} for one in env if not one.value.startswith("<set to")],
    }
    for which in ("Liveness", "Readiness", "Startup"):
        if port := _PORT.search(_value(inner, which).partition("delay=")[0]):
            item[f"{which.lower()}Probe"] = {"httpGet": {"port": port[1]}}
    return item


# Others


def _service(found: Sequence[Section], first: Mapping[str, Section]) -> Object:
    ports, targets = (
        [one.value.split()[-1].partition("/")[0] for one in found if one.key == key and one.value]
        for key in ("Port", "TargetPort")
    )
    endpoints = [one.value for one in found if one.key == "Endpoints"]
    item: Object = {
        "spec": {
            "selector": _labelled(first, "Selector"),
            "clusterIP": absent(_value(first, "IP")) or None,
            "ports": [
                {"port": count_of(port), "targetPort": target} for port, target in zip(ports, targets, strict=False)
            ],
        }
    }
    if endpoints:
        item["printed"] = {"addresses": sum(len([a for a in one.split(",") if absent(a)]) for one in endpoints)}
    return item


def _node(_: Sequence[Section], first: Mapping[str, Section]) -> Object:
    taints = first["Taints"].values if "Taints" in first else []
    return {
        "spec": {
            "unschedulable": _value(first, "Unschedulable") == "true",
            "taints": [_taint(one) for one in taints],
        },
        "status": {"conditions": _conditions(first)},
    }


def _taint(written: str) -> Object:
    pair, _, effect = written.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}


def _claim(_: Sequence[Section], first: Mapping[str, Section]) -> Object:
    return {"status": {"phase": _value(first, "Status")}}


def _quota(found: Sequence[Section], _: Mapping[str, Section]) -> Object:
    """A table `Resource Used Hard`, whose rows stand on the outermost level or below a section."""
    rows = [_COLUMNS.split(line.strip()) for one in found for line in one.lines]
    triples = [row for row in rows if len(row) == 3 and re.match(r"\d", row[1]) and re.match(r"\d", row[2])]
    used, hard = {row[0]: row[1] for row in triples}, {row[0]: row[2] for row in triples}
    return {"status": {"used": used, "hard": hard}}


def _policy(_: Sequence[Section], first: Mapping[str, Section]) -> Object:
    inner = {one.key: one for one in first["Spec"].sections} if "Spec" in first else {}
    made = re.sub(r" ([+-]\d{4}) UTC$", r"\1", _value(first, "Created on"))
    return {
        "metadata": {"creationTimestamp": made},
        "spec": {
            "podSelector": {"matchLabels": labels(_value(inner, "PodSelector").partition(" (")[0])},
            "policyTypes": _value(inner, "Policy Types").split(", "),
        },
    }


_BUILDERS = {
    "Pod": _pod,
    "Deployment": _workload,
    "StatefulSet": _workload,
    "DaemonSet": _workload,
    "Job": _workload,
    "Service": _service,
    "Node": _node,
    "PersistentVolumeClaim": _claim,
    "ResourceQuota": _quota,
    "NetworkPolicy": _policy,
}


def _used_by(first: Mapping[str, Section], kind: str, claim: str, space: str) -> list[Object]:
    """The pods that mount a claim, as far as the claim tells."""
    if kind != "PersistentVolumeClaim" or "Used By" not in first:
        return []
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}}]
    pods = [name for text in first["Used By"].values for name in text.split()]
    return [
        {"kind": "Pod", "metadata": {"name": name, "namespace": absent(space)}, "spec": {"volumes": volumes}}
        for name in pods
    ]


def _events(first: Mapping[str, Section], kind: str, name: str, space: str) -> list[Object]:
    """`Type Reason Age From Message`."""
    rows = [_COLUMNS.split(line.strip(), maxsplit=4) for line in (first["Events"].lines if "Events" in first else ())]
    found = []
    for row in rows:
        if len(row) == 5 and row[0] in {"Normal", "Warning"}:
            since, count = ago(row[2])
            about = {"kind": KINDS.get(kind.lower(), kind), "name": name, "namespace": absent(space)}
            event = {"kind": "Event", "type": row[0], "reason": row[1], "message": row[4], "count": count}
            found.append({**event, "involvedObject": about, AGE: since})
    return found
