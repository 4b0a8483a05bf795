"""Which rollouts changed a deployment, when, and how?  Kubernetes as a tool and as a source of changes."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tools.base import BackendError, Change, ToolResult
from tools.clients.kubernetes import Cluster
from tools.clients.kubernetes_deployments import Deployment, ReplicaSet
from tools.cluster.fields import Object
from tools.observe.cluster_names import Name, Namespace, failed


class RolloutArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: Name = Field(min_length=1, description="The deployment.")
    namespace: Namespace = Field("", description="Empty: the agent's own.")


class Rollouts:
    """What was rolled out, as a tool."""

    name = "kubernetes_rollouts"
    description = "The revisions of a deployment: when each was rolled out and what it changed."
    kind = "change"
    arguments: type[BaseModel] = RolloutArguments

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = RolloutArguments.model_validate(arguments.model_dump())
        try:
            namespace = asked.namespace or await self._cluster.home()
            deployment = await self._cluster.deployment(namespace, asked.service)
            sets = await self._cluster.replica_sets(namespace)
        except BackendError as error:
            return failed(self.name, asked, error)
        revisions = [one for one in sets.items if one.deployment == deployment.name]
        state = f"revision {deployment.revision}, {deployment.ready} of {deployment.replicas} replicas ready"
        changes = [f"{one.at:%Y-%m-%dT%H:%M:%SZ} {one.summary}" for one in rollouts(deployment, revisions)]
        return ToolResult(
            ok=True,
            text="\n".join([f"{deployment.name} is at {state}.", *changes]),
            query=f"replica sets of deployment {namespace}/{deployment.name}",
            data=[_revision_facts(one) for one in sorted(revisions, key=lambda one: one.revision)],
            entities=(deployment.name,),
            truncated=sets.cut,
        )


class RolloutChanges:
    """`tools.base.Changes` over the replica sets of some namespaces: each revision of a deployment is one.

    A cluster keeps `revisionHistoryLimit` of them, ten by default. A rollback brings an old replica set back, which
    keeps its age; its time is when the deployment last got on, and it is only known while it is the latest.
    """

    def __init__(self, cluster: Cluster, namespaces: Sequence[str] = ()) -> None:
        """`namespaces` empty: the cluster's own default one."""
        self._cluster = cluster
        self._namespaces = tuple(namespaces)

    async def between(self, start: datetime, end: datetime) -> list[Change]:
        found: list[Change] = []
        for namespace in self._namespaces or (await self._cluster.home(),):
            deployments = await self._cluster.deployments(namespace)
            sets = await self._cluster.replica_sets(namespace)
            for deployment in deployments.items:
                found += rollouts(deployment, [one for one in sets.items if one.deployment == deployment.name])
        return sorted((change for change in found if start <= change.at <= end), key=lambda change: change.at)


def rollouts(deployment: Deployment, revisions: Sequence[ReplicaSet]) -> list[Change]:
    """The deployment's revisions as changes, the earliest first."""
    ordered = sorted(revisions, key=lambda one: one.revision)
    changes = [_first(ordered[0])] if ordered else []
    return changes + [_change(deployment, before, after) for before, after in pairwise(ordered)]


def _first(revision: ReplicaSet) -> Change:
    return Change(
        at=revision.created_at,
        service=revision.deployment,
        kind="deploy",
        summary=f"revision {revision.revision}: {', '.join(revision.images)}{_cause(revision)}",
        source="kubernetes",
    )


def _change(deployment: Deployment, before: ReplicaSet, after: ReplicaSet) -> Change:
    kind, what = _difference(before, after)
    at = after.created_at
    if at < before.created_at:  # An old revision is back.
        what = f"rolled back, {what}"
        at = deployment.progressed_at or at
    return Change(
        at=at,
        service=deployment.name,
        kind=kind,
        summary=f"revision {after.revision}: {what}{_cause(after)}",
        source="kubernetes",
    )


def _difference(before: ReplicaSet, after: ReplicaSet) -> tuple[str, str]:
    """(kind of change, what differs), by the pod templates."""
    if before.images != after.images:
        return "deploy", f"{', '.join(before.images)} -> {', '.join(after.images)}"
    if before.template["spec"] == after.template["spec"]:
        return "restart", "the same pods again"
    changed = sorted(_changed_fields(before.template["spec"], after.template["spec"]))
    return "config", f"changed {', '.join(changed)}"


def _changed_fields(before: Object, after: Object) -> set[str]:
    """Names only: the values may be secrets."""
    names = {key for key in before.keys() | after.keys() if key != "containers" and before.get(key) != after.get(key)}
    old, new = _by_name(before), _by_name(after)
    for container in old.keys() | new.keys():
        was, now = old.get(container, {}), new.get(container, {})
        names |= {f"{container}.{key}" for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    return names


def _by_name(spec: Object) -> dict[str, dict[str, Any]]:
    return {container["name"]: container for container in spec.get("containers", ())}


def _cause(revision: ReplicaSet) -> str:
    return f" ({revision.change_cause})" if revision.change_cause else ""


def _revision_facts(revision: ReplicaSet) -> JsonValue:
    return {
        "revision": revision.revision,
        "created_at": revision.created_at.isoformat(),
        "replicas": revision.replicas,
        "images": list(revision.images),
        "change_cause": revision.change_cause,
    }
