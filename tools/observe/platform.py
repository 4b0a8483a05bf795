"""What does Kubernetes report about a service?  Its events; beside them, the list of all tools that ask Kubernetes."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, Field, JsonValue

from tools.base import BackendError, Tool, ToolResult
from tools.clients.kubernetes import Cluster
from tools.cluster.facts import Event
from tools.observe.cluster_names import Name, Namespace, failed
from tools.observe.pod_logs import PodLogs
from tools.observe.pods import Pods
from tools.observe.rollouts import Rollouts
from tools.observe.window import Span, Window
from tools.wording import one_line

MOST_SHOWN = 20
"""Events that a result lists; the rest is counted."""
LONGEST_MESSAGE = 300


class EventArguments(Span):
    service: Name = Field("", description="The deployment or pod; empty: all.")
    namespace: Namespace = Field("", description="Empty: the agent's own.")


def platform_tools(cluster: Cluster, window: Window) -> list[Tool]:
    """All that asks Kubernetes."""
    return [Pods(cluster), Events(cluster, window), Rollouts(cluster), PodLogs(cluster, window)]


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
            entities=(asked.service,) if asked.service and wanted else (),
            truncated=listing.cut or len(wanted) > MOST_SHOWN,
            trust="user-controlled",  # The answer of a failing probe is repeated in its event.
            starts_at=start,
            ends_at=end,
        )


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
    about, message = f"{event.kind} {event.name}", one_line(event.message)[:LONGEST_MESSAGE]
    return f"{_seen(event):%Y-%m-%dT%H:%M:%SZ} {event.type} {event.reason}{times} {about}: {message}"


def _event_facts(event: Event) -> JsonValue:
    return {
        "at": _seen(event).isoformat(),
        "type": event.type,
        "reason": event.reason,
        "kind": event.kind,
        "name": event.name,
        "message": one_line(event.message)[:LONGEST_MESSAGE],
        "count": event.count,
    }
