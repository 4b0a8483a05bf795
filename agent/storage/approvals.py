"""Was exactly this allowed, by whom, and has it been used? One row a question, decided once, spent once.

What was asked and what each person said is sealed with a key that is not in the database: a row or a vote written by
other hands is worth nothing when it comes to acting.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from agent.domain.approval import Approval, ApprovalStatus, Decision, Vote
from agent.domain.base import digest
from agent.domain.errors import AlreadyDecided, ApprovalExpired, NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident
from agent.domain.remediation import Proposal
from agent.policy.approval import quorum
from agent.ports import Clock
from agent.storage import holds, incidents
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.sight import Teams, within
from agent.storage.tables import alerts, approvals, receipts, votes

POLICY = "policy"
"""Who allows what the policy lets run by itself."""
LAST_CALL = timedelta(minutes=2)
"""So long before a question expires people are reminded for the last time."""

May = Callable[[Connection, Vote, Approval, Incident], str]
"""May this person, as things are now, still allow this? The reason why not, or nothing."""


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

    def __init__(self, database: Database, chain: Chain, clock: Clock) -> None:
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
        return await self._database.read(lambda connection: get(connection, approval))

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
        return get(connection, asked.id)

    def _insert(self, connection: Connection, asked: Approval) -> tuple[Approval, bool]:
        """(the row, whether it is new). A run asks one question: after a crash it is the same row, as it was asked."""
        query = select(approvals).where(approvals.c.run == asked.proposal.run)
        if known := connection.execute(query).one_or_none():
            return _approval(connection, known), False
        if reason := holds.held(connection, asked.incident):
            raise Refused(f"{reason} The agent asks nothing more about it.")
        kept = asked.model_dump(mode="json", include={"proposal"}) | asked.model_dump(exclude={"proposal", "votes"})
        bound = {
            "proposal_digest": asked.proposal.digest,
            "run": asked.proposal.run,
            "seal": self._chain.seal(_terms(asked, asked.proposal.digest)),
        }
        connection.execute(approvals.insert().values(kept | bound))
        return asked, True


def get(connection: Connection, approval: str, teams: Teams = None) -> Approval:
    """NotFound when there is none, or none about an incident of these teams."""
    return _approval(connection, _row(connection, approval, teams))


def listed(
    connection: Connection, *, status: str = "", incident: str = "", limit: int = 100, teams: Teams = None
) -> list[Approval]:
    """The newest first."""
    ours = select(approvals).where(*within(approvals.c.incident, teams))
    query = ours.order_by(approvals.c.created_at.desc()).limit(limit)
    if status:
        query = query.where(approvals.c.status == status)
    if incident:
        query = query.where(approvals.c.incident == incident)
    return [_approval(connection, row) for row in connection.execute(query).all()]


def senders(connection: Connection, incident: str) -> frozenset[str]:
    """Whose keys sent the alerts that the incident is made of: they may not allow what their own message led to."""
    joined = receipts.join(alerts, alerts.c.receipt == receipts.c.id)
    query = select(receipts.c.sender).select_from(joined).where(alerts.c.incident == incident).distinct()
    return frozenset(connection.execute(query).scalars())


def decide(connection: Connection, chain: Chain, approval: str, said: Said) -> Approval:
    """Write down what somebody says, if the row still waits for it; with enough voices it is decided.

    A denial is taken until the approval is spent, and wins. Raises AlreadyDecided or ApprovalExpired otherwise.
    """
    at = chain.now(connection)
    row = _row(connection, approval, lock=True)
    known = _approval(connection, row)
    open_to = {ApprovalStatus.PENDING, *([ApprovalStatus.APPROVED] if said.decision is Decision.DENY else [])}
    if known.status not in open_to or known.expires_at <= at:
        raise _why_not(known, at)
    if said.who in known.approvers and said.decision is Decision.APPROVE:
        raise AlreadyDecided(f"{said.who} has approved this already ({known.progress}); it takes somebody else, too.")
    _vote(connection, chain, approval, said, at)
    if said.decision is Decision.DENY:
        _settle(connection, approval, ApprovalStatus.DENIED, said, at)
    elif len(known.approvers) + 1 >= known.quorum:
        _settle(connection, approval, ApprovalStatus.APPROVED, said, at)
    now_is = get(connection, approval)
    chain.append(connection, _told(now_is, said))
    if now_is.status is ApprovalStatus.DENIED:
        because = f"{said.who} said no: the agent does nothing more about it."
        escalate(connection, chain, now_is, because, about=said.who)
    return now_is


def seal_anew(connection: Connection, chain: Chain) -> int:
    """What the former key sealed, questions and votes; how many those were."""
    done = 0
    for row in connection.execute(select(approvals).where(approvals.c.seal != "")).all():
        terms = _terms(_approval(connection, row), row.proposal_digest)
        if chain.sealed_before(terms, row.seal):
            connection.execute(update(approvals).where(approvals.c.id == row.id).values(seal=chain.seal(terms)))
            done += 1
    for row in connection.execute(select(votes)).all():
        words = _words(row.approval, _vote_of(row))
        if chain.sealed_before(words, row.seal):
            here = (votes.c.approval == row.approval, votes.c.who == row.who, votes.c.decision == row.decision)
            connection.execute(update(votes).where(*here).values(seal=chain.seal(words)))
            done += 1
    return done


def overdue(connection: Connection, at: datetime) -> list[Approval]:
    """What nobody decided in time."""
    query = select(approvals).where(approvals.c.status == ApprovalStatus.PENDING, approvals.c.expires_at <= at)
    return [_approval(connection, row) for row in connection.execute(query).all()]


def expire(connection: Connection, chain: Chain) -> list[Approval]:
    """Mark what nobody decided in time, and call for a human: no answer is neither a yes nor a silent no."""
    late = overdue(connection, chain.now(connection))
    _set_expired(connection, chain, late, "nobody decided in time")
    for asked in late:
        minutes = (asked.expires_at - asked.created_at).total_seconds() / 60
        escalate(connection, chain, asked, f"Nobody answered within {minutes:.3g} min, and nothing was done.")
    return late


def forgotten(connection: Connection, at: datetime) -> list[Approval]:
    """Questions of which people should be reminded by now: at half time, and shortly before the end."""
    query = select(approvals).where(approvals.c.status == ApprovalStatus.PENDING, approvals.c.expires_at > at)
    rows = connection.execute(query).all()
    return [_approval(connection, row) for row in rows if row.reminded < _reminders_due(row, at)]


def remind(connection: Connection, chain: Chain) -> list[Approval]:
    """Tell the journal which questions still wait; each of the two reminders once."""
    at = chain.now(connection)
    waiting = forgotten(connection, at)
    for asked in waiting:
        left = asked.expires_at - at
        due = _reminders_due(_row(connection, asked.id), at)
        connection.execute(update(approvals).where(approvals.c.id == asked.id).values(reminded=due))
        text = f"Still waits for a human, {left.total_seconds() / 60:.2g} min left: {asked.proposal.title}?"
        facts = {"approval": asked.id, "seconds_left": int(left.total_seconds()), "last": left <= LAST_CALL}
        chain.append(connection, _event(EventType.APPROVAL_REMINDED, asked, text, facts))
    return waiting


def withdraw(connection: Connection, chain: Chain, incident: str, because: str, *, about: str = "") -> list[Approval]:
    """Expire what the incident still asks for: what it was asked for is over. `about`: whom the reason names."""
    query = select(approvals).where(
        approvals.c.incident == incident,
        approvals.c.status.in_([ApprovalStatus.PENDING, ApprovalStatus.APPROVED]),
    )
    asked = [_approval(connection, row) for row in connection.execute(query).all()]
    _set_expired(connection, chain, asked, because, about=about)
    return asked


def escalate(connection: Connection, chain: Chain, asked: Approval, because: str, *, about: str = "") -> None:
    """Automation stops here: somebody must act. `about`: whom the reason names."""
    text = f"A human must act now: {asked.proposal.title}? {because}"
    told = _event(EventType.ESCALATED, asked, text, {"approval": asked.id, "status": asked.status})
    chain.append(connection, told.model_copy(update={"subject": about}))


def spend(connection: Connection, chain: Chain, approval: str, proposal: Proposal, may: May) -> Approval:
    """Use it, once, for exactly the proposal a human saw; call this in the transaction that writes the INTENT.

    Everything it binds to is looked at again. Raises Refused, with the first thing that does not hold.
    """
    row = _row(connection, approval, lock=True)
    asked = _approval(connection, row)
    incident = incidents.get(connection, asked.incident)
    reason = _unusable(asked, row, proposal, chain.now(connection)) or _moved_on(incident, proposal)
    if reason := reason or _forged(connection, chain, asked, row) or _unsupported(connection, asked, incident, may):
        raise Refused(f"The approval {approval} does not allow this: {reason}.")
    connection.execute(
        update(approvals)
        .where(approvals.c.id == approval, approvals.c.status == ApprovalStatus.APPROVED)
        .values(status=ApprovalStatus.SPENT)
    )
    return asked


def was_spent_for(connection: Connection, approval: str, proposal: Proposal) -> bool:
    """Has it been used for exactly this proposal? A rollback rests on the approval of what it undoes."""
    row = _row(connection, approval)
    return bool(row.status == ApprovalStatus.SPENT and row.proposal_digest == proposal.digest)


def _unusable(asked: Approval, row: Row[Any], proposal: Proposal, at: datetime) -> str:
    if asked.status is not ApprovalStatus.APPROVED:
        return f"it is {asked.status}"
    if asked.expires_at <= at:
        return "it has expired"
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


def _forged(connection: Connection, chain: Chain, asked: Approval, row: Row[Any]) -> str:
    if not chain.sealed(_terms(asked, row.proposal_digest), row.seal):
        return "the question was changed after it was asked"
    for vote in _votes(connection, asked.id):
        if not chain.sealed(_words(asked.id, _vote_of(vote)), vote.seal):
            return f"the vote of {vote.who} was not written by this agent"
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


def _why_not(row: Approval, at: datetime) -> AlreadyDecided | ApprovalExpired:
    if row.status is ApprovalStatus.EXPIRED or (row.status is ApprovalStatus.PENDING and row.expires_at <= at):
        return ApprovalExpired()
    by = f" by {row.decided_by}" if row.decided_by else ""
    return AlreadyDecided(f"This approval is already {row.status}{by}.")


def _vote(connection: Connection, chain: Chain, approval: str, said: Said, at: datetime) -> None:
    vote = Vote(who=said.who, key=said.key, decision=said.decision, via=said.via, comment=said.comment, at=at)
    connection.execute(
        votes.insert().values(approval=approval, seal=chain.seal(_words(approval, vote)), **vote.model_dump())
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


def _set_expired(
    connection: Connection, chain: Chain, asked: Sequence[Approval], because: str, *, about: str = ""
) -> None:
    for one in asked:
        connection.execute(update(approvals).where(approvals.c.id == one.id).values(status=ApprovalStatus.EXPIRED))
        text = f"{one.proposal.title}: the question is withdrawn, {because.rstrip('.')}."
        told = _event(EventType.APPROVAL_EXPIRED, one, text, {"approval": one.id})
        chain.append(connection, told.model_copy(update={"subject": about}))


def _reminders_due(row: Row[Any], at: datetime) -> int:
    half = row.created_at + (row.expires_at - row.created_at) / 2
    moments = sorted({half, max(half, row.expires_at - LAST_CALL)})
    return sum(moment <= at for moment in moments)


def _terms(asked: Approval, proposal_digest: str) -> list[object]:
    """What a question consists of."""
    return [
        "question",
        asked.id,
        asked.incident,
        asked.proposal.run,
        proposal_digest,
        digest(asked.shown),
        asked.reason,
        asked.quorum,
        asked.created_at.isoformat(),
        asked.expires_at.isoformat(),
    ]


def _words(approval: str, vote: Vote) -> list[object]:
    return ["vote", approval, vote.who, vote.key, vote.decision, vote.via, vote.comment, vote.at.isoformat()]


def _shown(asked: Approval) -> dict[str, Any]:
    return {"approval": asked.id, "proposal": asked.proposal.digest, "shown": asked.shown, "quorum": asked.quorum}


def _event(kind: EventType, asked: Approval, text: str, facts: dict[str, Any]) -> Event:
    return Event(type=kind, incident=asked.incident, text=text, facts=facts)


def _row(connection: Connection, approval: str, teams: Teams = None, *, lock: bool = False) -> Row[Any]:
    query = select(approvals).where(approvals.c.id == approval, *within(approvals.c.incident, teams))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no approval {approval}.")
    return row


def _votes(connection: Connection, approval: str) -> Sequence[Row[Any]]:
    return connection.execute(select(votes).where(votes.c.approval == approval).order_by(votes.c.at)).all()


def _vote_of(row: Row[Any]) -> Vote:
    return Vote.model_validate({name: getattr(row, name) for name in Vote.model_fields})


def _approval(connection: Connection, row: Row[Any]) -> Approval:
    said = tuple(_vote_of(vote) for vote in _votes(connection, row.id))
    fields = {name: getattr(row, name) for name in Approval.model_fields if name != "votes"}
    return Approval.model_validate({**fields, "votes": said})
