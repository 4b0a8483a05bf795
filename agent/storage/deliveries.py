"""What was delivered, and what of it is still to be done?  One row a delivery, heard once by all processes.

Until it is done the row keeps it, sealed with a key that is not in the database: a row written by other hands is
nobody's click.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, or_, select, text, update

from agent.domain.clocks import APART
from agent.ports import Clock
from agent.storage.database import Database
from agent.storage.sealing import opened, seal
from agent.storage.tables import Utc, deliveries
from agent.telemetry import Log

log = Log(__name__)

KEPT = timedelta(hours=1)
"""Longer than any sender tries again, and than anybody waits for what came of it."""
# Said once: somebody waits for each, and to put a statement together takes longer than to run it.
_HEARD = text(
    "INSERT INTO deliveries (id, heard_at, taken_at, delivery) VALUES (:id, :now, :now, :kept)"
    " ON CONFLICT (id) DO NOTHING"
).bindparams(bindparam("now", type_=Utc()))
_DONE = update(deliveries).where(deliveries.c.id == bindparam("done")).values(delivery=None)


@dataclass(frozen=True)
class Left:
    """Somebody heard it, and has not done it."""

    id: str
    delivery: str


class SqlDeliveries:
    def __init__(self, database: Database, clock: Clock, key: bytes, former: bytes | None = None) -> None:
        """`key` derives from the root secret; `former`, from the one before, opens what that one sealed."""
        self._database = database
        self._clock = clock
        self._keys = [one for one in (key, former) if one]

    async def first_time(self, id_: str, delivery: str) -> bool:
        """On the disk when this returns; False when it was heard before, by whichever process."""
        heard = {"id": id_, "now": self._clock.now(), "kept": seal(self._keys[0], f"{id_} {delivery}")}
        return await self._database.write(lambda connection: connection.execute(_HEARD, heard).rowcount == 1)

    async def done(self, id_: str) -> None:
        """Nobody needs to do it any more."""
        await self._database.write(lambda connection: connection.execute(_DONE, {"done": id_}))

    async def left(self, after: timedelta) -> list[Left]:
        """What was heard so long ago and is not done; now it is the caller's to do. What is old is forgotten."""
        now = self._clock.now()
        taken = await self._database.write(lambda connection: _take(connection, now, now - after))
        return [one for id_, sealed in taken if (one := self._opened(id_, sealed))]

    async def waiting(self) -> int:
        """How many are not done."""
        now = self._clock.now()
        return len(await self._database.read(lambda connection: _left(connection, now, now)))

    def _opened(self, id_: str, sealed: str) -> Left | None:
        for key in self._keys:
            try:
                named, _, delivery = opened(key, sealed).partition(" ")
            except ValueError:
                continue
            if named == id_:
                return Left(id_, delivery)
        log.warning("a delivery on the record is none of ours", id=id_)
        return None


def _left(connection: Connection, now: datetime, since: datetime) -> Sequence[tuple[str, str]]:
    # What lies further ahead was taken by a clock that has been set back since.
    long_ago = or_(deliveries.c.taken_at <= since, deliveries.c.taken_at > now + APART)
    query = select(deliveries.c.id, deliveries.c.delivery).where(deliveries.c.delivery.is_not(None), long_ago)
    return [(row.id, row.delivery) for row in connection.execute(query)]


def _take(connection: Connection, now: datetime, since: datetime) -> Sequence[tuple[str, str]]:
    connection.execute(delete(deliveries).where(deliveries.c.heard_at < now - KEPT))
    found = _left(connection, now, since)
    mine = update(deliveries).where(deliveries.c.id.in_([id_ for id_, _ in found])).values(taken_at=now)
    connection.execute(mine)
    return found
