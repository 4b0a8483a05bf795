"""Does an approval allow exactly this, now?  It is used once, for what a human saw, while they may still allow it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, update

from agent.domain.approval import Approval, ApprovalStatus, Decision, Vote
from agent.domain.errors import Refused
from agent.domain.incident import Incident
from agent.domain.remediation import Proposal
from agent.storage import approval_rows, incidents
from agent.storage.approval_rows import approval_of, forged
from agent.storage.journal import Chain
from agent.storage.tables import approvals
from agent.storage.terms import over

May = Callable[[Connection, Vote, Approval, Incident], str]
"""May this person, as things are now, still allow this? The reason why not, or nothing."""


def spend(connection: Connection, chain: Chain, approval: str, proposal: Proposal, may: May) -> Approval:
    """Use it, once, for exactly the proposal a human saw; call this in the transaction that writes the INTENT.

    Everything it binds to is looked at again. Raises Refused, with the first thing that does not hold.
    """
    row = approval_rows.one(connection, approval, lock=True)
    asked = approval_of(connection, row)
    incident = incidents.get(connection, asked.incident)
    reason = _unusable(asked, row, proposal, over(asked, chain.now(connection), chain)) or _moved_on(incident, proposal)
    if reason := reason or forged(connection, chain, asked, row) or _unsupported(connection, asked, incident, may):
        raise Refused(f"The approval {approval} does not allow this: {reason}.")
    connection.execute(
        update(approvals)
        .where(approvals.c.id == approval, approvals.c.status == ApprovalStatus.APPROVED)
        .values(status=ApprovalStatus.SPENT)
    )
    return asked


def was_spent_for(connection: Connection, approval: str, proposal: Proposal) -> bool:
    """Has it been used for exactly this proposal? A rollback rests on the approval of what it undoes."""
    row = approval_rows.one(connection, approval)
    return bool(row.status == ApprovalStatus.SPENT and row.proposal_digest == proposal.digest)


def _unusable(asked: Approval, row: Row[Any], proposal: Proposal, late: str) -> str:
    if asked.status is not ApprovalStatus.APPROVED:
        return f"it is {asked.status}"
    if late:
        return late
    if asked.incident != proposal.incident:
        return "it belongs to another incident"
    if row.proposal_digest != proposal.digest or asked.proposal.digest != proposal.digest:
        return "what would be done is not what was approved"
    return ""


def _moved_on(incident: Incident, proposal: Proposal) -> str:
    """The state of the incident that the question was about."""
    if incident.thread != proposal.run:
        return f"the incident is in episode {incident.episode} by now"
    if incident.status in {"resolved", "closed", "parked"}:
        return f"the incident is {incident.status} by now"
    return ""


def _unsupported(connection: Connection, asked: Approval, incident: Incident, may: May) -> str:
    """Whoever approved must still be allowed to; and nobody may have said no."""
    if denied := next((vote.who for vote in asked.votes if vote.decision is Decision.DENY), ""):
        return f"{denied} said no"
    if len(set(asked.approvers)) < asked.quorum:
        return f"only {asked.progress} have approved"
    for vote in asked.votes:
        if reason := may(connection, vote, asked, incident):
            return reason
    return ""
