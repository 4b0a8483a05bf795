"""What do events, monitors and log lines say is wrong now, beyond the objects' own status?

Kubernetes documentation, "Event v1" and "Debug Pods". Log lines and messages are untrusted: alone they stay below
what makes a cause, whatever they claim, and a component they name is only a hint.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from agent.analysis import cluster_messages as messages
from agent.analysis.cluster_messages import Kind
from agent.analysis.cluster_standing import Now
from agent.analysis.cluster_trouble import BROKEN, CRASH, FAILING, HINT, WRONG, Trouble
from agent.analysis.wording import quoted
from agent.domain.hypothesis import Fault
from agent.domain.wording import counted
from tools.cluster.facts import Event, LogKind

LOGGED = "log"
"""The kind of every trouble that only a log speaks of: however much is written, it counts once."""
_BAD_LEVELS = frozenset({"error", "fatal", "critical"})
_QUOTED = 200
_ROUTINE = frozenset(
    {"BackOff", "Unhealthy", "Failed", "Killing", "ProbeWarning", "FailedScheduling", "FailedMount", "NodeNotReady"}
)
"""Of pods: their own status says it better when it is known."""
_ELSEWHERE = frozenset({"FailedCreate"})
"""See `cluster_refusals`."""
_EVENTS = {
    "NodeNotReady": (BROKEN, "node"),
    "FailedScheduling": (BROKEN, "unscheduled"),
    "FailedMount": (BROKEN, "unmounted"),
    "FailedAttachVolume": (BROKEN, "unmounted"),
    "ProvisioningFailed": (BROKEN, "claim"),
    "FailedBinding": (WRONG, "claim"),
    "Evicted": (HINT, "evicted"),
    "Unhealthy": (FAILING, "unready"),
    "BackOff": (FAILING, CRASH),
    "FailedGetResourceMetric": (HINT, "autoscaler"),
    "BackoffLimitExceeded": (BROKEN, CRASH),
    "DeadlineExceeded": (BROKEN, CRASH),
    "FailedCreatePodSandBox": (FAILING, "sandbox"),
    "OOMKilling": (FAILING, CRASH),
    "SystemOOM": (FAILING, "node"),
}
"""Reason -> (strength while it stands, kind). Any other warning is a hint."""


def troubles(now: Now) -> list[Trouble]:
    return [*_events(now), *_monitors(now), *_logs(now)]


def _events(now: Now) -> Iterable[Trouble]:
    by_reason: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in now.state.events:
        listed = event.kind == "Pod" and any(pod.name == event.name for pod in now.state.pods)
        if now.stands(event) and event.reason not in _ELSEWHERE and not (listed and event.reason in _ROUTINE):
            by_reason[event.component, event.reason].append(event)
    for (component, reason), events in by_reason.items():
        yield _event(component, reason, events)


def _event(component: str, reason: str, events: list[Event]) -> Trouble:
    strength, kind = _EVENTS.get(reason, (HINT, reason))
    count, latest = sum(one.count for one in events), events[-1]
    found = (
        messages.scheduling(latest.message)
        if reason == "FailedScheduling"
        else messages.first(_wordings(reason), latest.message)
    )
    why = f": {found.says}" if found else ""
    return Trouble(
        component=component,
        kind=kind,
        text=f"{counted(count, 'event')} {reason} about {f'{latest.kind} {latest.name}'.strip()}{why}",
        strength=strength,
        fault=found.fault if found else _FAULTS.get(kind, Fault.UNKNOWN),
        about=f"events {reason} of {latest.kind} {latest.namespace}/{latest.name}",
        content={"count": count, "reason": reason, "message": latest.message[:_QUOTED]},
        # A pod is told, too, when its node is not ready: that is the node's.
        own=kind not in {"unready", CRASH} and (kind != "node" or latest.kind != "Pod"),
        untrusted=True,
    )


_FAULTS = {
    "node": Fault.INFRASTRUCTURE,
    CRASH: Fault.CRASH,
    "unready": Fault.APPLICATION,
    "sandbox": Fault.INFRASTRUCTURE,
    "claim": Fault.CONFIGURATION,
}


def _wordings(reason: str) -> tuple[Kind, ...]:
    return {
        "FailedMount": messages.VOLUME,
        "FailedAttachVolume": messages.VOLUME,
        "Unhealthy": messages.PROBE,
    }.get(reason, ())


def _monitors(now: Now) -> Iterable[Trouble]:
    by_component: dict[str, list[str]] = defaultdict(list)
    for one in now.state.monitors:
        if one.firing and one.component:
            by_component[one.component].append(one.name)
    for component, names in by_component.items():
        kind = messages.first(messages.MEASURES, " ".join(names))
        yield Trouble(
            component=component,
            kind="monitor",
            text=f"{len(names)} monitors of {component} fire now: {', '.join(names[:3])}",
            strength=WRONG,
            fault=kind.fault if kind else Fault.UNKNOWN,
            about=f"monitors of {component}",
            content={"firing": [*names[:10]]},
            own=kind is not None,
        )


def _logs(now: Now) -> Iterable[Trouble]:
    """What a component logs as an error is a hint at it; an address it cannot reach is a hint at who is there."""
    names = known(now)
    services = {one.address: one.name for one in now.state.services if one.address}
    by_kind: dict[tuple[str, str], list[LogKind]] = defaultdict(list)
    kinds: dict[str, Kind] = {}
    for one in _bad_lines(now):
        kind = messages.first(messages.LOGS, one.text) or messages.OTHER
        kinds[kind.says] = kind
        by_kind[one.component, kind.says].append(one)
    for (component, says), lines in by_kind.items():
        kind, count = kinds[says], sum(one.count for one in lines)
        yield _logged(component, component, kind, count, lines[0].text, own=not kind.blames)
        if kind is messages.UNRESOLVED and now.dns and now.dns != component:
            yield _logged(now.dns, component, kind, count, lines[0].text, own=False)
        elif kind.blames:
            for name in sorted({name for one in lines for name in addressed(one.text, names, services)} - {component}):
                yield _logged(name, component, kind, count, lines[0].text, own=False)


def _logged(component: str, by: str, kind: Kind, count: int, text: str, *, own: bool) -> Trouble:
    whom = "" if component == by else f" about {component}"
    return Trouble(
        component=component,
        kind=LOGGED,
        text=f"{by} logged {count} error lines of one kind{whom}, {kind.says}: {quoted(text)}",
        strength=HINT * (1 - 0.5 ** min(count, 10)) * (1.0 if own or whom else 0.5),
        fault=kind.fault,
        about=f"error lines of {by}",
        content={"count": count, "example": text[:_QUOTED]},
        own=own,
        untrusted=True,
    )


def _bad_lines(now: Now) -> Iterable[LogKind]:
    yield from now.state.log_kinds
    for line in now.state.lines:
        if line.level in _BAD_LEVELS and line.service:
            yield LogKind(line.service, line.message, 1)


def known(now: Now) -> set[str]:
    state = now.state
    return {one.name for one in state.services} | {one.name for one in state.workloads} | set(now.pods)


def addressed(text: str, names: Collection[str], services: Mapping[str, str]) -> set[str]:
    """The components whose name stands in the text as an address: with a port, a domain, or as what is looked up.

    `services`: whose are the addresses in numbers, which is what is left of a name once it was resolved.
    """
    numbers = {services[one] for one in re.findall(r"\b\d+(?:\.\d+){3}\b", text) if one in services}
    hosts = re.findall(
        r"([a-z][a-z0-9-]*)(?:\.[a-z0-9.-]+)?:\d{2,5}\b|([a-z][a-z0-9-]*)\.[a-z0-9-]+\.svc\b", text, re.IGNORECASE
    )
    hosts += re.findall(r"(?:lookup|host|ENOTFOUND|EAI_AGAIN)[: '\"]+([a-z][a-z0-9-]*)()", text)
    return numbers | {name for pair in hosts for name in pair if name in names}
