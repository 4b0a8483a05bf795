"""One ticket an incident: made when a diagnosis is there, commented as things happen, closed when it is over."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from pydantic import JsonValue

from agent.domain.base import digest
from agent.domain.event import Event, EventType, Recorded
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.remediation import Effect
from agent.notify.errands import Errand, Errands
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
_OVER = {IncidentStatus.RESOLVED, IncidentStatus.CLOSED}
_LAG = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 15, 30, 30, 0))
"""Pauses between looks for a ticket that may have been made: 90 s in all, well above the lag of Jira's index."""
_REFUSED = timedelta(hours=1)
"""How long a ticket that Jira refuses to make is asked for again: a project that cannot be written to may be, later."""


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
        done: str = "Done",
    ) -> None:
        """`fields`: the project and whatever else a new ticket needs; `done`: the transition that closes one."""
        self._tickets = tickets
        self._errands = Errands(self.name, "ticket", ledger, clock)
        self._incidents = incidents
        self._clock = clock
        self._fields = fields
        self._done = done

    async def tell(self, entry: Recorded) -> None:
        event = entry.event
        if event.incident is None or event.facts.get("kind") in {"ticket", "message"}:
            return
        ticket = await self._known(event.incident)
        if ticket is None and event.type in _OPENS:
            ticket = await self._create(entry)
        if ticket is None:
            return
        if event.type in _TOLD:
            await self._comment(ticket, entry)
        if event.type is EventType.INCIDENT_STATUS and event.facts.get("to") in _OVER:
            await self._close(ticket, entry)

    async def _known(self, incident: str) -> str | None:
        """The ticket made for it, as the ledger has it."""
        return _ticket(await self._errands.done("create", incident))

    async def _create(self, entry: Recorded) -> str | None:
        event = entry.event
        incident = await self._incidents.get(str(event.incident))
        key = _label(incident.id)

        async def run() -> ActResult:
            title, body = f"[{incident.severity}] {incident.title}", _body(incident, event)
            try:
                ticket = await self._tickets.create(key, title, body, self._fields(incident))
            except BackendError as refused:
                again = self._clock.now() - entry.at < _REFUSED
                return ActResult(ok=False, detail=str(refused), data={"retry": refused.retry or again})
            return ActResult(ok=True, detail=f"Ticket {ticket} created.", data={"ticket": ticket})

        async def read_back() -> ActResult | None:
            # A search that shows nothing proves nothing at first: Jira's index lags behind what was created.
            for pause in _LAG:
                if ticket := await self._tickets.find(key):
                    return ActResult(ok=True, detail=f"Ticket {ticket} found.", data={"ticket": ticket})
                await self._clock.sleep(pause)
            return ActResult(ok=False, detail="There is no such ticket.", data={"absent": True})

        errand = Errand("create", incident.id, incident.id, f"Create a ticket for {incident.id}.")
        effect = await self._errands.once(errand, Call(run=run, read_back=read_back))
        return _ticket(effect)

    async def _comment(self, ticket: str, entry: Recorded) -> None:
        key = f"{_label(str(entry.event.incident))}-{entry.sequence}"

        async def run() -> ActResult:
            await self._tickets.comment(ticket, key, entry.event.text)
            return ActResult(ok=True, detail=f"Commented on {ticket}.")

        # A comment carries its key and is written once by the far end's adapter, so doing it again is reading back.
        errand = Errand("comment", str(entry.sequence), str(entry.event.incident), f"Comment on {ticket}.")
        await self._errands.once(errand, Call(run=run, read_back=run))

    async def _close(self, ticket: str, entry: Recorded) -> None:
        async def run() -> ActResult:
            await self._tickets.transition(ticket, self._done)
            return ActResult(ok=True, detail=f"{ticket} moved to {self._done}.")

        detail = f"Move {ticket} to {self._done}."
        errand = Errand("close", str(entry.sequence), str(entry.event.incident), detail)
        await self._errands.once(errand, Call(run=run, read_back=run))


def _ticket(effect: Effect | None) -> str | None:
    result = effect.result if effect else None
    return str(result["ticket"]) if isinstance(result, dict) and "ticket" in result else None


def _label(incident: str) -> str:
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
