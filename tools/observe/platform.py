"""What does Kubernetes say about a service?  Its pods, their events and its rollouts."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tools.base import BackendError, Tool, ToolResult
from tools.clients.kubernetes import Cluster
from tools.clients.kubernetes_deployments import ReplicaSet
from tools.clients.outcome import Answered
from tools.cluster.facts import Container, Event, Pod
from tools.invisible import visible
from tools.observe.cluster_names import Name, Namespace, ServiceArguments, failed
from tools.observe.pod_logs import PodLogs
from tools.observe.rollouts import rollouts
from tools.observe.window import Span, Window

MOST_SHOWN = 20
"""Pods or events that a result lists; the rest is counted."""
LONGEST_MESSAGE = 300


class EventArguments(Span):
    service: Name = Field("", description="The deployment or pod; empty: all.")
    namespace: Namespace = Field("", description="Empty: the agent's own.")


class RolloutArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: Name = Field(min_length=1, description="The deployment.")
    namespace: Namespace = Field("", description="Empty: the agent's own.")


def platform_tools(cluster: Cluster, window: Window) -> list[Tool]:
    """All that asks Kubernetes."""
    return [Pods(cluster), Events(cluster, window), Rollouts(cluster), PodLogs(cluster, window)]


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
            entities=_entities(asked.service if pods else "", *(pod.name for pod in pods)),
            truncated=cut or len(pods) > MOST_SHOWN,
        )


class Events:
    """What was reported about it, as a tool."""

    name = "kubernetes_events"
    description = (
        "What Kubernetes reported about a service's pods and rollouts: scheduling, probes, kills. A cluster keeps "
        "about an hour."
    )
    kind = "platform"
    arguments: type[BaseModel] = EventArguments

    def __init__(self, cluster: Cluster, window: Window) -> None:
        self._cluster = cluster
        self._window = window

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = EventArguments.model_validate(arguments.model_dump())
        try:
            start, end = asked.within(self._window)
            namespace = asked.namespace or await self._cluster.home()
            listing = await self._cluster.events(namespace)
        except BackendError as error:
            return failed(self.name, asked, error)
        wanted = [one for one in listing.items if start <= _seen(one) < end and _is_about(one, asked.service)]
        wanted.sort(key=lambda one: (one.type == "Normal", -_seen(one).timestamp()))  # Warnings first, then the latest.
        about = f" about {asked.service}" if asked.service else ""
        return ToolResult(
            ok=True,
            text="\n".join([_events_in_short(wanted, about, namespace), *map(_event_line, wanted[:MOST_SHOWN])]),
            query=f"events in {namespace}{about} from {start:%Y-%m-%dT%H:%M:%SZ} to {end:%Y-%m-%dT%H:%M:%SZ}",
            data=[_event_facts(one) for one in wanted[:MOST_SHOWN]],
            entities=_entities(asked.service if wanted else ""),
            truncated=listing.cut or len(wanted) > MOST_SHOWN,
            trust="user-controlled",  # The answer of a failing probe is repeated in its event.
            starts_at=start,
            ends_at=end,
        )


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
            entities=_entities(deployment.name),
            truncated=sets.cut,
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


def _entities(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _pods_in_short(pods: Sequence[Pod], service: str, namespace: str) -> str:
    phases = ", ".join(f"{count} {phase}" for phase, count in Counter(pod.phase for pod in pods).most_common())
    ready = sum(_ready(pod) == len(pod.images) for pod in pods)
    restarts = sum(pod.restarts for pod in pods)
    of = f" of {service}" if service else ""
    return f"{len(pods)} pods{of} in {namespace} ({phases or 'none'}): {ready} ready, {restarts} restarts."


def _pod_line(pod: Pod) -> str:
    started = f", since {pod.started_at:%Y-%m-%dT%H:%M:%SZ}" if pod.started_at else ""
    troubles = "".join(f"; {_cut(trouble)}" for trouble in _troubles(pod))
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
        "troubles": [_cut(trouble) for trouble in _troubles(pod)],
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


def _seen(event: Event) -> datetime:
    return event.at or datetime.min.replace(tzinfo=UTC)


def _is_about(event: Event, service: str) -> bool:
    """A deployment's replica sets and pods have names that begin with its own."""
    return not service or event.name == service or event.name.startswith(f"{service}-")


def _events_in_short(events: Sequence[Event], about: str, namespace: str) -> str:
    counts = ", ".join(f"{count} {reason}" for reason, count in Counter(one.reason for one in events).most_common())
    return f"{len(events)} events{about} in {namespace}: {counts or 'none'}."


def _event_line(event: Event) -> str:
    times = f" x{event.count}" if event.count > 1 else ""
    about = f"{event.kind} {event.name}"
    return f"{_seen(event):%Y-%m-%dT%H:%M:%SZ} {event.type} {event.reason}{times} {about}: {_cut(event.message)}"


def _event_facts(event: Event) -> JsonValue:
    return {
        "at": _seen(event).isoformat(),
        "type": event.type,
        "reason": event.reason,
        "kind": event.kind,
        "name": event.name,
        "message": _cut(event.message),
        "count": event.count,
    }


def _revision_facts(revision: ReplicaSet) -> JsonValue:
    return {
        "revision": revision.revision,
        "created_at": revision.created_at.isoformat(),
        "replicas": revision.replicas,
        "images": list(revision.images),
        "change_cause": revision.change_cause,
    }


def _cut(text: str) -> str:
    return " ".join(visible(text).split())[:LONGEST_MESSAGE]
