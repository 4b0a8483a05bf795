"""An approval: one row, decided once, spent once."""

from datetime import datetime
from enum import StrEnum

from agent.domain.base import Noun
from agent.domain.remediation import Proposal


class ApprovalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    SPENT = "spent"


class Decision(StrEnum):
    APPROVE = "approve"
    DENY = "deny"


class Vote(Noun):
    """What one person said to one question."""

    who: str
    key: str = ""
    """The id of the key they showed, or `jwt:` and when their token ends; empty: they were known by other means."""
    decision: Decision
    via: str
    """`rest`, `cli`, `dashboard`, `slack`, `mcp`; `policy` where the policy itself allows it."""
    comment: str = ""
    at: datetime


class Approval(Noun):
    id: str
    """128 random bits."""
    incident: str
    proposal: Proposal
    reason: str
    """Why a human is asked."""
    shown: str
    """Exactly the text a human was shown; its digest is part of what was approved."""
    status: ApprovalStatus
    created_at: datetime
    expires_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    decided_via: str = ""
    """`rest`, `cli`, `dashboard`, `slack`, `mcp`."""
    comment: str = ""
    quorum: int = 1
    """How many people must approve."""
    votes: tuple[Vote, ...] = ()
    """Who has said what, in order."""

    @property
    def approvers(self) -> tuple[str, ...]:
        return tuple(vote.who for vote in self.votes if vote.decision is Decision.APPROVE)

    @property
    def progress(self) -> str:
        """`1 of 2`: how many of those needed have approved."""
        return f"{len(self.approvers)} of {self.quorum}"
