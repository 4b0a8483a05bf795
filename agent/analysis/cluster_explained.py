"""Whose trouble is explained by whose?  Places explain what is in them, dependencies what only fails to reach them.

A node that is down explains its pods, and a part of the control plane what nobody does without it (documentation,
"Kubernetes Components"); a component that is broken for a reason of its own explains those above it that only fail to
reach it (as the walk to the deepest anomalous dependency does for metrics, see `topology`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from agent.analysis.cluster_trouble import CRASH, WRONG, Trouble
from agent.analysis.topology import Graph

EXPLAINED: Final = 0.3
"""What is left of a trouble that another component explains."""

_OF_ITS_PLACE: Final = frozenset({"absent", "refused", "lost", "unplaced"})
"""Troubles that only the place explains, a node or a namespace, and no component below."""
_HANDS: Final = {"absent": "kube-controller-manager", "unplaced": "kube-scheduler"}
"""Kind of trouble -> who does not do its work when it is broken."""
_FOLLOWS: Final = frozenset({"endpoints", "reach", "short"})
"""Troubles that only say that a component's pods are not there: what explains the pods' explains these."""


def weighed(found: Sequence[Trouble], deps: Graph) -> list[Trouble]:
    """The strength of what another component explains is lowered."""
    misplaced = {one.component for one in found if not one.own and _by_place(one, found)}
    return [_weighed(one, found, deps, misplaced) for one in found]


def _weighed(one: Trouble, found: Sequence[Trouble], deps: Graph, misplaced: Collection[str]) -> Trouble:
    if one.own:
        return one
    follows = one.kind in _FOLLOWS and one.component in misplaced
    explained = follows or _by_place(one, found) or _by_dependency(one, found, deps)
    return replace(one, strength=one.strength * EXPLAINED) if explained else one


def _by_place(one: Trouble, found: Sequence[Trouble]) -> bool:
    """Its place is broken, or who would have to act."""
    return any(
        (other.own and other.component == one.place) or other.component == _HANDS.get(one.kind)
        for other in _others(one, found)
    )


def _by_dependency(one: Trouble, found: Sequence[Trouble], deps: Graph) -> bool:
    """Something below it is broken; a crash is passed on only by what is broken itself."""
    if one.kind in _OF_ITS_PLACE:
        return False
    below = deps.below([one.component]) - {one.component}
    return any(
        (other.own or one.kind != CRASH) and _under(other.component, one.component, below, deps)
        for other in _others(one, found)
    )


def _others(one: Trouble, found: Sequence[Trouble]) -> list[Trouble]:
    return [other for other in found if other.strength >= WRONG and other.component != one.component]


def _under(lower: str, upper: str, below: Collection[str], deps: Graph) -> bool:
    """In a circle nobody is."""
    return lower in below and upper not in deps.below([lower])
