"""A human decides, takes over, closes, comments. One way for every surface; the row decides, not the click."""

from typing import Literal

from sqlalchemy import Connection

from agent.domain.approval import Approval, ApprovalStatus, Decision
from agent.domain.errors import Conflict, NotAllowed
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.job import Job, JobKind
from agent.domain.remediation import Effect
from agent.identity.roles import Caller, approval_scope, require, require_every_team
from agent.ports import Queue
from agent.service.approvers import Approvers
from agent.storage import (
    abandoned,
    acknowledgements,
    approval_rows,
    approvals,
    effects,
    holds,
    incidents,
    jobs,
    unanswered,
)
from agent.storage.approvals import Said
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.switches import actions_paused, switch_actions
from agent.storage.tables import feedback

_COMMENT = 2000
"""Characters of a comment that are kept."""
_LATER = "Actions are paused, so that a yes would be lost. Let them go on first; the question waits until it expires."


class People:
    def __init__(self, database: Database, chain: Chain, queue: Queue, approvers: Approvers) -> None:
        self._database = database
        self._chain = chain
        self._queue = queue
        self._approvers = approvers

    async def decide(self, approval: str, decision: Decision, who: Caller, via: str, comment: str = "") -> Approval:
        """Approve or deny, once a person. What is asked of two is still pending after the first.

        Raises NotAllowed, AlreadyDecided, ApprovalExpired or NotFound; Conflict for a yes while actions are paused.
        """
        said = Said(who=who.name, decision=decision, via=via, key=who.key, comment=comment[:_COMMENT])
        decided = await self._database.write(lambda connection: self._decide(connection, approval, said, who))
        self._queue.wake()
        return decided

    async def settle(self, effect: str, found: Literal["done", "not_done"], reason: str, who: Caller) -> Effect:
        """A human has found out whether an unknown effect took place. Raises NotAllowed, NotFound or Conflict."""
        return await self._database.write(
            lambda connection: self._settle(connection, effect, found, reason=reason[:_COMMENT], who=who)
        )

    async def acknowledge(self, incident: str, who: Caller) -> Incident:
        """Somebody has seen it; the agent goes on, and nobody else is called because of it."""
        return await self._database.write(lambda connection: self._acknowledge(connection, incident, who))

    async def take_over(self, incident: str, who: Caller) -> Incident:
        """The agent stops: open questions are withdrawn, and the incident is the human's."""
        return await self._stop(incident, who, IncidentStatus.PARKED, f"{who.name} took over.")

    async def cancel(self, incident: str, who: Caller) -> Incident:
        """The agent stops working on it, at once: whoever is at it loses the job."""
        return await self._stop(
            incident, who, IncidentStatus.PARKED, f"{who.name} told the agent to stop.", at_once=True
        )

    async def close(self, incident: str, who: Caller) -> Incident:
        """It is over, says a human; what it taught is learned."""
        return await self._database.write(lambda connection: self._close(connection, incident, who))

    async def give_feedback(self, incident: str, verdict: str, cause: str, comment: str, who: Caller) -> None:
        """Was the diagnosis right? The real cause, when it was not, is what is learned."""
        await self._database.write(
            lambda connection: self._give_feedback(
                connection, incident, verdict=verdict, cause=cause, comment=comment[:_COMMENT], who=who
            )
        )

    async def switch_actions(self, *, paused: bool, who: Caller) -> None:
        """The one switch that stops every action. Whoever may decide may stop; letting go on is for every team's."""
        if not paused:
            require_every_team(who)
        await self._database.write(
            lambda connection: switch_actions(connection, self._chain, paused=paused, who=who.name)
        )

    def _decide(self, connection: Connection, approval: str, said: Said, who: Caller) -> Approval:
        asked = approval_rows.get(connection, approval, who.teams)
        if said.decision is Decision.APPROVE:
            if asked.status is ApprovalStatus.PENDING and actions_paused(connection):
                raise Conflict(_LATER)
            incident = incidents.get(connection, asked.incident)
            if objection := self._approvers.objection(connection, who, asked, incident):
                raise NotAllowed(f"You cannot approve this: {objection}.")
        decided = approvals.decide(connection, self._chain, approval, said)
        self._is_here(connection, decided.incident, who)
        if decided.status is not ApprovalStatus.PENDING:
            resume(connection, self._chain, decided)
        return decided

    def _settle(
        self, connection: Connection, key: str, found: Literal["done", "not_done"], *, reason: str, who: Caller
    ) -> Effect:
        known = effects.of_key(connection, key, who.teams)
        if known.kind in {"action", "rollback"} and known.approval:
            require(who, approval_scope(approval_rows.get(connection, known.approval).proposal.risk))
        return effects.settle(connection, self._chain, key, found, who=who.name, reason=reason)

    def _acknowledge(self, connection: Connection, incident: str, who: Caller) -> Incident:
        known = incidents.get(connection, incident, who.teams)
        first = acknowledgements.acknowledge(connection, known, who.name, self._chain.clock.now())
        self._chain.append(
            connection,
            Event(
                type=EventType.INCIDENT_UPDATED,
                incident=incident,
                text=f"{who.name} has seen it" + ("; nobody else is called." if first else ", too."),
                actor=who.name,
                facts={"acknowledged": True},
            ),
        )
        return known

    def _is_here(self, connection: Connection, incident: str, who: Caller) -> None:
        """Who decides or says something has seen it."""
        if who.kind == "person":
            known = incidents.get(connection, incident, who.teams)
            acknowledgements.acknowledge(connection, known, who.name, self._chain.clock.now())

    async def _stop(
        self, incident: str, who: Caller, status: IncidentStatus, text: str, *, at_once: bool = False
    ) -> Incident:
        def work(connection: Connection) -> Incident:
            known = incidents.get(connection, incident, who.teams)
            if known.status is IncidentStatus.CLOSED:
                raise Conflict(f"{incident} is closed already.")
            holds.hold(connection, known, who.name, text, self._chain.clock.now())
            for asked in unanswered.withdraw(connection, self._chain, incident, text.rstrip("."), about=who.name):
                resume(connection, self._chain, asked)
            if at_once:
                jobs.withdraw(connection, incident)
                # Whoever was at it can write no outcome any more.
                abandoned.give_up(connection, self._chain, incident)
            return incidents.move(connection, self._chain, incident, status, text, actor=who.name)

        stopped = await self._database.write(work)
        self._queue.wake()
        return stopped

    def _close(self, connection: Connection, incident: str, who: Caller) -> Incident:
        if incidents.get(connection, incident, who.teams).status is IncidentStatus.CLOSED:
            raise Conflict(f"{incident} is closed already.")
        text = f"{who.name} closed it."
        for asked in unanswered.withdraw(connection, self._chain, incident, text, about=who.name):
            resume(connection, self._chain, asked)
        closed = incidents.move(connection, self._chain, incident, IncidentStatus.CLOSED, text, actor=who.name)
        learn(connection, self._chain, closed)
        return closed

    def _give_feedback(
        self, connection: Connection, incident: str, *, verdict: str, cause: str, comment: str, who: Caller
    ) -> None:
        known = incidents.get(connection, incident, who.teams)
        at = self._chain.clock.now()
        # What is learned counts as confirmed by whoever stands here: a machine confirms nothing.
        by = who.name if who.kind == "person" else ""
        connection.execute(
            feedback.insert().values(
                incident=incident, verdict=verdict, cause=cause, comment=comment, given_by=by, at=at
            )
        )
        text = f"{who.name}: the diagnosis is {verdict}" + (f", the cause was {cause}." if cause else ".")
        facts = {"verdict": verdict, "cause": cause}
        self._chain.append(
            connection, Event(type=EventType.FEEDBACK, incident=incident, text=text, actor=who.name, facts=facts)
        )
        learn(connection, self._chain, known, again=at.isoformat())


def resume(connection: Connection, chain: Chain, decided: Approval) -> None:
    """Wake the run that asked: in the transaction of the decision, so that neither stands without the other."""
    job = Job(
        id=f"resume:{decided.id}:{decided.status}",
        kind=JobKind.RESUME,
        incident=decided.incident,
        payload={"approval": decided.id, "thread": decided.proposal.run},
        priority=0,
    )
    jobs.put(connection, job, chain.clock)


def investigate(connection: Connection, chain: Chain, incident: Incident) -> None:
    """Have this episode of it investigated, once."""
    job = Job(
        id=f"investigate:{incident.thread}",
        kind=JobKind.INVESTIGATE,
        incident=incident.id,
        payload={"thread": incident.thread},
        priority=incident.severity.rank,
    )
    jobs.put(connection, job, chain.clock)


def learn(connection: Connection, chain: Chain, closed: Incident, again: str = "") -> None:
    """Let the closed incident be learned from; `again` names the news that make it worth a second time."""
    thread = ":".join(part for part in ("learn", closed.thread, again) if part)
    job = Job(id=thread, kind=JobKind.LEARN, incident=closed.id, payload={"thread": thread}, priority=4)
    jobs.put(connection, job, chain.clock)
