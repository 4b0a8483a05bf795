"""What was asked, and what was said to it?  One row a question; enough voices decide it, and a denial wins."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from agent.domain.approval import Approval, ApprovalStatus, Decision, Vote
from agent.domain.errors import AlreadyDecided, ApprovalExpired, Refused
from agent.domain.event import Event, EventType
from agent.domain.remediation import Proposal
from agent.policy.approval import quorum
from agent.ports import Clock
from agent.storage import approval_rows, holds
from agent.storage.approval_rows import approval_of, question_seal, vote_seal
from agent.storage.database import Database
from agent.storage.fencing import Fenced
from agent.storage.journal import Chain
from agent.storage.tables import approvals, votes
from agent.storage.terms import over
from agent.storage.unanswered import escalate

POLICY = "policy"
"""Who allows what the policy lets run by itself."""


@dataclass(frozen=True)
class Said:
    """What somebody says to a question, and how they are known."""

    who: str
    decision: Decision
    via: str
    key: str = ""
    comment: str = ""


class SqlApprovals:
    """`ports.Approvals` over the record."""

    def __init__(self, database: Database | Fenced, chain: Chain, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock

    async def request(self, proposal: Proposal, reason: str, shown: str, valid_for: timedelta) -> Approval:
        asked = self._asked(proposal, reason, shown, valid_for)
        return await self._database.write(lambda connection: self._request(connection, asked))

    async def allow(self, proposal: Proposal, reason: str, shown: str, valid_for: timedelta) -> Approval:
        asked = self._asked(proposal, reason, shown, valid_for).model_copy(update={"quorum": 1})
        return await self._database.write(lambda connection: self._allow(connection, asked))

    async def get(self, approval: str) -> Approval:
        return await self._database.read(lambda connection: approval_rows.get(connection, approval))

    def _asked(self, proposal: Proposal, reason: str, shown: str, valid_for: timedelta) -> Approval:
        now = self._clock.now()
        return Approval(
            id=f"ap-{secrets.token_hex(16)}",
            incident=proposal.incident,
            proposal=proposal,
            reason=reason,
            shown=shown,
            status=ApprovalStatus.PENDING,
            created_at=now,
            expires_at=now + valid_for,
            quorum=quorum(proposal.risk),
        )

    def _request(self, connection: Connection, asked: Approval) -> Approval:
        known, fresh = self._insert(connection, asked)
        if fresh:
            needs = f" It needs {asked.quorum} people." if asked.quorum > 1 else ""
            text = f"A human is asked: {asked.proposal.title}? {asked.reason}{needs}"
            self._chain.append(connection, _event(EventType.APPROVAL_REQUESTED, asked, text, _shown(asked)))
        return known

    def _allow(self, connection: Connection, asked: Approval) -> Approval:
        known, fresh = self._insert(connection, asked)
        if not fresh:
            return known
        said = Said(POLICY, Decision.APPROVE, POLICY, comment=asked.reason)
        _vote(connection, self._chain, asked.id, said, asked.created_at)
        _settle(connection, asked.id, ApprovalStatus.APPROVED, said, asked.created_at)
        text = f"The policy allows it: {asked.proposal.title}. {asked.reason}"
        facts = {**_shown(asked), "decision": Decision.APPROVE, "via": POLICY}
        self._chain.append(connection, _event(EventType.APPROVAL_DECIDED, asked, text, facts))
        return approval_rows.get(connection, asked.id)

    def _insert(self, connection: Connection, asked: Approval) -> tuple[Approval, bool]:
        """(the row, whether it is new). A run asks one question: after a crash it is the same row, as it was asked."""
        query = select(approvals).where(approvals.c.run == asked.proposal.run)
        if known := connection.execute(query).one_or_none():
            return approval_of(connection, known), False
        if reason := holds.held(connection, asked.incident):
            raise Refused(f"{reason} The agent asks nothing more about it.")
        kept = asked.model_dump(mode="json", include={"proposal"}) | asked.model_dump(exclude={"proposal", "votes"})
        bound = {
            "proposal_digest": asked.proposal.digest,
            "run": asked.proposal.run,
            "seal": question_seal(self._chain, asked, asked.proposal.digest),
        }
        connection.execute(approvals.insert().values(kept | bound))
        return asked, True


def decide(connection: Connection, chain: Chain, approval: str, said: Said) -> Approval:
    """Write down what somebody says, if the row still waits for it; with enough voices it is decided.

    A denial is taken until the approval is spent, and wins. Raises AlreadyDecided or ApprovalExpired otherwise.
    """
    at = chain.now(connection)
    row = approval_rows.one(connection, approval, lock=True)
    known = approval_of(connection, row)
    open_to = {ApprovalStatus.PENDING, *([ApprovalStatus.APPROVED] if said.decision is Decision.DENY else [])}
    late = bool(over(known, at, chain))
    if known.status not in open_to or late:
        raise _why_not(known, late)
    if said.who in known.approvers and said.decision is Decision.APPROVE:
        raise AlreadyDecided(f"{said.who} has approved this already ({known.progress}); it takes somebody else, too.")
    _vote(connection, chain, approval, said, at)
    if said.decision is Decision.DENY:
        _settle(connection, approval, ApprovalStatus.DENIED, said, at)
    elif len(known.approvers) + 1 >= known.quorum:
        _settle(connection, approval, ApprovalStatus.APPROVED, said, at)
    now_is = approval_rows.get(connection, approval)
    chain.append(connection, _told(now_is, said))
    if now_is.status is ApprovalStatus.DENIED:
        because = f"{said.who} said no: the agent does nothing more about it."
        escalate(connection, chain, now_is, because, about=said.who)
    return now_is


def _why_not(row: Approval, late: bool) -> AlreadyDecided | ApprovalExpired:
    if row.status is ApprovalStatus.EXPIRED or (row.status is ApprovalStatus.PENDING and late):
        return ApprovalExpired()
    by = f" by {row.decided_by}" if row.decided_by else ""
    return AlreadyDecided(f"This approval is already {row.status}{by}.")


def _vote(connection: Connection, chain: Chain, approval: str, said: Said, at: datetime) -> None:
    vote = Vote(who=said.who, key=said.key, decision=said.decision, via=said.via, comment=said.comment, at=at)
    connection.execute(
        votes.insert().values(approval=approval, seal=vote_seal(chain, approval, vote), **vote.model_dump())
    )


def _settle(connection: Connection, approval: str, status: ApprovalStatus, said: Said, at: datetime) -> None:
    values = {"decided_by": said.who, "decided_at": at, "decided_via": said.via, "comment": said.comment}
    connection.execute(update(approvals).where(approvals.c.id == approval).values(status=status, **values))


def _told(asked: Approval, said: Said) -> Event:
    status = asked.status if asked.status is not ApprovalStatus.PENDING else f"approved, {asked.progress},"
    text = f"{asked.proposal.title}: {status} by {said.who} ({said.via})."
    text += f" “{said.comment}”" if said.comment else ""
    facts = {
        "approval": asked.id,
        "decision": said.decision,
        "status": asked.status,
        "progress": asked.progress,
        "via": said.via,
        "proposal": asked.proposal.digest,
    }
    return _event(EventType.APPROVAL_DECIDED, asked, text, facts).model_copy(update={"actor": said.who})


def _shown(asked: Approval) -> dict[str, Any]:
    return {"approval": asked.id, "proposal": asked.proposal.digest, "shown": asked.shown, "quorum": asked.quorum}


def _event(kind: EventType, asked: Approval, text: str, facts: dict[str, Any]) -> Event:
    return Event(type=kind, incident=asked.incident, text=text, facts=facts)
