"""What may be known of a Kubernetes cluster at one moment?  Its objects' state, typed; any part may be missing.

The words are those of the Kubernetes API reference (Pod, Node, Event, ResourceQuota, ...). Messages and log lines are
untrusted: applications and users write into them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from tools.base import LogLine


@dataclass(frozen=True)
class Condition:
    """One of an object's conditions (API conventions, "Typical status properties")."""

    type: str
    status: str
    """`True`, `False` or `Unknown`."""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class Container:
    """A container's status: what it does now, and how it ended last."""

    name: str
    ready: bool
    restarts: int
    state: Literal["running", "waiting", "terminated", ""]
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    last_reason: str = ""
    last_exit_code: int | None = None
    last_ended_at: datetime | None = None
    init: bool = False


@dataclass(frozen=True)
class Pod:
    name: str
    namespace: str
    workload: str
    """The deployment, stateful set, daemon set or job it is a part of; its own name when it stands alone."""
    phase: str
    """`Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`; empty when it was not told."""
    status: str
    """The one word kubectl prints: `CrashLoopBackOff`, `Init:Error`, `Running`, ..."""
    ready: bool
    node: str = ""
    deleting: bool = False
    reason: str = ""
    """Of the pod itself, e.g. `Evicted`."""
    message: str = ""
    restarts: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[Container, ...] = ()
    conditions: tuple[Condition, ...] = ()
    images: tuple[str, ...] = ()
    """Of the containers that are wanted."""
    started_at: datetime | None = None
    created_at: datetime | None = None


@dataclass(frozen=True)
class Node:
    name: str
    ready: str
    """The condition's status: `True`, `False`, `Unknown`; empty when it was not told."""
    pressures: tuple[str, ...] = ()
    """`MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`: those that are True."""
    cordoned: bool = False
    taints: tuple[str, ...] = ()
    """`key=value:effect`."""


@dataclass(frozen=True)
class ContainerSpec:
    """What a pod template wants of a container."""

    name: str
    image: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    """Name, or the number as text, -> number."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Literal values alone."""
    probes: Mapping[str, str] = field(default_factory=dict)
    """`liveness`, `readiness`, `startup` -> the port that is asked, a name or a number."""


@dataclass(frozen=True)
class Workload:
    """A deployment, replica set, stateful set, daemon set or job."""

    kind: str
    name: str
    namespace: str
    desired: int | None
    """None when it was not told."""
    ready: int | None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of its pods."""
    containers: tuple[ContainerSpec, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class ServicePort:
    name: str
    port: int
    target: str
    """The container's port: a name or a number."""


@dataclass(frozen=True)
class Service:
    name: str
    namespace: str
    selector: Mapping[str, str]
    ports: tuple[ServicePort, ...]
    addresses: int | None
    """Ready endpoints; None when they were not told."""
    address: str = ""
    """Of the service itself, within the cluster; empty when it has none."""


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim."""

    name: str
    namespace: str
    phase: str
    component: str
    """The workload that mounts it, else itself."""


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota: what is used of what is allowed, as it is written."""

    name: str
    namespace: str
    used: Mapping[str, str]
    hard: Mapping[str, str]


@dataclass(frozen=True)
class Isolation:
    """A NetworkPolicy that lets nobody in to its pods but whom it lists."""

    name: str
    namespace: str
    selector: Mapping[str, str]
    """Of its pods; empty: all of the namespace."""
    created_at: datetime | None = None


@dataclass(frozen=True)
class Event:
    """What a component of Kubernetes reported about an object. `message` is untrusted."""

    type: str
    reason: str
    kind: str
    name: str
    namespace: str
    component: str
    """The workload the object is a part of, else the object itself."""
    message: str
    count: int
    at: datetime | None
    """When it was last seen; None when that was not told."""


@dataclass(frozen=True)
class Monitor:
    """A monitor of somebody else's, and what it says now."""

    name: str
    firing: bool
    component: str
    """Empty when it names none."""


@dataclass(frozen=True)
class Probe:
    """Somebody tried, from inside the cluster: a service's port, or a daemon of a node."""

    target: str
    what: str
    """`port 8080`, `kubelet`."""
    works: bool
    node: bool = False
    """The target is a node."""
    unresolved: bool = False
    """It failed because the target's name could not be resolved."""


@dataclass(frozen=True)
class LogKind:
    """One kind of bad log line of a component, with how often it was written. `text` is untrusted."""

    component: str
    text: str
    count: int


@dataclass(frozen=True)
class ClusterState:
    """Everything at one moment. Only what is here was looked at."""

    at: datetime
    query: str
    """What was asked, so that a person can ask it again."""
    pods: tuple[Pod, ...] = ()
    nodes: tuple[Node, ...] = ()
    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    claims: tuple[Claim, ...] = ()
    quotas: tuple[Quota, ...] = ()
    isolations: tuple[Isolation, ...] = ()
    events: tuple[Event, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    probes: tuple[Probe, ...] = ()
    lines: tuple[LogLine, ...] = ()
    """Log lines that came with it; a line without a time of its own has `at`."""
    log_kinds: tuple[LogKind, ...] = ()
    """Kinds of line that somebody else has counted."""
    not_checked: tuple[str, ...] = ()
    """One sentence for each kind of object that could not be read."""

    @property
    def names(self) -> set[str]:
        """Everything that was shown to exist and can be a cause or be acted on."""
        wholes = {one.name for one in self.workloads} | {one.workload for one in self.pods}
        parts = {one.name for one in self.pods} | {one.name for one in self.nodes} | {one.name for one in self.services}
        about = {name for one in self.events for name in (one.component, one.namespace)}
        spaces = {one.namespace for one in self.pods} | {one.namespace for one in self.workloads}
        told = {one.component for one in self.monitors} | {one.service for one in self.lines}
        return (wholes | parts | about | spaces | told | {one.namespace for one in self.quotas}) - {""}


class ClusterSource(Protocol):
    """Somebody who knows the state of a cluster."""

    async def state(self, now: datetime) -> ClusterState:
        """As of `now`. BackendError when nothing at all can be read."""
        ...
