"""Does a question, or the answer to it, still count?  Its time may be over, or nobody can tell how old it is."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_

from agent.domain.approval import Approval
from agent.domain.clocks import APART, unbelievable
from agent.storage.journal import Chain
from agent.storage.tables import approvals

EXPIRED = "it has expired"
SET_BACK = "the clock was set back since it was asked, so that nobody can tell how old it is"


def over(asked: Approval, at: datetime, chain: Chain) -> str:
    """Why it counts no more; empty while it does. `at`: the time for deadlines."""
    if asked.expires_at <= at:
        return EXPIRED
    return SET_BACK if unbelievable(asked.created_at, chain.clock.now()) else ""


def is_over(at: datetime, chain: Chain) -> ColumnElement[bool]:
    """The same of rows."""
    return or_(approvals.c.expires_at <= at, approvals.c.created_at > chain.clock.now() + APART)
