"""Does a greater alert explain this one?  While the greater fires, the lesser opens no incident."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agent.correlate.placement import Answer, Arrival
from agent.domain.alert import Alert, Fate, Placed
from agent.domain.rules import InhibitRule

if TYPE_CHECKING:
    from agent.correlate.standing import Standing


def judge(arrival: Arrival, standing: "Standing") -> Answer | None:
    found = standing.inhibitors.inhibiting(arrival.alert, arrival.identity.series)
    if found is None:
        return None
    rule, source = found
    shared = ", ".join(f"{label}={arrival.alert.labels.get(label, '')}" for label in rule.equal)
    where = f" with the same {shared}" if shared else ""
    return Answer(Fate.INHIBITED, f"Inhibited by alert {source.id} ({source.alert.name}), which fires{where}.")


class Inhibitors:
    """The alerts that fire and match the source of a rule, found by what the rule wants equal."""

    def __init__(self, rules: Sequence[InhibitRule]) -> None:
        self._rules = rules
        self._firing: dict[tuple[int, tuple[str, ...]], dict[str, Placed]] = {}
        self._places: dict[str, list[tuple[int, tuple[str, ...]]]] = {}

    def add(self, series: str, placed: Placed) -> None:
        self.remove(series)
        labels = placed.alert.labels
        places = [
            (number, _equal(rule, labels)) for number, rule in enumerate(self._rules) if _matches(rule.source, labels)
        ]
        for place in places:
            self._firing.setdefault(place, {})[series] = placed
        if places:
            self._places[series] = places

    def remove(self, series: str) -> None:
        for place in self._places.pop(series, ()):
            there = self._firing[place]
            del there[series]
            if not there:
                del self._firing[place]

    def inhibiting(self, alert: Alert, series: str) -> tuple[InhibitRule, Placed] | None:
        """The first rule and alert that inhibit this one; nothing inhibits itself."""
        for number, rule in enumerate(self._rules):
            if _matches(rule.target, alert.labels) and not _matches(rule.source, alert.labels):
                sources = self._firing.get((number, _equal(rule, alert.labels)), {})
                if source := next((placed for other, placed in sources.items() if other != series), None):
                    return rule, source
        return None


def _matches(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(label, "") == value for label, value in wanted.items())


def _equal(rule: InhibitRule, labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(label, "") for label in rule.equal)
