"""When all that is known is a storm of alerts: which component do they point at?

An alert that many components raise says little about any of them: it is weighed by inverse document frequency
(Spärck Jones 1972), with the components as the documents. The first alerts say more than the echo, and a component
that others were seen to wait for says more than one that waits.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.analysis import signals
from agent.analysis.topology import Graph
from agent.domain.alert import Alert

_WHAT_LABELS = ("metric", "operation", "direction", "template", "code", "sli")
"""Labels that say what an alert is about, beside its name."""


@dataclass(frozen=True)
class Blame:
    """What the alerts say against one component."""

    component: str
    weight: float
    alerts: int
    first: datetime
    telling: tuple[tuple[str, int, int], ...]
    """(what, alerts of it here, components that raise it), the most telling first."""


def blame(alerts: Sequence[Alert], deps: Graph, service_label: str) -> list[Blame]:
    """Every component that an alert speaks of, or that carries those, the most blamed first."""
    per_component = _by_component(alerts, service_label)
    raisers = _raisers(per_component)
    own = {name: _blame(name, members, raisers, len(per_component)) for name, members in per_component.items()}
    lifted = _lift(own, deps)
    return sorted(lifted, key=lambda one: (-one.weight, one.first, one.component))


def what(alert: Alert) -> str:
    """What the alert says, without where: its name and the labels that qualify it."""
    told = [alert.labels[name] for name in _WHAT_LABELS if alert.labels.get(name)]
    return " ".join([alert.name, *told])


def _by_component(alerts: Sequence[Alert], service_label: str) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if name := signals.component(alert.labels, service_label):
            found[name].append(alert)
    return found


def _raisers(per_component: Mapping[str, Sequence[Alert]]) -> Counter[str]:
    return Counter(kind for members in per_component.values() for kind in {what(alert) for alert in members})


def _blame(name: str, members: Sequence[Alert], raisers: Mapping[str, int], components: int) -> Blame:
    kinds = Counter(what(alert) for alert in members)
    rarity = {kind: math.log((1 + components) / raisers[kind]) for kind in kinds}
    telling = sorted(kinds, key=lambda kind: (-rarity[kind] * math.log1p(kinds[kind]), kind))
    return Blame(
        component=name,
        weight=sum(rarity[kind] * math.log1p(count) for kind, count in kinds.items()),
        alerts=len(members),
        first=min(alert.starts_at for alert in members),
        telling=tuple((kind, kinds[kind], raisers[kind]) for kind in telling[:3]),
    )


def _lift(own: Mapping[str, Blame], deps: Graph) -> Iterable[Blame]:
    """What several dependants share raises what they share: the mean blame of those that stand on a node."""
    dependants: dict[str, set[str]] = defaultdict(set)
    for caller, callees in deps.callees.items():
        for callee in callees:
            dependants[callee].add(caller)
    yield from own.values()
    for node in deps.nodes - own.keys():
        above = [own[name] for name in dependants.get(node, ()) if name in own]
        below = [own[name] for name in deps.callees.get(node, ()) if name in own]
        carried = above or below
        if carried:
            yield Blame(
                component=node,
                weight=sum(one.weight for one in carried) / len(above or below),
                alerts=sum(one.alerts for one in carried),
                first=min(one.first for one in carried),
                telling=max(carried, key=lambda one: one.weight).telling,
            )
