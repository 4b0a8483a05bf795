"""What state are a service's pods in, and why do they not run?"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, JsonValue

from tools.base import BackendError, ToolResult
from tools.clients.kubernetes import Cluster
from tools.clients.outcome import Answered
from tools.cluster.facts import Container, Pod
from tools.observe.cluster_names import ServiceArguments, failed
from tools.wording import one_line

MOST_SHOWN = 20
"""Pods that a result lists; the rest is counted."""
LONGEST_TROUBLE = 300


class Pods:
    """What state its pods are in, as a tool."""

    name = "kubernetes_pods"
    description = "The pods of a service: ready, restarts, why a container waits or how it ended, image, node."
    kind = "platform"
    arguments: type[BaseModel] = ServiceArguments

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = ServiceArguments.model_validate(arguments.model_dump())
        try:
            namespace = asked.namespace or await self._cluster.home()
            pods, labels, cut = await _pods_of(self._cluster, namespace, asked.service)
        except BackendError as error:
            return failed(self.name, asked, error)
        return ToolResult(
            ok=True,
            text="\n".join([_pods_in_short(pods, asked.service, namespace), *map(_pod_line, pods[:MOST_SHOWN])]),
            query=f"pods in {namespace} where {labels or 'any label'}",
            data=[_pod_facts(pod) for pod in pods[:MOST_SHOWN]],
            entities=_entities(asked.service, pods),
            truncated=cut or len(pods) > MOST_SHOWN,
        )


async def _pods_of(cluster: Cluster, namespace: str, service: str) -> tuple[Sequence[Pod], str, bool]:
    """(the pods, the labels they were found by, whether there are more)."""
    for labels in await _selectors(cluster, namespace, service):
        listing = await cluster.pods(namespace, labels)
        if listing.items or not service:
            break
    return listing.items, ",".join(f"{key}={value}" for key, value in labels.items()), listing.cut


async def _selectors(cluster: Cluster, namespace: str, service: str) -> list[dict[str, str]]:
    """What a deployment itself selects by; for anything else the labels that are usual."""
    if not service:
        return [{}]
    try:
        return [dict((await cluster.deployment(namespace, service)).selector)]
    except Answered as error:
        if error.status != 404:
            raise
    return [{"app": service}, {"app.kubernetes.io/name": service}]


def _entities(service: str, pods: Sequence[Pod]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (service, *(pod.name for pod in pods)) if name)) if pods else ()


def _pods_in_short(pods: Sequence[Pod], service: str, namespace: str) -> str:
    phases = ", ".join(f"{count} {phase}" for phase, count in Counter(pod.phase for pod in pods).most_common())
    ready = sum(_ready(pod) == len(pod.images) for pod in pods)
    restarts = sum(pod.restarts for pod in pods)
    of = f" of {service}" if service else ""
    return f"{len(pods)} pods{of} in {namespace} ({phases or 'none'}): {ready} ready, {restarts} restarts."


def _pod_line(pod: Pod) -> str:
    started = f", since {pod.started_at:%Y-%m-%dT%H:%M:%SZ}" if pod.started_at else ""
    troubles = "".join(f"; {one_line(trouble)[:LONGEST_TROUBLE]}" for trouble in _troubles(pod))
    images = ", ".join(pod.images)
    state = f"{pod.phase}, {_ready(pod)}/{len(pod.images)} ready, {pod.restarts} restarts"
    return f"{pod.name}: {state}{started}, {images} on {pod.node or 'no node'}{troubles}"


def _pod_facts(pod: Pod) -> JsonValue:
    return {
        "name": pod.name,
        "phase": pod.phase,
        "node": pod.node,
        "started_at": pod.started_at.isoformat() if pod.started_at else None,
        "ready": _ready(pod),
        "containers": len(pod.images),
        "restarts": pod.restarts,
        "images": list(pod.images),
        "troubles": [one_line(trouble)[:LONGEST_TROUBLE] for trouble in _troubles(pod)],
    }


def _ready(pod: Pod) -> int:
    return sum(one.ready for one in pod.containers if not one.init)


def _troubles(pod: Pod) -> list[str]:
    """Why it is not running, and how its containers ended last: `shop: OOMKilled (exit 137) at ...`."""
    unmet = [one for one in pod.conditions if one.status != "True" and one.message]
    said = [f"{one.reason or one.type}: {one.message}" for one in unmet]
    return said + [trouble for one in pod.containers if not one.init for trouble in _container_troubles(one)]


def _container_troubles(container: Container) -> list[str]:
    name, troubles = container.name, []
    if container.state == "waiting":
        troubles.append(f"{name}: waits, {container.reason or 'for no reason given'}: {container.message}")
    if container.state == "terminated":
        troubles.append(_ended(name, container.reason, container.exit_code, container.ended_at))
    if container.last_exit_code is not None:
        troubles.append(_ended(name, container.last_reason, container.last_exit_code, container.last_ended_at))
    return troubles


def _ended(name: str, reason: str, code: int | None, at: datetime | None) -> str:
    return f"{name}: {reason or 'ended'} (exit {code})" + (f" at {at:%Y-%m-%dT%H:%M:%SZ}" if at else "")
