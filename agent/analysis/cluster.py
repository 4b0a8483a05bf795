"""Which components does the state of the cluster speak against?  Rules, then what is old, then who explains whom."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from agent.analysis import (
    cluster_addresses,
    cluster_explained,
    cluster_objects,
    cluster_pods,
    cluster_refusals,
    cluster_reports,
    cluster_wiring,
)
from agent.analysis.cluster_reports import LOGGED
from agent.analysis.cluster_standing import Now, is_well
from agent.analysis.cluster_trouble import CRASH, ROLLOUT, WRONG, Trouble, strongest
from agent.analysis.topology import Graph
from agent.domain.alert import Alert
from agent.domain.hypothesis import Fault
from tools.cluster.facts import ClusterState

LASTING: Final = 0.1
"""What is left of a trouble that is much older than what is alerted, and that no alert is about: less than a hint."""


def troubles(state: ClusterState | None, deps: Graph, alerts: Sequence[Alert] = ()) -> list[Trouble]:
    """Everything that is wrong now; the strength of what another component explains, or of what is old, is lowered."""
    if state is None:
        return []
    now = Now.of(state)
    found = [
        *cluster_pods.troubles(now),
        *cluster_objects.troubles(now),
        *cluster_refusals.troubles(now),
        *cluster_wiring.troubles(now),
        *cluster_addresses.troubles(now),
        *cluster_reports.troubles(now),
    ]
    # Something new is no trouble by itself: it tells who of those in trouble began it.
    ill = {one.component for one in found if one.kind != ROLLOUT}
    found = [one for one in found if one.component in ill]
    lasting = _lasting(found, now, alerts)
    found = [_faded(one) if one.component in lasting else _refined(one, found) for one in found]
    return cluster_explained.weighed(found, deps)


def _lasting(found: Sequence[Trouble], now: Now, alerts: Sequence[Alert]) -> set[str]:
    """Components that were in trouble long before, when the alerts are about others and do not speak of these."""
    told = {word for alert in alerts for text in _told(alert) for word in re.findall(r"[\w.-]+", text)}
    about = {alert.service for alert in alerts} & now.state.names
    old = {one.component for one in found if now.lasting(one.component)}
    spoken_of = told | {now.whole(word) for word in told}
    return old - spoken_of if about else set()


def _told(alert: Alert) -> list[str]:
    return [alert.name, *alert.labels.values(), *alert.annotations.values()]


def _faded(one: Trouble) -> Trouble:
    return replace(one, strength=one.strength * LASTING, text=f"{one.text}; so for more than a day")


def looked(state: ClusterState | None) -> bool:
    """Was enough seen to say that a cluster is well?"""
    return size(state) > 0


def size(state: ClusterState | None) -> int:
    """Objects that say themselves how they are."""
    return sum(map(len, (state.pods, state.workloads, state.monitors, state.nodes))) if state else 0


def _refined(one: Trouble, found: Sequence[Trouble]) -> Trouble:
    """Why a container ends is in what it wrote: the log tells the kind of a crash, never that there is one."""
    if one.kind != CRASH or one.fault is not Fault.CRASH:
        return one
    said = [other for other in found if other.component == one.component and other.kind == LOGGED]
    telling = [other for other in said if other.fault is not Fault.APPLICATION]
    if not telling:
        return one
    best = max(telling, key=lambda other: other.strength)
    return replace(one, fault=best.fault, text=f"{one.text}; {best.text}", own=best.own)


def fault(found: Iterable[Trouble]) -> Fault:
    """The kind of fault: what is surely the component's own before what may be passed on to it, then the strongest."""
    ordered = sorted(strongest(found), key=lambda one: not (one.own and one.strength >= WRONG))
    return next((one.fault for one in ordered if one.fault is not Fault.UNKNOWN), Fault.UNKNOWN)


def extent(state: ClusterState | None) -> str:
    """What was looked at, for a sentence that lists it."""
    if state is None:
        return ""
    looked_at = f"{len(state.pods)} pods, {len(state.workloads)} workloads and {len(state.events)} events"
    return f" and in {looked_at} of the cluster"


def census(state: ClusterState) -> str:
    """How many are well of those that were looked at."""
    now = Now.of(state)
    pods = [pod for those in now.pods.values() for pod in those]
    full = [one for one in state.workloads if one.ready is not None and one.ready >= (one.desired or 0)]
    told = (
        f"{sum(map(is_well, pods))} of {len(pods)} pods are well",
        f"{len(full)} of {len(state.workloads)} workloads have all their pods",
        f"{sum(one.ready == 'True' for one in state.nodes)} of {len(state.nodes)} nodes are ready",
        f"{sum(one.firing for one in state.monitors)} of {len(state.monitors)} monitors fire",
    )
    return "; ".join(told)
