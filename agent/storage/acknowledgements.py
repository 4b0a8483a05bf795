"""Has somebody seen this episode of the incident? Then nobody else is called because of it."""

from datetime import datetime

from sqlalchemy import Connection, select

from agent.domain.incident import Incident
from agent.storage.tables import acknowledgements


def acknowledge(connection: Connection, incident: Incident, who: str, at: datetime) -> bool:
    """The first to see it is remembered; was it this one?"""
    if seen_by(connection, incident):
        return False
    values = {"incident": incident.id, "episode": incident.episode, "who": who, "at": at}
    connection.execute(acknowledgements.insert().values(values))
    return True


def seen_by(connection: Connection, incident: Incident) -> str:
    """Who saw it first; empty while nobody has."""
    here = (acknowledgements.c.incident == incident.id, acknowledgements.c.episode == incident.episode)
    return connection.scalar(select(acknowledgements.c.who).where(*here)) or ""
