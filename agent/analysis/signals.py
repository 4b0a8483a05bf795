"""What does a metric measure, of which component, and which way is worse?  Read from names and labels alone.

The conventions are those of Prometheus, OpenTelemetry, cAdvisor, Istio and Linkerd; the table `_RULES` is
the one place where they stand. Nothing here knows a service, a system or a fault by name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from agent.domain.hypothesis import Fault
from agent.domain.incident import Symptom
from tools.cluster.names import Names
from tools.wording import parted


class Signal(StrEnum):
    """The kind of quantity."""

    LATENCY = "latency"
    """How long the component takes to answer, its dependencies included."""
    OUTGOING_LATENCY = "outgoing latency"
    """How long the component waits for others: it speaks of them."""
    SELF_TIME = "self time"
    """How long the component takes, its dependencies left out."""
    ERRORS = "errors"
    AVAILABILITY = "availability"
    TRAFFIC = "traffic"
    CPU = "CPU"
    MEMORY = "memory"
    DISK = "disk"
    NETWORK = "network"
    POOL = "connections, threads or queues"
    RESTARTS = "restarts"
    OTHER = "other"


@dataclass(frozen=True)
class Meaning:
    """`worse` is +1 when a rise is bad, -1 when a fall is, 0 when either may be."""

    signal: Signal
    worse: int


# (any of these words, none of those, signal, worse); the first line that fits decides.
_RULES: tuple[tuple[str, str, Signal, int], ...] = (
    ("selftime exclusive", "", Signal.SELF_TIME, +1),
    ("restarts restart oom oomkilled killed crash crashes terminated evicted starttime", "", Signal.RESTARTS, +1),
    ("up uptime replicas", "", Signal.RESTARTS, -1),
    (
        "availability available success successes healthy ready apdex hit",
        "memory disk fs queue messages",
        Signal.AVAILABILITY,
        -1,
    ),
    ("throttled throttling throttle steal", "", Signal.CPU, +1),
    ("retransmit retransmits retransmitted retrans retransmission rtt", "", Signal.NETWORK, +1),
    ("dropped drop drops loss corrupt corrupted collisions", "queue", Signal.NETWORK, +1),
    (
        "error errors err failed failure failures fault faults exception exceptions 5xx timeouts timeout rejected",
        "page network packets",
        Signal.ERRORS,
        +1,
    ),
    ("cpu cores millicores load1 load5 load15 runqueue", "", Signal.CPU, +1),
    ("network net tcp udp packets bandwidth socket sockets", "connections pool", Signal.NETWORK, 0),
    ("memory mem rss heap swap workingset pgfault gc collection collections", "", Signal.MEMORY, +1),
    ("disk fs filesystem inode inodes iops blkio syscall io iowait wal", "", Signal.DISK, +1),
    ("connections connection clients pool threads goroutines fds locks", "", Signal.POOL, +1),
    ("queue queued pending backlog waiting inflight lag", "", Signal.POOL, +1),
    ("latency duration responsetime time elapsed rt ms milliseconds seconds delay", "", Signal.LATENCY, +1),
    (
        "requests request rq calls call rps qps rpm throughput hits messages operations ops sessions rate handled",
        "",
        Signal.TRAFFIC,
        0,
    ),
    ("read reads write writes", "", Signal.DISK, +1),
    ("receive transmit received sent bytes", "", Signal.NETWORK, 0),
)
_RULE_SETS = tuple((frozenset(a.split()), frozenset(n.split()), signal, worse) for a, n, signal, worse in _RULES)
_TIMES = frozenset({"ms", "milliseconds", "seconds", "latency", "delay"})
_LEFT_OVER = frozenset({"available", "avail", "free", "remaining"})
_OUTGOING = frozenset({"client", "outbound", "egress", "outgoing", "downstream"})
_JOINED = {("self", "time"): "selftime", ("start", "time"): "starttime", ("response", "time"): "responsetime"}
COMPONENT_LABELS = (
    *("service", "app", "component", "service_name", "app_kubernetes_io_name", "application", "microservice"),
    *("kubernetes_name", "k8s_app", "deployment", "workload", "statefulset", "daemonset", "k8s_deployment_name"),
    *("pod", "pod_name", "k8s_pod_name", "kubernetes_pod_name", "consumergroup"),
    *("container", "container_name", "exported_job", "job", "host", "node", "instance"),
)
_OBJECTS = ("deployment", "statefulset", "daemonset", "pod", "pod_name", "container", "name", "node")
_OBJECT_LABELS = (*(f"exported_{name}" for name in _OBJECTS), *_OBJECTS, "instance")
"""Where metrics about others' objects name them: their service and job are those of the exporter."""
_ABOUT_OBJECTS = re.compile(r"^(container|kube|machine|node)_")
SOURCE_LABELS = ("source", "src", "caller", "client", "from", "source_service", "source_workload", "source_app")
TARGET_LABELS = (
    *("target", "dst", "destination", "callee", "upstream", "dest", "peer", "peer_service", "server", "to"),
    *("destination_service_name", "destination_workload", "destination_app", "destination_service"),
    *("dst_service", "dst_deployment", "dst_workload", "client_name", "server_address", "net_peer_name"),
)
CODE_LABELS = (
    *("code", "status", "status_code", "http_status_code", "response_code", "grpc_code", "http_response_status_code"),
    *("rpc_grpc_status_code", "grpc_response_status", "envoy_response_code", "classification", "outcome"),
)
_FAILING = (
    "5..|(?i:.*error|.*fail(ure|ed)|unavailable|internal|unknown|aborted|data_?loss"
    "|deadline_?exceeded|resource_?exhausted)"
)
_GRPC_NUMBERS = "2|4|8|10|13|14|15|5xx"
"""The codes of those names: https://grpc.github.io/grpc/core/md_doc_statuscodes.html"""
_IN_CLUSTER = re.compile(r"^(?P<service>[a-z0-9-]+)\.[a-z0-9-]+\.svc(\.[a-z0-9.-]+)?(:\d+)?$")
_WORKLOADS = Names(())
"""None is known: a pod's is told by the form of its name."""

ECHOES = frozenset({Signal.LATENCY, Signal.OUTGOING_LATENCY, Signal.ERRORS, Signal.AVAILABILITY, Signal.TRAFFIC})
"""Signals that travel along calls: they show on whoever waits, too."""

FAULTS: Mapping[Signal, Fault] = {
    Signal.LATENCY: Fault.APPLICATION,
    Signal.OUTGOING_LATENCY: Fault.NETWORK,
    Signal.SELF_TIME: Fault.APPLICATION,
    Signal.ERRORS: Fault.APPLICATION,
    Signal.AVAILABILITY: Fault.APPLICATION,
    Signal.TRAFFIC: Fault.TRAFFIC,
    Signal.CPU: Fault.RESOURCE_CPU,
    Signal.MEMORY: Fault.RESOURCE_MEMORY,
    Signal.DISK: Fault.RESOURCE_DISK,
    Signal.NETWORK: Fault.NETWORK,
    Signal.POOL: Fault.RESOURCE_POOL,
    Signal.RESTARTS: Fault.CRASH,
    Signal.OTHER: Fault.UNKNOWN,
}
"""What kind of fault it would be if this signal moved first and alone."""

SYMPTOMS: Mapping[Symptom, frozenset[Signal]] = {
    Symptom.ERRORS: frozenset({Signal.ERRORS, Signal.AVAILABILITY}),
    Symptom.LATENCY: frozenset({Signal.LATENCY}),
    Symptom.AVAILABILITY: frozenset({Signal.AVAILABILITY, Signal.ERRORS, Signal.RESTARTS}),
    Symptom.SATURATION: frozenset({Signal.CPU, Signal.MEMORY, Signal.DISK, Signal.POOL}),
    Symptom.TRAFFIC: frozenset({Signal.TRAFFIC}),
    Symptom.OTHER: frozenset({Signal.LATENCY, Signal.ERRORS, Signal.AVAILABILITY}),
}
"""Which signals show a symptom."""


def meaning(metric: str, labels: Mapping[str, str]) -> Meaning:
    """What `metric` measures. A 5xx status label turns a count of requests into a count of errors."""
    found = _meaning(metric)
    if found.signal is Signal.TRAFFIC and _is_error_code(labels):
        return Meaning(Signal.ERRORS, +1)
    return found


def words(metric: str) -> tuple[str, ...]:
    """The metric's name in lower-case words: `edge:p95CPUSeconds` -> edge, p95, cpu, seconds."""
    split = [word for word in re.split(r"[^a-z0-9]+", parted(metric).lower()) if word]
    return _join(split)


def component(labels: Mapping[str, str], service_label: str = "service", metric: str = "") -> str:
    """The component that labels speak of; of an edge, its target; empty when none is named."""
    return _first(labels, TARGET_LABELS) or _first(labels, placing(metric, service_label))


def edge(labels: Mapping[str, str], service_label: str = "service", metric: str = "") -> tuple[str, str] | None:
    """(caller, target) when the labels name both; None otherwise."""
    target = _first(labels, TARGET_LABELS)
    caller = _first(labels, (*SOURCE_LABELS, *placing(metric, service_label)))
    return (caller, target) if target and caller and caller != target else None


def placing(metric: str, service_label: str) -> tuple[str, ...]:
    """The labels that may name the component which a metric speaks of, the surest first.

    A label that Prometheus renamed because the scraped target has one of that name tells of what was measured.
    """
    if _ABOUT_OBJECTS.match(metric):
        return _OBJECT_LABELS
    return (f"exported_{service_label}", service_label, *COMPONENT_LABELS)


@lru_cache(maxsize=4096)
def _meaning(metric: str) -> Meaning:
    named = frozenset(words(metric))
    for any_of, none_of, signal, worse in _RULE_SETS:
        if named & any_of and not named & none_of:
            return _refined(named, Meaning(signal, worse))
    return Meaning(Signal.OTHER, 0)


def _refined(named: frozenset[str], found: Meaning) -> Meaning:
    """What a second word in the name adds to the first."""
    if found.signal is Signal.LATENCY and named & _OUTGOING:
        return Meaning(Signal.OUTGOING_LATENCY, +1)
    if found.signal is Signal.NETWORK and named & _TIMES:
        return Meaning(Signal.NETWORK, +1)
    if found.signal in (Signal.MEMORY, Signal.DISK) and named & _LEFT_OVER:
        return Meaning(found.signal, -1)
    return found


def _join(split: list[str]) -> tuple[str, ...]:
    joined: list[str] = []
    for word in split:
        if joined and (pair := _JOINED.get((joined[-1], word))):
            joined[-1] = pair
        else:
            joined.append(word)
    return tuple(joined)


def _is_error_code(labels: Mapping[str, str]) -> bool:
    return any(re.fullmatch(failing(name), labels[name]) for name in CODE_LABELS if name in labels)


def failing(label: str) -> str:
    """A pattern of the values of one of CODE_LABELS that count as failures."""
    return _GRPC_NUMBERS if label == "rpc_grpc_status_code" else _FAILING


def _first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    told = ((name, labels[name]) for name in names if labels.get(name, "unknown") != "unknown" and labels[name])
    return next((_plain(name, value) for name, value in told), "")


@lru_cache(maxsize=4096)
def _workload(pod: str) -> str:
    return _WORKLOADS.whole("Pod", pod)


def _plain(label: str, value: str) -> str:
    """A pod stands for whatever owns it, an address in a cluster for its service, a job for what it runs."""
    if "pod" in label:
        return _workload(value)
    if match := _IN_CLUSTER.match(value):
        return match["service"]
    return value.rpartition("/")[2] if label == "job" else value
