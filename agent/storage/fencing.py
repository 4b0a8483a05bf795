"""Is whoever writes still the one whose job it is?  A worker that slept past its lease writes nothing more."""

from typing import TypeVar

from sqlalchemy import Connection, select

from agent.domain.errors import LeaseLost
from agent.domain.job import Lease
from agent.storage.database import Database, Work
from agent.storage.tables import jobs

T = TypeVar("T")


class Fenced:
    """The database as one run has it: each change asks first, in its own transaction, whether the job is still its."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def write(self, work: Work[T]) -> T:
        """As `Database.write`; LeaseLost when the job is another's."""

        def fenced(connection: Connection) -> T:
            fence(connection, self._lease)
            return work(connection)

        return await self._database.write(fenced)

    async def read(self, work: Work[T]) -> T:
        return await self._database.read(work)


def fence(connection: Connection, lease: Lease | None) -> None:
    """LeaseLost when the job's epoch has moved on, to be asked in the transaction that writes. None is nobody's job.

    No row is locked for it: epochs move in a turn to write alone, and this is one.
    """
    if lease is None:
        return
    epoch = connection.scalar(select(jobs.c.epoch).where(jobs.c.id == lease.job.id))
    if epoch != lease.epoch:
        raise LeaseLost
