"""Which questions has nobody answered?  They are reminded of twice, then they expire, and a human is called."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, true, update

from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.event import Event, EventType
from agent.domain.wording import lasting
from agent.storage.approval_rows import approvals_of
from agent.storage.journal import Chain
from agent.storage.tables import approvals
from agent.storage.terms import EXPIRED, SET_BACK, is_over, over

LAST_CALL = timedelta(minutes=2)
"""So long before a question expires people are reminded for the last time."""


def overdue(connection: Connection, chain: Chain) -> list[Approval]:
    """What nobody decided in time; and once the clock was set back, all that waits: nobody can tell how old it is."""
    late = true() if chain.set_back() else is_over(chain.now(connection), chain)
    query = select(approvals).where(approvals.c.status == ApprovalStatus.PENDING, late)
    return approvals_of(connection, connection.execute(query).all())


def expire(connection: Connection, chain: Chain) -> list[Approval]:
    """Mark what nobody decided in time, and call for a human: no answer is neither a yes nor a silent no."""
    at, late = chain.now(connection), overdue(connection, chain)
    if chain.set_back():
        _set_expired(connection, chain, _of(connection, ApprovalStatus.APPROVED), SET_BACK)
    for asked in late:
        waited = lasting(asked.expires_at - asked.created_at)
        why, told = "nobody decided in time", f"Nobody answered within {waited}, and nothing was done."
        if over(asked, at, chain) != EXPIRED:
            why, told = SET_BACK, f"Nothing was done: {SET_BACK}."
        _set_expired(connection, chain, [asked], why)
        escalate(connection, chain, asked, told)
    return late


def forgotten(connection: Connection, at: datetime) -> list[Approval]:
    """Questions of which people should be reminded by now: at half time, and shortly before the end."""
    # Looked at every few seconds, so that of all that wait only what decides it is read.
    dates = (approvals.c.id, approvals.c.created_at, approvals.c.expires_at, approvals.c.reminded)
    waiting = select(*dates).where(approvals.c.status == ApprovalStatus.PENDING, approvals.c.expires_at > at)
    due = [
        row.id
        for row in connection.execute(waiting)
        if row.reminded < _reminders_due(row.created_at, row.expires_at, at)
    ]
    rows = connection.execute(select(approvals).where(approvals.c.id.in_(due))).all() if due else []
    return approvals_of(connection, rows)


def remind(connection: Connection, chain: Chain) -> list[Approval]:
    """Tell the journal which questions still wait; each of the two reminders once."""
    at = chain.now(connection)
    waiting = forgotten(connection, at)
    for asked in waiting:
        left = asked.expires_at - at
        due = _reminders_due(asked.created_at, asked.expires_at, at)
        connection.execute(update(approvals).where(approvals.c.id == asked.id).values(reminded=due))
        text = f"Still waits for a human, {lasting(left)} left: {asked.proposal.title}?"
        facts = {"approval": asked.id, "seconds_left": int(left.total_seconds()), "last": left <= LAST_CALL}
        chain.append(connection, _event(EventType.APPROVAL_REMINDED, asked, text, facts))
    return waiting


def withdraw(connection: Connection, chain: Chain, incident: str, because: str, *, about: str = "") -> list[Approval]:
    """Expire what the incident still asks for: what it was asked for is over. `about`: whom the reason names."""
    query = select(approvals).where(
        approvals.c.incident == incident,
        approvals.c.status.in_([ApprovalStatus.PENDING, ApprovalStatus.APPROVED]),
    )
    asked = approvals_of(connection, connection.execute(query).all())
    _set_expired(connection, chain, asked, because, about=about)
    return asked


def escalate(connection: Connection, chain: Chain, asked: Approval, because: str, *, about: str = "") -> None:
    """Automation stops here: somebody must act. `about`: whom the reason names."""
    text = f"A human must act now: {asked.proposal.title}? {because}"
    told = _event(EventType.ESCALATED, asked, text, {"approval": asked.id, "status": asked.status})
    chain.append(connection, told.model_copy(update={"subject": about}))


def _set_expired(
    connection: Connection, chain: Chain, asked: Sequence[Approval], because: str, *, about: str = ""
) -> None:
    for one in asked:
        connection.execute(update(approvals).where(approvals.c.id == one.id).values(status=ApprovalStatus.EXPIRED))
        text = f"{one.proposal.title}: the question is withdrawn, {because.rstrip('.')}."
        told = _event(EventType.APPROVAL_EXPIRED, one, text, {"approval": one.id})
        chain.append(connection, told.model_copy(update={"subject": about}))


def _of(connection: Connection, status: ApprovalStatus) -> list[Approval]:
    return approvals_of(connection, connection.execute(select(approvals).where(approvals.c.status == status)).all())


def _reminders_due(created_at: datetime, expires_at: datetime, at: datetime) -> int:
    half = created_at + (expires_at - created_at) / 2
    moments = {half, max(half, expires_at - LAST_CALL)}
    return sum(moment <= at for moment in moments)


def _event(kind: EventType, asked: Approval, text: str, facts: dict[str, Any]) -> Event:
    return Event(type=kind, incident=asked.incident, text=text, facts=facts)
