"""Has a human taken this incident over? Then the agent does nothing more in this episode of it."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from agent.domain.incident import Incident
from agent.storage.tables import holds, incidents


def hold(connection: Connection, incident: Incident, who: str, reason: str, at: datetime) -> None:
    """From now on; whoever holds it last is named."""
    values = {"held_by": who, "at": at, "reason": reason}
    here = (holds.c.incident == incident.id, holds.c.episode == incident.episode)
    if connection.execute(update(holds).where(*here).values(values)).rowcount == 0:
        connection.execute(holds.insert().values(incident=incident.id, episode=incident.episode, **values))


def held(connection: Connection, incident: str) -> str:
    """Why the agent must keep its hands off, in one sentence; empty while it need not."""
    current = select(incidents.c.episode).where(incidents.c.id == incident).scalar_subquery()
    query = select(holds.c.reason).where(holds.c.incident == incident, holds.c.episode == current)
    return connection.scalar(query) or ""
