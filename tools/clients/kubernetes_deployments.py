"""What does Kubernetes say of a deployment and its revisions, so that one can be changed?  From the JSON of the API.

What an action goes by must be there: an object without it is an error here, unlike what a survey reads. A pod template
passes through whole, whatever fields a newer cluster has put into it.
https://kubernetes.io/docs/reference/kubernetes-api/
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tools.clients.outcome import Unanswered
from tools.cluster import fields
from tools.cluster.fields import Object
from tools.cluster.times import moment

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
TEMPLATE_HASH = "pod-template-hash"


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


def deployment_of(item: Object) -> Deployment:
    """Unanswered when what an action goes by is not there, or of another shape."""
    with _whole("deployment"):
        return _deployment(item)


def replica_set_of(item: Object) -> ReplicaSet:
    """Unanswered as above."""
    with _whole("replica set"):
        return _replica_set(item)


@contextmanager
def _whole(kind: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unanswered(f"What the cluster says of a {kind} cannot be read ({error!r}).") from error


def _deployment(item: Object) -> Deployment:
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
        created_at=_created(meta),
        progressed_at=next(
            (moment(one["lastUpdateTime"]) for one in status.get("conditions", ()) if one["type"] == "Progressing"),
            None,
        ),
        annotations=annotations,
        selector=spec["selector"].get("matchLabels") or {},
        template=spec["template"],
    )


def _replica_set(item: Object) -> ReplicaSet:
    meta, spec = item["metadata"], item["spec"]
    kind, owner = fields.owner(item)
    annotations = meta.get("annotations") or {}
    return ReplicaSet(
        name=meta["name"],
        namespace=meta["namespace"],
        deployment=owner if kind == "Deployment" else "",
        revision=int(annotations.get(REVISION, 0)),
        created_at=_created(meta),
        replicas=int(spec.get("replicas", 1)),
        images=_images(spec["template"]),
        change_cause=annotations.get(CHANGE_CAUSE, ""),
        template=spec["template"],
    )


def _created(meta: Object) -> datetime:
    return datetime.fromisoformat(meta["creationTimestamp"]).astimezone(UTC)


def _images(template: Object) -> tuple[str, ...]:
    return tuple(container["image"] for container in template["spec"]["containers"])
