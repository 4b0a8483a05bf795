"""How does an approval lie on the record, and was it written by us?

What was asked and what each person said is sealed with a key that is not in the database: a row or a vote written by
other hands is worth nothing when it comes to acting.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from agent.domain.approval import Approval, Vote
from agent.domain.base import digest
from agent.domain.errors import NotFound
from agent.storage.journal import Chain
from agent.storage.sight import Teams, within
from agent.storage.tables import alerts, approvals, incidents, receipts, votes


def get(connection: Connection, approval: str, teams: Teams = None) -> Approval:
    """NotFound when there is none, or none about an incident of these teams."""
    return approval_of(connection, one(connection, approval, teams))


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
    return approvals_of(connection, connection.execute(query).all())


def senders(connection: Connection, incident: str) -> frozenset[str]:
    """Whose keys sent the alerts that the incident is made of: they may not allow what their own message led to.

    Also of those that were split off since, and wherever these were merged: they led to it all the same.
    """
    homes = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == incident).cte(recursive=True)
    parted = or_(incidents.c.split_from == homes.c.id, incidents.c.id == homes.c.merged_into)
    homes = homes.union(select(incidents.c.id, incidents.c.merged_into).join(homes, parted))
    joined = receipts.join(alerts, alerts.c.receipt == receipts.c.id).join(homes, alerts.c.incident == homes.c.id)
    query = select(receipts.c.sender).select_from(joined).distinct()
    return frozenset(connection.execute(query).scalars())


def one(connection: Connection, approval: str, teams: Teams = None, *, lock: bool = False) -> Row[Any]:
    """As it lies there. NotFound when there is none, or none about an incident of these teams."""
    query = select(approvals).where(approvals.c.id == approval, *within(approvals.c.incident, teams))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no approval {approval}.")
    return row


def approvals_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[Approval]:
    """Those that lie in these rows, with what was said to each; the votes of all of them are read at once."""
    said: dict[str, list[Vote]] = {row.id: [] for row in rows}
    for vote in _votes(connection, list(said)) if said else ():
        said[vote.approval].append(_vote_of(vote))
    fields = Approval.model_fields.keys() - {"votes"}
    return [
        Approval.model_validate({**{name: getattr(row, name) for name in fields}, "votes": tuple(said[row.id])})
        for row in rows
    ]


def approval_of(connection: Connection, row: Row[Any]) -> Approval:
    [approval] = approvals_of(connection, [row])
    return approval


def question_seal(chain: Chain, asked: Approval, proposal_digest: str) -> str:
    return chain.seal(_terms(asked, proposal_digest))


def vote_seal(chain: Chain, approval: str, vote: Vote) -> str:
    return chain.seal(_words(approval, vote))


def forged(connection: Connection, chain: Chain, asked: Approval, row: Row[Any]) -> str:
    """What of it was not written by this agent; nothing when all was."""
    if not chain.sealed(_terms(asked, row.proposal_digest), row.seal):
        return "the question was changed after it was asked"
    for vote in _votes(connection, [asked.id]):
        if not chain.sealed(_words(asked.id, _vote_of(vote)), vote.seal):
            return f"the vote of {vote.who} was not written by this agent"
    return ""


def seal_anew(connection: Connection, chain: Chain) -> int:
    """What the former key sealed, questions and votes; how many those were."""
    done = 0
    for row in connection.execute(select(approvals).where(approvals.c.seal != "")).all():
        terms = _terms(approval_of(connection, row), row.proposal_digest)
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


def _votes(connection: Connection, asked: Sequence[str]) -> Sequence[Row[Any]]:
    return connection.execute(select(votes).where(votes.c.approval.in_(asked)).order_by(votes.c.at)).all()


def _vote_of(row: Row[Any]) -> Vote:
    return Vote.model_validate({name: getattr(row, name) for name in Vote.model_fields})
