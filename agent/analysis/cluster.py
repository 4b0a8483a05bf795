"""Which components does the state of the cluster speak against?  Rules, then who explains whom.

A node that is down explains its pods; a component that is broken for a reason of its own explains those above it that
only fail to reach it (as the walk to the deepest anomalous dependency does for metrics, see `topology`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from agent.analysis import cluster_objects, cluster_pods, cluster_refusals, cluster_reports, cluster_wiring
from agent.analysis.cluster_reports import LOGGED
from agent.analysis.cluster_standing import Now, is_well
from agent.analysis.cluster_trouble import CRASH, WRONG, Trouble, strongest
from agent.analysis.topology import Graph
from agent.domain.hypothesis import Fault
from tools.cluster.facts import ClusterState

EXPLAINED: Final = 0.3
"""What is left of a trouble that another component explains."""

_OF_ITS_PLACE: Final = frozenset({"absent", "refused", "lost"})
"""Troubles that only the place explains, a node or a namespace, and no component below."""


def troubles(state: ClusterState | None, deps: Graph) -> list[Trouble]:
    """Everything that is wrong now; the strength of what another component explains is lowered."""
    if state is None:
        return []
    now = Now.of(state)
    found = [
        *cluster_pods.troubles(now),
        *cluster_objects.troubles(now),
        *cluster_refusals.troubles(now),
        *cluster_wiring.troubles(now),
        *cluster_reports.troubles(now),
    ]
    return [_weighed(_refined(one, found), found, deps) for one in found]


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


def _weighed(one: Trouble, found: Sequence[Trouble], deps: Graph) -> Trouble:
    return replace(one, strength=one.strength * EXPLAINED) if _explained(one, found, deps) else one


def _explained(one: Trouble, found: Sequence[Trouble], deps: Graph) -> bool:
    """Its place is broken, or something below it is; a crash is passed on only by what is broken itself."""
    if one.own:
        return False
    below = deps.below([one.component]) - {one.component}
    return any(
        other.strength >= WRONG
        and other.component != one.component
        and (
            (other.own and other.component == one.place)
            or (
                one.kind not in _OF_ITS_PLACE
                and (other.own or one.kind != CRASH)
                and _under(other.component, one.component, below, deps)
            )
        )
        for other in found
    )


def _under(lower: str, upper: str, below: Collection[str], deps: Graph) -> bool:
    """In a circle nobody is."""
    return lower in below and upper not in deps.below([lower])


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
