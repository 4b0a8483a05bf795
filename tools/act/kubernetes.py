"""How is a deployment restarted, scaled or rolled back, once?

Each is one patch of the deployment, guarded by the resourceVersion that was read just before, and carries the key of
the effect into an annotation in the same write: who finds the key there knows that it was done, and a second patch
with the same key is never sent. The last KEPT keys stay; only while none has been pushed out does a missing one mean
that nothing was done.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue

from tools.act.calls import Call, checked_key, understood
from tools.act.observation import observation
from tools.base import ActResult, BackendError, Unsure
from tools.clients.kubernetes import Cluster, apps, check_name
from tools.clients.kubernetes_deployments import CHANGE_CAUSE, TEMPLATE_HASH, Deployment, ReplicaSet, deployment_of
from tools.clients.outcome import Answered, Unanswered

EFFECTS = "incident-agent/effects"
RESTARTED = "incident-agent/restarted-for"
KEPT = 8
TRIES = 4
"""A conflict means that somebody else wrote first and nothing was done; it is looked at afresh so often."""
REHEARSAL = "rehearsal"
"""Stands for the key in a dry run, which leaves nothing behind."""


class KubernetesExecutor:
    """`tools.base.Executor` for deployments. A call is `{operation, namespace, deployment}` with `replicas` for
    `scale` and, if not the previous one is meant, `revision` for `undo`; `fields` when it reads.

    Reading `restart`, `scale` or `undo` rehearses it at the API server (`dryRun=All`), so that a missing right, an
    admission rule or a missing revision shows before anyone is asked.
    """

    name = "kubernetes"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def describe(self, call: Mapping[str, object]) -> str:
        asked = _understood(call)
        verb = "GET" if asked.operation == "read" else "PATCH"
        path = f"/apis/apps/v1/namespaces/{asked.namespace}/deployments/{asked.deployment}"
        return f"{verb} {path}{_change_in_words(asked)}"

    async def read(self, call: Mapping[str, object]) -> JsonValue:
        asked = _understood(call)
        deployment = await self._cluster.deployment(asked.namespace, asked.deployment)
        if asked.operation != "read":
            await self._write(asked, REHEARSAL, dry_run=True)
        return observation(_state(deployment), asked.fields, self.describe(call))

    async def run(self, call: Mapping[str, object], key: str) -> ActResult:
        try:
            asked = _understood(call)
            if asked.operation == "read":
                return ActResult(ok=False, detail=f"{self.describe(call)} changes nothing; it cannot be run.")
            written = await self._write(asked, checked_key(key), dry_run=False)
        except BackendError as error:
            return ActResult(ok=False, detail=str(error))
        return ActResult(ok=True, detail=f"{self.describe(call)}: done.", data=_state(written))

    async def read_back(self, call: Mapping[str, object], key: str) -> ActResult | None:
        try:
            asked = _understood(call)
            deployment = await self._cluster.deployment(asked.namespace, asked.deployment)
        except BackendError:
            return None
        known = _effects(deployment)
        if key in known:
            return ActResult(ok=True, detail=f"{self.describe(call)}: it carries the key.", data=_state(deployment))
        if len(known) < KEPT:
            return ActResult(ok=False, detail=f"{self.describe(call)}: never done.", data={"absent": True})
        return None

    async def _write(self, asked: "_Call", key: str, *, dry_run: bool) -> Deployment:
        """The deployment after it. BackendError when nothing was done, Unsure when that is not known."""
        for _ in range(TRIES):
            deployment = await self._cluster.deployment(asked.namespace, asked.deployment)
            if key in _effects(deployment):
                return deployment
            change = await self._change(asked, deployment, key)
            try:
                return await self._patch(deployment, _guarded(change, deployment, key), dry_run=dry_run)
            except Answered as error:
                if error.status != 409:
                    raise
        raise BackendError(f"{asked.deployment}: somebody else kept changing it; nothing was done.", retry=True)

    async def _patch(self, deployment: Deployment, patch: Mapping[str, Any], *, dry_run: bool) -> Deployment:
        what = f"patch deployment {deployment.namespace}/{deployment.name}"
        rehearse = {"dry_run": "All"} if dry_run else {}

        def request(api: Any, options: Mapping[str, Any]) -> Any:
            return apps(api).patch_namespaced_deployment(
                deployment.name,
                deployment.namespace,
                patch,
                field_manager="incident-agent",
                _content_type="application/strategic-merge-patch+json",
                **rehearse,
                **options,
            )

        try:
            return deployment_of(await self._cluster.ask(what, request))
        except Unanswered as error:
            raise (error if dry_run else Unsure(str(error))) from error
        except Answered as error:
            if 400 <= error.status < 500 or dry_run:
                raise
            raise Unsure(str(error)) from error

    async def _change(self, asked: "_Call", deployment: Deployment, key: str) -> dict[str, Any]:
        if deployment.paused and asked.operation != "scale":
            raise BackendError(f"{deployment.name} is paused; somebody is at work on it.")
        match asked.operation:
            case "restart":
                return {"spec": {"template": {"metadata": {"annotations": {RESTARTED: key}}}}}
            case "scale":
                return {"spec": {"replicas": asked.replicas}}
            case "undo":
                return _undone(await self._revision(asked, deployment))
            case "read":
                return {}

    async def _revision(self, asked: "_Call", deployment: Deployment) -> ReplicaSet:
        sets = await self._cluster.replica_sets(asked.namespace)
        ours = [one for one in sets.items if one.deployment == deployment.name]
        if asked.revision is not None:
            wanted = [one for one in ours if one.revision == asked.revision]
        else:
            # A restart is a revision, too: going back over it would start the same pods once more.
            other = [one for one in ours if one.template["spec"] != deployment.template["spec"]]
            wanted = [one for one in other if one.revision < deployment.revision]
        if not wanted:
            which = f"revision {asked.revision}" if asked.revision is not None else "earlier revision with other pods"
            raise BackendError(f"{deployment.name} has no {which} to go back to.")
        return max(wanted, key=lambda one: one.revision)


class _Call(Call):
    operation: Literal["read", "restart", "scale", "undo"]
    namespace: str
    deployment: str
    replicas: int | None = Field(None, ge=0, le=1000)
    revision: int | None = Field(None, ge=1)
    fields: list[str] | dict[str, str] = []


def _understood(call: Mapping[str, object]) -> _Call:
    asked = understood(_Call, call, "Kubernetes call")
    check_name("namespace", asked.namespace)
    check_name("deployment", asked.deployment)
    if (asked.operation == "scale") != (asked.replicas is not None):
        raise BackendError("`scale` needs `replicas`, and nothing else does.")
    if asked.revision is not None and asked.operation != "undo":
        raise BackendError("Only `undo` takes a `revision`.")
    return asked


def _change_in_words(asked: _Call) -> str:
    match asked.operation:
        case "read":
            return ""
        case "restart":
            return f": a new annotation {RESTARTED} in the pod template, so that every pod is replaced"
        case "scale":
            return f": spec.replicas = {asked.replicas}"
        case "undo":
            source = f"revision {asked.revision}" if asked.revision else "the latest earlier revision with other pods"
            return f": spec.template = that of {source}"


def _state(deployment: Deployment) -> JsonValue:
    """What is compared and shown: the wish, not the ever-moving status."""
    return {
        "uid": deployment.uid,
        "generation": deployment.generation,
        "revision": deployment.revision,
        "replicas": deployment.replicas,
        "images": list(deployment.images),
    }


def _effects(deployment: Deployment) -> list[str]:
    return [key for key in deployment.annotations.get(EFFECTS, "").split(",") if key]


def _guarded(change: Mapping[str, Any], deployment: Deployment, key: str) -> dict[str, Any]:
    """With the key, and refused by the API server (409) when anything has been written since `deployment` was read."""
    kept = ",".join([*_effects(deployment), key][-KEPT:])
    annotations = {EFFECTS: kept, **change.get("metadata", {}).get("annotations", {})}
    return {**change, "metadata": {"resourceVersion": deployment.resource_version, "annotations": annotations}}


def _undone(source: ReplicaSet) -> dict[str, Any]:
    """The template as it was, whole: what has been added since goes; so does the reason given for it."""
    template: dict[str, Any] = json.loads(json.dumps(source.template))
    template["metadata"].get("labels", {}).pop(TEMPLATE_HASH, None)
    cause = source.change_cause or None
    return {
        "metadata": {"annotations": {CHANGE_CAUSE: cause}},
        "spec": {"template": {"$patch": "replace", **template}},
    }
