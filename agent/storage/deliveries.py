"""Was this delivered before, to whichever process?  One row a delivery, kept for an hour."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from agent.ports import Clock
from agent.storage.database import Database
from agent.storage.tables import deliveries

KEPT = timedelta(hours=1)
"""Longer than any sender tries again."""


class SqlDeliveries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def first_time(self, id_: str, again_after: timedelta = KEPT) -> bool:
        """From now on it is not, for any process; unless whoever heard it has said nothing for `again_after`."""
        now = self._clock.now()
        return await self._database.write(lambda connection: _first_time(connection, id_, now, again_after))

    async def forget(self, id_: str) -> None:
        """It could not be done: when it is delivered again it is tried again."""
        await self._database.write(
            lambda connection: connection.execute(delete(deliveries).where(deliveries.c.id == id_))
        )


def _first_time(connection: Connection, id_: str, now: datetime, again_after: timedelta) -> bool:
    connection.execute(delete(deliveries).where(deliveries.c.heard_at < now - KEPT))
    heard_at = connection.scalar(select(deliveries.c.heard_at).where(deliveries.c.id == id_))
    if heard_at is None:
        connection.execute(deliveries.insert().values(id=id_, heard_at=now))
        return True
    if now - heard_at < again_after:
        return False
    connection.execute(update(deliveries).where(deliveries.c.id == id_).values(heard_at=now))
    return True
