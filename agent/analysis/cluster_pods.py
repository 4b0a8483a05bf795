"""What is wrong with a pod now?  Rules for phases, waiting and ended containers, restarts and probes.

Kubernetes documentation, "Pod Lifecycle" (phases, container states, restart policy, probes), "Debug Pods",
"Determine the Reason for Pod Failure", "Node-pressure Eviction" and "Images" (image pull back-off).
"""

from collections.abc import Callable, Iterable, Sequence

from pydantic import JsonValue

from agent.analysis import cluster_messages as messages
from agent.analysis.cluster_messages import Kind
from agent.analysis.cluster_standing import FLAPPING, Now, is_well, last_ended
from agent.analysis.cluster_trouble import BROKEN, CRASH, FAILING, HINT, WRONG, Trouble
from agent.analysis.wording import quoted
from agent.domain.hypothesis import Fault
from tools.cluster.facts import Event, Pod

_IMAGE = {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
_UNMADE = {
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
    "ContainerCannotRun",
}
_CRASHED = {"CrashLoopBackOff", "Error", "OOMKilled", "ContainerStatusUnknown", "DeadlineExceeded"}
_SIGKILL = 137
_NOT_RUNNABLE = {126, 127, 128}
"""Exit codes of shell and runtime for a command that cannot be run or found."""
_TELLING = frozenset({"image", "unmade", "unscheduled"})
"""Kinds of which the message of the pod itself says more."""
_QUOTED = 400

Finding = tuple[str, str, float, Fault, bool]
"""(kind, what is wrong, strength, fault, whether it is its own)."""


def troubles(now: Now) -> list[Trouble]:
    """One for each workload and kind, with the pods it was seen on."""
    found: dict[tuple[str, str], list[tuple[Pod, Finding]]] = {}
    for component, pods in now.pods.items():
        for pod in pods:
            for finding in _findings(pod, now):
                found.setdefault((component, finding[0]), []).append((pod, finding))
    return [_trouble(component, seen, now) for (component, _), seen in found.items()]


def _trouble(component: str, seen: Sequence[tuple[Pod, Finding]], now: Now) -> Trouble:
    pod, (kind, text, strength, fault, own) = max(seen, key=lambda one: one[1][2])
    of_all = f"{len(seen)} of {len(now.pods[component])} pods of {component}"
    nodes = {one.node for one, _ in seen}
    said = _message(pod) if kind in _TELLING else ""
    return Trouble(
        component=component,
        kind=kind,
        text=f"{of_all}, e.g. {pod.name}: {text}{f', {quoted(said)}' if said else ''}",
        strength=strength,
        fault=fault,
        about=f"Pod {pod.namespace}/{pod.name}",
        content=_facts(pod),
        own=own,
        place=nodes.pop() if len(nodes) == 1 else "",
        untrusted=bool(said),
    )


def _facts(pod: Pod) -> JsonValue:
    return {
        "phase": pod.phase,
        "status": pod.status,
        "ready": pod.ready,
        "restarts": pod.restarts,
        "node": pod.node,
        "containers": [
            {"name": one.name, "state": one.state, "reason": one.reason, "last": one.last_reason}
            for one in pod.containers
        ],
        "message": _message(pod)[:_QUOTED],
    }


def _findings(pod: Pod, now: Now) -> list[Finding]:
    events = [one for one in now.state.events if one.kind == "Pod" and one.name == pod.name and now.stands(one)]
    if is_well(pod):
        return _flapping(pod, events) if now.flaps(pod) else []
    rules: Iterable[Callable[[Pod, Sequence[Event]], Finding | None]] = (
        _evicted,
        _image,
        _unmade,
        _unscheduled,
        _unmounted,
        _crashed,
        _failed,
        _lost,
        _unready,
        _pending,
    )
    return [found for rule in rules if (found := rule(pod, events))][:1]


def _reasons(pod: Pod) -> set[str]:
    """What kubectl prints as the status, and what containers wait for or ended with."""
    words = {pod.status.removeprefix("Init:"), pod.reason}
    return (words | {one.reason for one in pod.containers}) - {""}


def _message(pod: Pod) -> str:
    unmet = [one.message for one in pod.conditions if one.status != "True"]
    return "; ".join(
        dict.fromkeys(text for text in (pod.message, *(one.message for one in pod.containers), *unmet) if text)
    )


def _said(pod: Pod, events: Sequence[Event], *reasons: str) -> str:
    """What the pod and the events of those reasons say."""
    return "; ".join([_message(pod), *(one.message for one in events if one.reason in reasons)])


def _kind(kinds: Sequence[Kind], text: str, otherwise: Fault) -> tuple[Fault, str]:
    found = messages.first(kinds, text)
    return (found.fault, f" ({found.says})") if found else (otherwise, "")


def _evicted(pod: Pod, _: Sequence[Event]) -> Finding | None:
    if "Evicted" not in _reasons(pod):
        return None
    fault = (
        Fault.RESOURCE_DISK
        if "ephemeral-storage" in pod.message or "disk" in pod.message.lower()
        else Fault.RESOURCE_MEMORY
    )
    # The kubelet tells who used too much; anybody else only stood where it was short.
    own = "consumption" in pod.message or "exceeds" in pod.message
    return "evicted", "evicted by the kubelet, whose node was short of resources", HINT, fault, own


def _image(pod: Pod, events: Sequence[Event]) -> Finding | None:
    if not (found := _reasons(pod) & _IMAGE):
        return None
    fault, why = _kind(messages.IMAGE, _said(pod, events, "Failed"), Fault.CONFIGURATION)
    return "image", f"its image cannot be pulled, {min(found)}{why}", BROKEN, fault, True


def _unmade(pod: Pod, _: Sequence[Event]) -> Finding | None:
    if not (found := _reasons(pod) & _UNMADE):
        return None
    return "unmade", f"its container cannot be made or started, {min(found)}", BROKEN, Fault.CONFIGURATION, True


def _unscheduled(pod: Pod, events: Sequence[Event]) -> Finding | None:
    refused = any(one.reason == "FailedScheduling" for one in events)
    unmet = any(one.type == "PodScheduled" and one.status == "False" for one in pod.conditions)
    if not (refused or unmet):
        return None
    kind = messages.scheduling(_said(pod, events, "FailedScheduling"))
    fault, why = (kind.fault, f" ({kind.says})") if kind else (Fault.UNKNOWN, "")
    return "unscheduled", f"cannot be scheduled{why}", BROKEN, fault, fault is not Fault.INFRASTRUCTURE


def _unmounted(pod: Pod, events: Sequence[Event]) -> Finding | None:
    if any(one.reason in {"FailedMount", "FailedAttachVolume"} for one in events):
        fault, why = _kind(
            messages.VOLUME, _said(pod, events, "FailedMount", "FailedAttachVolume"), Fault.CONFIGURATION
        )
        return "unmounted", f"its volumes cannot be mounted{why}", BROKEN, fault, True
    if any(one.reason in {"FailedCreatePodSandBox", "NetworkNotReady"} for one in events):
        return "sandbox", "the node cannot make its sandbox or network", FAILING, Fault.INFRASTRUCTURE, True
    return None


def _crashed(pod: Pod, events: Sequence[Event]) -> Finding | None:
    restarting = pod.restarts > 0 and any(one.state == "terminated" and one.exit_code for one in pod.containers)
    if not (_reasons(pod) & _CRASHED or restarting):
        return None
    fault, why, own = _death(pod, events)
    return CRASH, f"crashes again and again, {pod.restarts} restarts{why}", BROKEN, fault, own


def _death(pod: Pod, events: Sequence[Event]) -> tuple[Fault, str, bool]:
    """Why its containers end."""
    ended = {one.last_reason for one in pod.containers} | _reasons(pod)
    codes = {code for one in pod.containers for code in (one.exit_code, one.last_exit_code) if code}
    if "OOMKilled" in ended or "OOMKilled" in _said(pod, events, "BackOff"):
        return Fault.RESOURCE_MEMORY, ", out of memory (OOMKilled)", True
    if any(one.reason == "Killing" and "liveness" in one.message for one in events) or _probes(events, "Liveness"):
        fault, why = _kind(messages.PROBE, _probe_words(events), Fault.APPLICATION)
        return fault, f", killed because its liveness probe fails{why}", True
    if _SIGKILL in codes:
        return Fault.RESOURCE_MEMORY, f", killed (exit code {_SIGKILL})", True
    if codes & _NOT_RUNNABLE:
        return Fault.CONFIGURATION, f", its command cannot be run (exit code {min(codes & _NOT_RUNNABLE)})", True
    return Fault.CRASH, f", exit code {min(codes)}" if codes else "", False


def _failed(pod: Pod, _: Sequence[Event]) -> Finding | None:
    if pod.phase != "Failed":
        return None
    return "failed", f"failed, {pod.reason or pod.status or 'for no reason given'}", FAILING, Fault.CRASH, False


def _lost(pod: Pod, _: Sequence[Event]) -> Finding | None:
    if pod.phase != "Unknown" and "NodeLost" not in _reasons(pod):
        return None
    return "lost", f"its node {pod.node} does not answer any more", WRONG, Fault.INFRASTRUCTURE, False


def _unready(pod: Pod, events: Sequence[Event]) -> Finding | None:
    if pod.phase not in {"Running", ""} or pod.ready:
        return None
    if not (_probes(events, "") or pod.containers or pod.conditions or pod.status):
        return None
    if not _probes(events, ""):
        return "unready", "runs but is not ready", FAILING, Fault.APPLICATION, False
    which = "liveness" if _probes(events, "Liveness") else "startup" if _probes(events, "Startup") else "readiness"
    fault, why = _kind(messages.PROBE, _probe_words(events), Fault.APPLICATION)
    if which == "liveness":
        fault = Fault.CONFIGURATION  # It runs, and is killed because of what the probe asks.
    return "unready", f"is not ready, its {which} probe fails{why}, {pod.restarts} restarts", BROKEN, fault, False


def _pending(pod: Pod, _: Sequence[Event]) -> Finding | None:
    if pod.phase != "Pending":
        return None
    waits = pod.status in {"Pending", ""} and not any(one.state for one in pod.containers)
    if waits and not (pod.node or pod.conditions):
        # The scheduler says of every pod that it cannot place why: it did not look at this one.
        return (
            "unplaced",
            "is Pending, on no node that is known, and no scheduler says why",
            WRONG,
            Fault.UNKNOWN,
            False,
        )
    return "pending", f"is Pending, {pod.status or 'for no reason given'}", WRONG, Fault.UNKNOWN, True


def _flapping(pod: Pod, events: Sequence[Event]) -> list[Finding]:
    last = max((at for one in pod.containers if (at := last_ended(one))), default=None)
    when = f", the last at {last:%H:%M:%S} UTC" if last else ""
    fault, why, own = _death(pod, events)
    strength = FAILING if pod.restarts >= FLAPPING else WRONG
    return [(CRASH, f"is up again after {pod.restarts} restarts{when}{why}", strength, fault, own)]


def _probes(events: Sequence[Event], which: str) -> bool:
    return any(one.reason in {"Unhealthy", "ProbeError"} and which in one.message for one in events)


def _probe_words(events: Sequence[Event]) -> str:
    return "; ".join(one.message for one in events if one.reason in {"Unhealthy", "ProbeError"})
