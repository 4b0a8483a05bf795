"""Who looked at which incident?  The access log: to the minute, apart from the journal, let go earlier."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from agent.domain.base import Noun
from agent.storage.tables import reads

MOST = 1000


class Read(Noun):
    """Somebody looked at an incident, once or more within this minute."""

    at: datetime
    who: str
    incident: str
    what: str
    """The route by which they did."""


def note(connection: Connection, seen: Collection[Read]) -> None:
    """What is noted already is not noted twice."""
    for one in seen:
        values = one.model_dump()
        here = [reads.c[name] == value for name, value in values.items()]
        if connection.execute(select(reads.c.at).where(*here)).first() is None:
            connection.execute(reads.insert().values(values))


def listed(connection: Connection, *, incident: str = "", who: str = "") -> list[Read]:
    """The newest first."""
    query = select(reads).order_by(reads.c.at.desc()).limit(MOST)
    if incident:
        query = query.where(reads.c.incident == incident)
    if who:
        query = query.where(reads.c.who == who)
    return [Read.model_validate(dict(row._mapping)) for row in connection.execute(query)]  # noqa: SLF001 (public)
