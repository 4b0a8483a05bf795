"""When all that is known is a storm of alerts: which component do they point at?

An alert that many components raise says little about any of them: it is weighed by inverse document frequency
(Spärck Jones 1972), with the components as the documents. When the parts of one whole (the instances of a service,
what runs on a host) raise it more often than the rest do, it speaks of the whole, by the hypergeometric tail, which
for a single component is the same measure. Slow or failing calls are an echo: they travel to whoever calls. Alerts
about the same quantity of a component repeat one another in part: they are added by the p-norm of p = 2, between the
greatest alone (p = infinity) and the sum of independent ones (p = 1; Salton, Fox and Wu 1983).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.analysis import signals
from agent.analysis.signals import ECHOES, Signal
from agent.analysis.topology import Graph
from agent.domain.alert import Alert

_ECHO = 0.05
_UNKNOWN = 0.5
"""An alert of unknown meaning says half of what one about the component's own state says."""
_WHOLE = 0.6
"""Evidence against a whole is seen in parts that share more than the whole: it is discounted for that."""
_FEWEST_PARTS = 2


@dataclass(frozen=True)
class Blame:
    """What the alerts say against one component."""

    component: str
    weight: float
    """Nats, as if alerts about different quantities were independent, which they are not."""
    alerts: int
    first: datetime
    telling: tuple[tuple[str, int, int], ...]
    """(what, how many of its parts raise it, components that raise it), the most telling first."""
    signal: Signal
    """What the most telling alert is about."""


@dataclass(frozen=True)
class _Raised:
    """Who raised what: component -> what -> alerts."""

    alerts: Mapping[str, Mapping[str, Sequence[Alert]]]
    raisers: Counter[str]
    """What -> the number of components that raise it."""


def blame(alerts: Sequence[Alert], deps: Graph, service_label: str) -> list[Blame]:
    """Every component that the alerts bear on, the most blamed first."""
    raised = _raised(alerts, service_label)
    parts = _parts(deps)
    known = len(deps.nodes | raised.alerts.keys())
    every_part = frozenset().union(*parts.values()) if parts else frozenset()
    among = Counter(kind for part in every_part for kind in raised.alerts.get(part, ()))
    found = []
    for node in deps.nodes | raised.alerts.keys():
        members = parts.get(node, frozenset())
        weights = defaultdict(float, _own(node, raised, known))
        for kind, weight in _shared(members, raised, among, len(every_part)).items():
            weights[kind] += weight
        if weights:
            found.append(_blame(node, raised, members, weights))
    return sorted(found, key=lambda one: (-one.weight, one.first, one.component))


def what(alert: Alert) -> str:
    """What the alert says, without where: its name and the labels that qualify it."""
    told = [alert.labels[name] for name in _WHAT_LABELS if alert.labels.get(name)]
    return " ".join([alert.name, *told])


_WHAT_LABELS = ("metric", "operation", "direction", "template", "code", "sli")
"""Labels that say what an alert is about, beside its name."""


def signal(alert: Alert) -> Signal:
    """What kind of quantity it is about: its metric's, else its name's."""
    named = alert.labels.get("metric") or alert.labels.get("sli") or alert.name
    return signals.meaning(named, {}).signal


def _raised(alerts: Sequence[Alert], service_label: str) -> _Raised:
    found: dict[str, dict[str, list[Alert]]] = defaultdict(lambda: defaultdict(list))
    for alert in alerts:
        if name := signals.component(alert.labels, service_label):
            found[name][what(alert)].append(alert)
    return _Raised(found, Counter(kind for kinds in found.values() for kind in kinds))


def _parts(deps: Graph) -> dict[str, frozenset[str]]:
    """Service -> its instances, host -> what runs on it; wholes of one part are that part."""
    instances = {node for node in deps.nodes if deps.kinds.get(node, "").endswith("instance")}
    parts: dict[str, set[str]] = defaultdict(set)
    for upper, lowers in deps.callees.items():
        for lower in lowers:
            if lower in instances and upper not in instances:
                parts[upper].add(lower)
            elif upper in instances and deps.kinds.get(lower) == "host":
                parts[lower].add(upper)
    return {whole: frozenset(members) for whole, members in parts.items() if len(members) >= _FEWEST_PARTS}


def _own(node: str, raised: _Raised, known: int) -> dict[str, float]:
    """Inverse document frequency, with the logarithm of how often it was raised."""
    return {
        kind: _relevance(found[0]) * math.log1p(len(found)) * math.log((1 + known) / raised.raisers[kind])
        for kind, found in raised.alerts.get(node, {}).items()
    }


def _shared(parts: frozenset[str], raised: _Raised, among: Mapping[str, int], every: int) -> dict[str, float]:
    """How unlikely it is that so many of these parts raise it, when `among` of `every` part do."""
    told: dict[str, list[Sequence[Alert]]] = defaultdict(list)
    for part in parts:
        for kind, found in raised.alerts.get(part, {}).items():
            told[kind].append(found)
    return {
        kind: _WHOLE
        * _relevance(found[0][0])
        * math.log1p(sum(map(len, found)) / len(found))
        * -math.log(max(1e-12, _tail(every, among[kind], len(parts), len(found))))
        for kind, found in told.items()
        if len(found) >= _FEWEST_PARTS
    }


def _tail(every: int, marked: int, drawn: int, hits: int) -> float:
    """Chance of `hits` or more marked ones among `drawn` of `every` (hypergeometric)."""
    ways = sum(math.comb(marked, k) * math.comb(every - marked, drawn - k) for k in range(hits, min(marked, drawn) + 1))
    return ways / math.comb(every, drawn)


def _relevance(alert: Alert) -> float:
    kind = signal(alert)
    return _ECHO if kind in ECHOES else _UNKNOWN if kind is Signal.OTHER else 1.0


def _by_quantity(weights: Mapping[str, float], bearing: Mapping[str, Mapping[str, Sequence[Alert]]]) -> Iterable[float]:
    """The weights of the alerts about each quantity, as one; of what has no known meaning, the name stands for it."""
    example = {kind: found[0] for kinds in bearing.values() for kind, found in kinds.items()}
    together: dict[str, float] = defaultdict(float)
    for kind, weight in weights.items():
        quantity = signal(example[kind])
        of = example[kind].name if quantity is Signal.OTHER else quantity.value
        together[of] = math.hypot(together[of], weight)
    return together.values()


def _blame(node: str, raised: _Raised, parts: frozenset[str], weights: Mapping[str, float]) -> Blame:
    bearing = {name: raised.alerts[name] for name in (node, *parts) if name in raised.alerts}
    telling = sorted(weights, key=lambda kind: (-weights[kind], kind))[:3]
    raising = {kind: sum(kind in kinds for kinds in bearing.values()) for kind in telling}
    told = next(found[0] for kinds in bearing.values() for kind, found in kinds.items() if kind == telling[0])
    return Blame(
        component=node,
        weight=sum(_by_quantity(weights, bearing)),
        alerts=sum(len(found) for kinds in bearing.values() for found in kinds.values()),
        first=min(alert.starts_at for kinds in bearing.values() for found in kinds.values() for alert in found),
        telling=tuple((kind, raising[kind], raised.raisers[kind]) for kind in telling),
        signal=signal(told),
    )
