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


class Decision(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
