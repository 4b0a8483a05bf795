"""Was exactly this allowed, by whom, and has it been used? One row a question, decided once, spent once."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from agent.domain.approval import Approval, ApprovalStatus, Decision
from agent.domain.errors import AlreadyDecided, ApprovalExpired, NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.remediation import Proposal
from agent.ports import Clock
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.tables import approvals


class SqlApprovals:
    """`ports.Approvals` over the record."""

    def __init__(self, database: Database, chain: Chain, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock

    async def request(self, proposal: Proposal, reason: str, shown: str, valid_for: timedelta) -> Approval:
        asked = Approval(
            id=f"ap-{secrets.token_hex(16)}",
            incident=proposal.incident,
            proposal=proposal,
            reason=reason,
            shown=shown,
            status=ApprovalStatus.PENDING,
            created_at=self._clock.now(),
            expires_at=self._clock.now() + valid_for,
        )
        return await self._database.write(lambda connection: self._request(connection, asked))

    async def get(self, approval: str) -> Approval:
        return await self._database.read(lambda connection: get(connection, approval))

    def _request(self, connection: Connection, asked: Approval) -> Approval:
        by_proposal = select(approvals).where(approvals.c.proposal_digest == asked.proposal.digest)
        if known := connection.execute(by_proposal).one_or_none():
            return _approval(known)
        values = asked.model_dump(mode="json", include={"proposal"}) | asked.model_dump(exclude={"proposal"})
        connection.execute(approvals.insert().values(proposal_digest=asked.proposal.digest, **values))
        text = f"A human is asked: {asked.proposal.title}? {asked.reason}"
        facts = {"approval": asked.id, "proposal": asked.proposal.digest, "shown": asked.shown}
        event = Event(type=EventType.APPROVAL_REQUESTED, incident=asked.incident, text=text, facts=facts)
        self._chain.append(connection, event)
        return asked


def get(connection: Connection, approval: str) -> Approval:
    row = connection.execute(select(approvals).where(approvals.c.id == approval)).one_or_none()
    if row is None:
        raise NotFound(f"There is no approval {approval}.")
    return _approval(row)


def listed(connection: Connection, *, status: str = "", incident: str = "", limit: int = 100) -> list[Approval]:
    """The newest first."""
    query = select(approvals).order_by(approvals.c.created_at.desc()).limit(limit)
    if status:
        query = query.where(approvals.c.status == status)
    if incident:
        query = query.where(approvals.c.incident == incident)
    return [_approval(row) for row in connection.execute(query)]


def decide(
    connection: Connection,
    chain: Chain,
    approval: str,
    decision: Decision,
    *,
    who: str,
    via: str,
    comment: str,
) -> Approval:
    """Write the decision down if the row still waits for it. A denial is taken until the approval is spent, and wins.

    Raises AlreadyDecided or ApprovalExpired otherwise.
    """
    at = chain.clock.now()
    open_to = [ApprovalStatus.PENDING]
    if decision is Decision.DENY:
        open_to.append(ApprovalStatus.APPROVED)
    status = ApprovalStatus.APPROVED if decision is Decision.APPROVE else ApprovalStatus.DENIED
    decided = connection.execute(
        update(approvals)
        .where(approvals.c.id == approval, approvals.c.status.in_(open_to), approvals.c.expires_at > at)
        .values(status=status, decided_by=who, decided_at=at, decided_via=via, comment=comment)
    )
    now_is = get(connection, approval)
    if decided.rowcount == 0:
        raise _why_not(now_is, at)
    text = f"{now_is.proposal.title}: {status} by {who} ({via})." + (f" “{comment}”" if comment else "")
    facts = {"approval": approval, "decision": decision, "via": via, "proposal": now_is.proposal.digest}
    event = Event(type=EventType.APPROVAL_DECIDED, incident=now_is.incident, text=text, actor=who, facts=facts)
    chain.append(connection, event)
    return now_is


def overdue(connection: Connection, at: datetime) -> list[Approval]:
    """What nobody decided in time."""
    query = select(approvals).where(approvals.c.status == ApprovalStatus.PENDING, approvals.c.expires_at <= at)
    return [_approval(row) for row in connection.execute(query)]


def expire(connection: Connection, chain: Chain) -> list[Approval]:
    """Mark what nobody decided in time."""
    late = overdue(connection, chain.clock.now())
    _set_expired(connection, chain, late, "nobody decided in time")
    return late


def withdraw(connection: Connection, chain: Chain, incident: str, because: str) -> list[Approval]:
    """Expire what the incident still asks for: what it was asked for is over."""
    query = select(approvals).where(
        approvals.c.incident == incident,
        approvals.c.status.in_([ApprovalStatus.PENDING, ApprovalStatus.APPROVED]),
    )
    asked = [_approval(row) for row in connection.execute(query)]
    _set_expired(connection, chain, asked, because)
    return asked


def spend(connection: Connection, approval: str, proposal: Proposal, at: datetime) -> Approval:
    """Use it, once, for exactly the proposal a human saw; call this in the transaction that writes the INTENT."""
    spent = connection.execute(
        update(approvals)
        .where(
            approvals.c.id == approval,
            approvals.c.status == ApprovalStatus.APPROVED,
            approvals.c.expires_at > at,
            approvals.c.proposal_digest == proposal.digest,
            approvals.c.incident == proposal.incident,
        )
        .values(status=ApprovalStatus.SPENT)
    )
    row = get(connection, approval)
    if spent.rowcount == 0:
        raise Refused(f"The approval {approval} does not allow this: {_unusable(row, proposal, at)}.")
    return row


def _unusable(row: Approval, proposal: Proposal, at: datetime) -> str:
    if row.status is not ApprovalStatus.APPROVED:
        return f"it is {row.status}"
    if row.expires_at <= at:
        return "it has expired"
    if row.incident != proposal.incident:
        return "it belongs to another incident"
    return "what would be done is not what was approved"


def _why_not(row: Approval, at: datetime) -> AlreadyDecided | ApprovalExpired:
    if row.status is ApprovalStatus.EXPIRED or (row.status is ApprovalStatus.PENDING and row.expires_at <= at):
        return ApprovalExpired()
    by = f" by {row.decided_by}" if row.decided_by else ""
    return AlreadyDecided(f"This approval is already {row.status}{by}.")


def _set_expired(connection: Connection, chain: Chain, asked: Sequence[Approval], because: str) -> None:
    for one in asked:
        connection.execute(update(approvals).where(approvals.c.id == one.id).values(status=ApprovalStatus.EXPIRED))
        text = f"{one.proposal.title}: the question is withdrawn, {because}."
        facts = {"approval": one.id}
        chain.append(connection, Event(type=EventType.APPROVAL_EXPIRED, incident=one.incident, text=text, facts=facts))


def _approval(row: Row[Any]) -> Approval:
    return Approval.model_validate({name: getattr(row, name) for name in Approval.model_fields})
