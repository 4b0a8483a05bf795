"""Is this entry of the journal somebody's news, and whose?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from agent.domain.event import Event, EventType, Recorded
from agent.domain.incident import OVER, Incident
from agent.ports import Clock, Incidents
from agent.telemetry import Log

log = Log(__name__)

STALE = timedelta(hours=24)
"""What could not be told for so long is no news any more."""
LONGEST = 8_000
"""Characters of a text that are told."""

Hushed = Callable[[Incident], Awaitable[str]]
"""Why nobody is to be paged about it now; empty when people are."""


def of_telling(event: Event) -> bool:
    """Is it about a message or a ticket of ours?  To tell of those would have no end."""
    return event.facts.get("kind") in {"ticket", "message"}


async def never(_incident: Incident) -> str:
    """Of an installation that knows no maintenance."""
    return ""


@dataclass(frozen=True)
class News:
    entry: Recorded
    incident: Incident
    teams: tuple[str, ...]
    """Those whose channels tell it."""
    people: tuple[str, ...] = ()
    """Those who are called by name."""

    @property
    def type(self) -> EventType:
        return self.entry.event.type

    @property
    def over(self) -> bool:
        """It was over when this was told; who comes to hear of it late need not begin with it."""
        return self.incident.status in OVER

    @property
    def ends(self) -> bool:
        """This entry tells that it is over, or is part of another incident now."""
        facts = self.entry.event.facts
        return (self.type is EventType.INCIDENT_STATUS and facts.get("to") in OVER) or (
            self.type is EventType.INCIDENT_MERGED and "into" in facts
        )

    @property
    def late(self) -> bool:
        """Maintenance kept it from people, and is over."""
        return "hush_over" in self.entry.event.facts

    @property
    def calls(self) -> bool:
        """Nobody answered, and these are called."""
        return self.type is EventType.ESCALATED and "step" in self.entry.event.facts


class Newsroom:
    """What the channels that tell teams have in common."""

    def __init__(self, incidents: Incidents, clock: Clock, *, hushed: Hushed = never) -> None:
        self._incidents = incidents
        self._clock = clock
        self.hushed = hushed

    async def news(self, entry: Recorded) -> News | None:
        """None when it is about no incident, about telling itself, or too old."""
        event = entry.event
        if event.incident is None or of_telling(event):
            return None
        if self._clock.now() - entry.at > STALE:
            log.warning("not told: too old", entry=entry.sequence, incident=event.incident)
            return None
        incident = await self._incidents.get(event.incident)
        if event.type is EventType.ESCALATED and "step" in event.facts:
            return News(entry, incident, _names(event.facts.get("teams")), _names(event.facts.get("people")))
        return News(entry, incident, (incident.team,))


def _names(given: object) -> tuple[str, ...]:
    return tuple(str(one) for one in given) if isinstance(given, list) else ()
