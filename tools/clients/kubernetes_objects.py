"""What does Kubernetes say of a deployment, a pod or an event?  Parsed from the JSON of the API, as much as is needed.

A pod template passes through whole, whatever fields a newer cluster has put into it.
https://kubernetes.io/docs/reference/kubernetes-api/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
TEMPLATE_HASH = "pod-template-hash"

Object = Mapping[str, Any]
"""A Kubernetes object as JSON."""


@dataclass(frozen=True)
class Deployment:
    name: str
    namespace: str
    uid: str
    generation: int
    """Counts the changes of what is wanted; its status does not change it."""
    resource_version: str
    replicas: int
    ready: int
    revision: int
    """0 before the first rollout."""
    images: tuple[str, ...]
    paused: bool
    created_at: datetime
    progressed_at: datetime | None
    """When its latest rollout last got on."""
    annotations: Mapping[str, str]
    selector: Mapping[str, str]
    template: Object


@dataclass(frozen=True)
class ReplicaSet:
    """One revision of a deployment."""

    name: str
    namespace: str
    deployment: str
    """Empty when it belongs to none."""
    revision: int
    created_at: datetime
    replicas: int
    images: tuple[str, ...]
    change_cause: str
    template: Object


@dataclass(frozen=True)
class Pod:
    name: str
    namespace: str
    owner: str
    """The ReplicaSet, StatefulSet, ... that made it."""
    phase: str
    node: str
    started_at: datetime | None
    ready: int
    containers: int
    restarts: int
    images: tuple[str, ...]
    troubles: tuple[str, ...]
    """Why it is not running, and how its containers ended last: `shop: OOMKilled (exit 137) at ...`."""


@dataclass(frozen=True)
class ClusterEvent:
    at: datetime
    type: str
    """`Normal` or `Warning`."""
    reason: str
    kind: str
    """Of the object it is about: `Pod`, `Deployment`, ..."""
    name: str
    message: str
    count: int


def deployment_of(item: Object) -> Deployment:
    meta, spec, status = item["metadata"], item["spec"], item.get("status", {})
    annotations = meta.get("annotations") or {}
    return Deployment(
        name=meta["name"],
        namespace=meta["namespace"],
        uid=meta["uid"],
        generation=int(meta.get("generation", 0)),
        resource_version=meta["resourceVersion"],
        replicas=int(spec.get("replicas", 1)),
        ready=int(status.get("readyReplicas", 0)),
        revision=int(annotations.get(REVISION, 0)),
        images=_images(spec["template"]),
        paused=bool(spec.get("paused", False)),
        created_at=_time(meta["creationTimestamp"]),
        progressed_at=next(
            (_time(one["lastUpdateTime"]) for one in status.get("conditions", ()) if one["type"] == "Progressing"), None
        ),
        annotations=annotations,
        selector=spec["selector"].get("matchLabels") or {},
        template=spec["template"],
    )


def replica_set_of(item: Object) -> ReplicaSet:
    meta, spec = item["metadata"], item["spec"]
    annotations = meta.get("annotations") or {}
    return ReplicaSet(
        name=meta["name"],
        namespace=meta["namespace"],
        deployment=_owner(meta, "Deployment"),
        revision=int(annotations.get(REVISION, 0)),
        created_at=_time(meta["creationTimestamp"]),
        replicas=int(spec.get("replicas", 1)),
        images=_images(spec["template"]),
        change_cause=annotations.get(CHANGE_CAUSE, ""),
        template=spec["template"],
    )


def pod_of(item: Object) -> Pod:
    meta, spec, status = item["metadata"], item["spec"], item.get("status", {})
    containers = status.get("containerStatuses") or ()
    started = status.get("startTime")
    return Pod(
        name=meta["name"],
        namespace=meta["namespace"],
        owner=_owner(meta),
        phase=status.get("phase", "Unknown"),
        node=spec.get("nodeName", ""),
        started_at=_time(started) if started else None,
        ready=sum(bool(one.get("ready")) for one in containers),
        containers=len(spec["containers"]),
        restarts=sum(int(one.get("restartCount", 0)) for one in containers),
        images=_images(item),
        troubles=(*_unmet(status), *(trouble for one in containers for trouble in _container_troubles(one))),
    )


def event_of(item: Object) -> ClusterEvent:
    meta, about, series = item["metadata"], item["involvedObject"], item.get("series") or {}
    times = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"))
    at = next((text for text in times if text), meta["creationTimestamp"])
    return ClusterEvent(
        at=_time(at),
        type=item.get("type", "Normal"),
        reason=item.get("reason", ""),
        kind=about.get("kind", ""),
        name=about.get("name", ""),
        message=item.get("message", ""),
        count=int(series.get("count") or item.get("count") or 1),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _images(template: Object) -> tuple[str, ...]:
    return tuple(container["image"] for container in template["spec"]["containers"])


def _owner(meta: Object, kind: str = "") -> str:
    owners = meta.get("ownerReferences") or ()
    return next((str(one["name"]) for one in owners if one.get("controller") and kind in {"", one["kind"]}), "")


def _unmet(status: Object) -> list[str]:
    unmet = [one for one in status.get("conditions") or () if one.get("status") != "True" and one.get("message")]
    return [f"{one.get('reason', one['type'])}: {one['message']}" for one in unmet]


def _container_troubles(container: Object) -> list[str]:
    name, state, last = container["name"], container.get("state") or {}, container.get("lastState") or {}
    troubles = []
    if waiting := state.get("waiting"):
        troubles.append(f"{name}: waits, {waiting.get('reason', 'for no reason given')}: {waiting.get('message', '')}")
    for ended in (state.get("terminated"), last.get("terminated")):
        if ended:
            at = ended.get("finishedAt", "")
            troubles.append(f"{name}: {ended.get('reason', 'ended')} (exit {ended.get('exitCode')}) at {at}")
    return troubles
