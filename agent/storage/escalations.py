"""What waits for somebody, since when, and which steps were taken to find one? Timers that outlive the process."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from agent.domain.approval import ApprovalStatus
from agent.domain.incident import OVER, Incident
from agent.storage import incidents
from agent.storage.tables import acknowledgements, approvals, escalations, holds
from agent.storage.tables import incidents as table


@dataclass(frozen=True)
class Waiting:
    """A question without an answer, or an incident that nobody has seen."""

    subject: str
    """`approval:` and its id, or `incident:` and its thread."""
    incident: Incident
    asked: str
    """What is asked; empty for an incident."""
    began: datetime
    """As the record has it, or else when it would begin."""
    taken: int
    """Steps; -1 when it is not on the record yet."""


def waiting(connection: Connection, teams: Collection[str], now: datetime) -> list[Waiting]:
    """Of these teams, the oldest incident first."""
    known = {row.subject: row for row in connection.execute(select(escalations))} if teams else {}

    def found(subject: str, incident: Incident, asked: str, began: datetime) -> Waiting:
        if row := known.get(subject):
            return Waiting(subject, incident, asked, row.began, row.taken)
        return Waiting(subject, incident, asked, began, -1)

    questions = [found(*one) for one in _questions(connection, teams)]
    unseen = [
        found(f"incident:{one.thread}", one, "", one.opened_at if one.episode == 1 else now)
        for one in _unseen(connection, teams)
    ]
    return [*questions, *unseen]


def begin(connection: Connection, one: Waiting, began: datetime) -> None:
    """Put it on the record, or set when it began."""
    here = update(escalations).where(escalations.c.subject == one.subject)
    if connection.execute(here.values(began=began)).rowcount == 0:
        values = {"subject": one.subject, "incident": one.incident.id, "began": began, "taken": 0}
        connection.execute(escalations.insert().values(values))


def take(connection: Connection, one: Waiting, step: int) -> bool:
    """Count the step; False when somebody else has taken it."""
    here = and_(escalations.c.subject == one.subject, escalations.c.taken == step)
    return connection.execute(update(escalations).where(here).values(taken=step + 1)).rowcount == 1


def _questions(connection: Connection, teams: Collection[str]) -> Iterator[tuple[str, Incident, str, datetime]]:
    query = select(approvals.c.id, approvals.c.incident, approvals.c.proposal, approvals.c.created_at).where(
        approvals.c.status == ApprovalStatus.PENDING
    )
    rows = connection.execute(query.order_by(approvals.c.created_at)).all()
    known = incidents.several(connection, {row.incident for row in rows})
    for row in rows:
        if row.incident in known and known[row.incident].team in teams:
            yield f"approval:{row.id}", known[row.incident], str(row.proposal["title"]), row.created_at


def _unseen(connection: Connection, teams: Collection[str]) -> list[Incident]:
    """Neither over, nor acknowledged, nor held by a human."""
    here = (table.c.id, table.c.episode)
    seen = select(acknowledgements.c.incident).where(
        acknowledgements.c.incident == here[0], acknowledgements.c.episode == here[1]
    )
    held = select(holds.c.incident).where(holds.c.incident == here[0], holds.c.episode == here[1])
    query = select(table.c.id).where(
        table.c.status.not_in(OVER), table.c.team.in_(teams), ~seen.exists(), ~held.exists()
    )
    found = incidents.several(connection, set(connection.execute(query).scalars()))
    return [found[id_] for id_ in sorted(found)]
