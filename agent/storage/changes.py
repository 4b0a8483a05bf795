"""What did people and systems change, and when?"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from agent.domain.base import digest
from agent.storage import alerts
from agent.storage.database import Database
from agent.storage.tables import changes
from tools.base import Change

LIMIT = 1000
"""Changes one question answers with at most: the latest."""


class SqlChanges:
    """`tools.base.Changes` over what CI systems told us."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def between(self, start: datetime, end: datetime) -> list[Change]:
        return await self._database.read(lambda connection: _between(connection, start, end))


def store(connection: Connection, arrival: alerts.Arrival, found: Sequence[Change]) -> None:
    """Put the receipt and its changes on the record; a change that was told before is not told again."""
    alerts.store(connection, arrival)
    for change in found:
        id_ = digest([change.at.isoformat(), change.service, change.kind, change.summary, change.source])
        if connection.scalar(select(changes.c.id).where(changes.c.id == id_)) is None:
            connection.execute(changes.insert().values(id=id_, **vars(change)))


def _between(connection: Connection, start: datetime, end: datetime) -> list[Change]:
    query = select(changes).where(changes.c.at >= start, changes.c.at <= end).order_by(changes.c.at.desc()).limit(LIMIT)
    return [
        Change(
            at=row.at,
            service=row.service,
            kind=row.kind,
            summary=row.summary,
            source=row.source,
            author=row.author,
            link=row.link,
        )
        for row in connection.execute(query)
    ][::-1]
