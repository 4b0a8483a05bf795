"""Is whoever writes still the one whose job it is?  A worker that slept past its lease writes nothing more."""

from sqlalchemy import Connection, select

from agent.domain.errors import LeaseLost
from agent.domain.job import Lease
from agent.storage.tables import jobs


def fence(connection: Connection, lease: Lease | None) -> None:
    """LeaseLost when the job's epoch has moved on, to be asked in the transaction that writes. None is nobody's job."""
    if lease is None:
        return
    epoch = connection.scalar(select(jobs.c.epoch).where(jobs.c.id == lease.job.id).with_for_update())
    if epoch != lease.epoch:
        raise LeaseLost
