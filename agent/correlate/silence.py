"""Did a person say not to be told?  A silence that matches keeps an alert from opening an incident until it ends."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from agent.correlate.placement import Answer, Arrival
from agent.domain.alert import Fate
from agent.domain.silence import Silence
from agent.policy import matching
from agent.policy.matching import Conditions, conditions

if TYPE_CHECKING:
    from agent.correlate.standing import Standing


def judge(arrival: Arrival, standing: "Standing") -> Answer | None:
    found = standing.silences.matching(arrival.alert.labels, arrival.now)
    if found is None:
        return None
    why = ", ".join(str(matcher) for matcher in found.matchers)
    until = found.ends_at.strftime("%Y-%m-%d %H:%M:%S")
    if found.name:
        return Answer(Fate.SILENCED, f"Held back by {found.title} until {until} UTC: {why} (silence {found.id}).")
    by = f" by {found.created_by}" if found.created_by else ""
    return Answer(Fate.SILENCED, f"Silenced{by} until {until} UTC: {why} (silence {found.id}).")


def problem(silence: Silence) -> str:
    """Why it cannot be used; empty when it can."""
    if not silence.matchers:
        return "A silence needs at least one matcher, or it would silence everything."
    if silence.ends_at <= silence.starts_at:
        return "A silence must end after it starts."
    return matching.problem(silence.matchers)


class Silences:
    """Those that are known, ready to match. One that cannot be used matches nothing."""

    def __init__(self, silences: Iterable[Silence] = ()) -> None:
        self._known: dict[str, tuple[Silence, Conditions]] = {}
        for silence in silences:
            self.add(silence)

    def add(self, silence: Silence) -> None:
        self._known.pop(silence.id, None)
        if not problem(silence):
            self._known[silence.id] = (silence, conditions(silence.matchers))

    def matching(self, labels: dict[str, str], now: datetime) -> Silence | None:
        """The one that ends last, of those in force that match; those that are over are dropped."""
        self._drop_old(now)
        in_force = [
            silence
            for silence, met in self._known.values()
            if silence.starts_at <= now and not silence.opens and met.hold(labels)
        ]
        return max(in_force, key=lambda silence: silence.ends_at, default=None)

    def _drop_old(self, now: datetime) -> None:
        for id_ in [id_ for id_, (silence, _) in self._known.items() if silence.ends_at <= now]:
            del self._known[id_]
