"""One ticket an incident: made when a diagnosis is there, commented as things happen, closed when it is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import JsonValue

from agent.domain.base import digest
from agent.domain.clocks import lately
from agent.domain.event import Event, EventType, Recorded
from agent.domain.incident import OVER, Incident, IncidentStatus
from agent.domain.remediation import Effect, EffectStatus
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand, Errands
from agent.notify.news import Hushed, never, of_telling
from agent.ports import Call, Clock, Incidents, Ledger, Tickets
from tools.base import ActResult, BackendError

_OPENS = {EventType.DIAGNOSED, EventType.PARKED, EventType.JOB_DEAD}
_TOLD = {
    EventType.APPROVAL_REQUESTED,
    EventType.APPROVAL_DECIDED,
    EventType.APPROVAL_EXPIRED,
    EventType.EFFECT_OUTCOME,
    EventType.VERIFIED,
    EventType.PARKED,
    EventType.INCIDENT_REOPENED,
}
_NOT_YET = {IncidentStatus.OPEN, IncidentStatus.INVESTIGATING}
PATIENCE = timedelta(minutes=10)
"""How long a ticket that may have been made is looked for: ten times the longest lag of Jira's index. Then a person
is asked; a second one is never made on the word of a search that shows nothing."""
_REFUSED = timedelta(hours=1)
"""How long a ticket that Jira refuses to make is asked for again: a project that cannot be written to may be, later."""


@dataclass(frozen=True)
class Moves:
    """Where a ticket goes: a status, or the transition to it."""

    done: str = "Done"
    """When its incident is over; empty: it stays."""
    reopened: str = ""
    """When it fires again."""

    @classmethod
    def usual(cls, _incident: Incident) -> "Moves":
        return cls()


class JiraChannel:
    name = "jira"

    def __init__(
        self,
        tickets: Tickets,
        ledger: Ledger,
        incidents: Incidents,
        clock: Clock,
        *,
        fields: Callable[[Incident], Mapping[str, JsonValue]],
        moves: Callable[[Incident], Moves] = Moves.usual,
        hushed: Hushed = never,
    ) -> None:
        """`fields`: the project and whatever else a new ticket needs; `moves`: where a ticket goes when; `hushed`: why
        nobody is to be told of an incident now."""
        self._tickets = tickets
        self._errands = Errands(self.name, "ticket", ledger, clock)
        self._incidents = incidents
        self._clock = clock
        self._fields = fields
        self._moves = moves
        self._hushed = hushed

    async def tell(self, entry: Recorded) -> None:
        event = entry.event
        if event.incident is None or (of_telling(event) and not _settles(event)):
            return
        ticket = await self._known(event.incident)
        if ticket is None and await self._opens(event):
            ticket = await self._create(entry)
        if ticket is None:
            return
        if event.type in _TOLD and not await self._not_now(event.incident):
            await self._comment(ticket, entry)
        if event.type is EventType.INCIDENT_STATUS and event.facts.get("to") in OVER:
            await self._move(ticket, entry, "done")
        if event.type is EventType.INCIDENT_REOPENED:
            await self._move(ticket, entry, "reopened")

    async def _opens(self, event: Event) -> bool:
        """Is it time for a ticket?  Not during work on it; what was diagnosed meanwhile gets one when that is over."""
        if "hush_over" in event.facts:
            known = await self._incidents.get(str(event.incident))
            return known.status not in _NOT_YET
        opens = event.type in _OPENS or _settles(event)
        return opens and not await self._not_now(str(event.incident))

    async def _not_now(self, incident: str) -> bool:
        return bool(await self._hushed(await self._incidents.get(incident)))

    async def _known(self, incident: str) -> str | None:
        """The ticket made for it, as the ledger has it; one that may have been made, as soon as the search shows it."""
        last = await self._errands.latest("create", incident)
        if last is None or (ticket := _ticket(last)):
            return _ticket(last)
        maybe = last.status in {EffectStatus.UNKNOWN, EffectStatus.DONE}
        return await self._tickets.find(label(incident)) if maybe else ticket

    async def _create(self, entry: Recorded) -> str | None:
        event = entry.event
        incident = await self._incidents.get(str(event.incident))
        key = label(incident.id)

        async def run() -> ActResult:
            title, body = f"[{incident.severity}] {incident.title}", _body(incident, event)
            try:
                # Of a Jira that is away this asks in vain, and then nothing is sent that might be half done.
                ticket = await self._tickets.find(key) or await self._tickets.create(
                    key, title, body, self._fields(incident)
                )
            except BackendError as refused:
                again = lately(entry.at, _REFUSED, self._clock.now())
                return ActResult(ok=False, detail=str(refused), data={"retry": refused.retry or again})
            return ActResult(ok=True, detail=f"Ticket {ticket} created.", data={"ticket": ticket})

        async def read_back() -> ActResult | None:
            # A search that shows nothing proves nothing: Jira's index lags behind what was created.
            if ticket := await self._tickets.find(key):
                return ActResult(ok=True, detail=f"Ticket {ticket} found.", data={"ticket": ticket})
            begun = await self._errands.latest("create", incident.id)
            if begun and lately(begun.intent_at, PATIENCE, self._clock.now()):
                raise Later(f"The ticket of {incident.id} may have been made, and the search does not show it yet.")
            return None

        errand = Errand("create", incident.id, incident.id, f"Create a ticket for {incident.id}.")
        effect = await self._errands.once(errand, Call(run=run, read_back=read_back))
        return _ticket(effect)

    async def _comment(self, ticket: str, entry: Recorded) -> None:
        key = f"{label(str(entry.event.incident))}-{entry.sequence}"

        async def run() -> ActResult:
            await self._tickets.comment(ticket, key, entry.event.text)
            return ActResult(ok=True, detail=f"Commented on {ticket}.")

        # A comment carries its key and is written once by the far end's adapter, so doing it again is reading back.
        errand = Errand("comment", str(entry.sequence), str(entry.event.incident), f"Comment on {ticket}.")
        await self._errands.once(errand, Call(run=run, read_back=run))

    async def _move(self, ticket: str, entry: Recorded, when: Literal["done", "reopened"]) -> None:
        to = getattr(self._moves(await self._incidents.get(str(entry.event.incident))), when)
        if not to:
            return

        async def run() -> ActResult:
            await self._tickets.transition(ticket, to)
            return ActResult(ok=True, detail=f"{ticket} moved to {to}.")

        errand = Errand("move", str(entry.sequence), str(entry.event.incident), f"Move {ticket} to {to}.")
        await self._errands.once(errand, Call(run=run, read_back=run))


def _settles(event: Event) -> bool:
    """A person has found out whether a ticket was made."""
    return event.type is EventType.EFFECT_SETTLED and event.facts.get("name") == "jira.create"


def _ticket(effect: Effect | None) -> str | None:
    result = effect.result if effect else None
    return str(result["ticket"]) if isinstance(result, dict) and "ticket" in result else None


def label(incident: str) -> str:
    """What the ticket is found again by: short enough for a label, the same after a restart."""
    return digest(["ticket", incident])[:16]


def _body(incident: Incident, event: Event) -> str:
    lines = [
        event.text,
        "",
        f"Incident {incident.id}, severity {incident.severity}, opened {incident.opened_at:%Y-%m-%d %H:%M:%S} UTC.",
        f"Service: {incident.service or 'not named by the alerts'}.",
    ]
    return "\n".join(lines)
