"""Which job is due, who holds it, and how often was it tried?"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, update

from agent.domain.clocks import APART
from agent.domain.errors import LeaseLost, QueueFull
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.job import Job, JobKind, Lease
from agent.ports import Clock
from agent.storage import abandoned, incidents
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.tables import jobs
from agent.storage.timing import time_of_jobs

LIMIT = 50_000
"""Jobs that may wait before new ones are refused."""
DELIVERIES = 3
"""A job delivered this often without an acknowledgement is dead."""
LONGEST = APART
"""For which a job is leased or put off: ten times the longest back-off. What lasts longer is not believed."""


class SqlJobs:
    """`ports.JobRecord` over the record."""

    def __init__(self, database: Database, chain: Chain, clock: Clock, *, deliveries: int = DELIVERIES) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock
        self._deliveries = deliveries

    async def put(self, job: Job, *, delay: timedelta = timedelta(0)) -> None:
        _believed(delay)
        await self._database.write(lambda connection: put(connection, job, self._clock, delay))

    async def lease(self, holder: str, length: timedelta) -> Lease | None:
        _believed(length)
        # Asking first keeps an idle worker from writing once a second.
        if not await self.due(1):
            return None
        return await self._database.write(lambda connection: self._lease(connection, holder, length))

    async def due(self, limit: int) -> list[Job]:
        return await self._database.read(lambda connection: _due(connection, self._now(connection), limit))

    async def claim(self, job: str, holder: str, length: timedelta) -> Lease | None:
        _believed(length)
        return await self._database.write(lambda connection: self._claim(connection, job, holder, length))

    async def renew(self, leases: Sequence[Lease], length: timedelta) -> Sequence[Lease]:
        _believed(length)
        return await self._database.write(lambda connection: self._renew(connection, leases, length))

    async def acknowledge(self, lease: Lease) -> None:
        await self._change(lease, status="done", lease_until=None, error="")

    async def give_back(self, lease: Lease, error: str, delay: timedelta) -> None:
        _believed(delay)
        await self._database.write(lambda connection: self._give_back(connection, lease, error, delay))

    async def release(self, lease: Lease) -> None:
        await self._change(lease, status="queued", lease_until=None, attempts=lease.attempt - 1)

    async def orphan(self) -> None:
        """Whoever held a job has died: none of them waits for the end of a lease. An attempt stays counted."""
        await self._database.write(lambda connection: _orphan(connection, self._now(connection)))

    async def _change(self, lease: Lease, **values: object) -> None:
        await self._database.write(lambda connection: _update_held(connection, lease, values))

    def _now(self, connection: Connection) -> datetime:
        return time_of_jobs(connection, self._clock)

    def _lease(self, connection: Connection, holder: str, length: timedelta) -> Lease | None:
        while found := _next(connection, self._now(connection)):
            if held := self._hold(connection, found, holder, length):
                return held
        return None

    def _claim(self, connection: Connection, job: str, holder: str, length: timedelta) -> Lease | None:
        found = _next(connection, self._now(connection), jobs.c.id == job)
        return self._hold(connection, found, holder, length) if found else None

    def _hold(self, connection: Connection, job: Job, holder: str, length: timedelta) -> Lease | None:
        """None when it was tried too often already: then it is dead now; or when somebody may still be at it."""
        row = connection.execute(select(jobs).where(jobs.c.id == job.id)).one()
        now = self._now(connection)
        until = now + length
        if row.status == "leased" and row.lease_until > now + LONGEST:
            # Whoever holds it renews it in time, or is dead: it is not taken away from the living.
            connection.execute(update(jobs).where(jobs.c.id == job.id).values(lease_until=until))
            return None
        if row.attempts >= self._deliveries:
            self._bury(connection, job, row.error or "its worker died each time")
            return None
        held = Lease(job=job, holder=holder, epoch=row.epoch + 1, attempt=row.attempts + 1, until=until)
        values = {"status": "leased", "holder": holder, "epoch": held.epoch, "attempts": held.attempt}
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(**values, lease_until=until))
        return held

    def _renew(self, connection: Connection, leases: Sequence[Lease], length: timedelta) -> list[Lease]:
        named = jobs.c.id.in_([lease.job.id for lease in leases])
        held = connection.execute(select(jobs.c.id, jobs.c.epoch).where(named, jobs.c.status == "leased")).all()
        epochs = {row.id: row.epoch for row in held}
        kept = [lease for lease in leases if epochs.get(lease.job.id) == lease.epoch]
        until = self._now(connection) + length
        ours = jobs.c.id.in_([lease.job.id for lease in kept])
        connection.execute(update(jobs).where(ours).values(lease_until=until))
        return [lease.model_copy(update={"until": until}) for lease in kept]

    def _give_back(self, connection: Connection, lease: Lease, error: str, delay: timedelta) -> None:
        if lease.attempt >= self._deliveries:
            _update_held(connection, lease, {"lease_until": None})
            self._bury(connection, lease.job, error)
            return
        again = self._now(connection) + delay
        _update_held(connection, lease, {"status": "queued", "lease_until": None, "not_before": again, "error": error})

    def _bury(self, connection: Connection, job: Job, error: str) -> None:
        """It is kept, told, and its incident waits for a human, with whatever call it had begun."""
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(status="dead", error=error, lease_until=None))
        text = f"The job {job.kind} failed {self._deliveries} times and is set aside: {error}"
        event = Event(type=EventType.JOB_DEAD, incident=job.incident, text=text, facts={"job": job.id})
        self._chain.append(connection, event)
        abandoned.give_up(connection, self._chain, job.incident)
        parked = f"The agent could not work on it: {error}. A human must take over."
        incidents.move(connection, self._chain, job.incident, IncidentStatus.PARKED, parked)


def put(connection: Connection, job: Job, clock: Clock, delay: timedelta = timedelta(0)) -> None:
    """Write the job down unless its id is known. QueueFull at the limit."""
    if connection.scalar(select(exists().where(jobs.c.id == job.id))):
        return
    if depth(connection) >= LIMIT:
        raise QueueFull(f"{LIMIT} jobs are waiting; try again later.")
    now = time_of_jobs(connection, clock)
    row = job.model_dump(mode="json") | {"status": "queued", "not_before": now + delay, "created_at": now}
    connection.execute(jobs.insert().values(row))


def withdraw(connection: Connection, incident: str) -> None:
    """Nobody works on the incident any more; whoever does has lost the lease, and what they write is refused."""
    unfinished = (jobs.c.incident == incident, jobs.c.kind != JobKind.LEARN, jobs.c.status.in_(["queued", "leased"]))
    values = {"status": "done", "epoch": jobs.c.epoch + 1, "lease_until": None, "error": "withdrawn"}
    connection.execute(update(jobs).where(*unfinished).values(values))


def depth(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(jobs).where(jobs.c.status == "queued")) or 0


def oldest(connection: Connection, clock: Clock) -> timedelta:
    """How long the longest waiting job that is due has waited."""
    now = time_of_jobs(connection, clock)
    first = connection.scalar(
        select(func.min(jobs.c.created_at)).where(jobs.c.status == "queued", _reached(jobs.c.not_before, now))
    )
    return max(now - first, timedelta(0)) if first else timedelta(0)


def _due(connection: Connection, now: datetime, limit: int) -> list[Job]:
    return [_job(row) for row in connection.execute(_most_urgent(now).limit(limit))]


def _next(connection: Connection, now: datetime, *only: ColumnElement[bool]) -> Job | None:
    """The most urgent that can be taken now, and nobody else's from here on.

    Passed over is one whose holder is storing a checkpoint, or froze as it did (`FencedPostgresSaver`): to wait for it
    would be to keep everybody from writing. It can be taken when that is over, or the server has ended it.
    """
    row = connection.execute(_most_urgent(now).where(*only).limit(1).with_for_update(skip_locked=True)).one_or_none()
    return _job(row) if row else None


def _most_urgent(now: datetime) -> Select[Any]:
    """The jobs that are due and whose incidents nobody works on, in order."""
    other = jobs.alias()
    # Whoever held a job last may wake before it is taken over: until then nobody begins another of its incident.
    at_it = or_(other.c.lease_until > now, jobs.c.status == "queued")
    busy = exists().where(
        other.c.incident == jobs.c.incident, other.c.id != jobs.c.id, other.c.status == "leased", at_it
    )
    return select(jobs).where(_free(now), ~busy).order_by(jobs.c.priority, jobs.c.not_before, jobs.c.id)


def _job(row: Row[Any]) -> Job:
    return Job(id=row.id, kind=row.kind, incident=row.incident, payload=row.payload, priority=row.priority)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(jobs.c.status == "queued", _reached(jobs.c.not_before, now)),
        and_(jobs.c.status == "leased", _reached(jobs.c.lease_until, now)),
    )


def _reached(moment: ColumnElement[datetime], now: datetime) -> ColumnElement[bool]:
    """Has it come, or would it never be waited for so long?"""
    return or_(moment <= now, moment > now + LONGEST)


def _believed(length: timedelta) -> None:
    if length > LONGEST:
        raise ValueError(f"A job is leased or put off for {LONGEST} at most, not for {length}.")


def _orphan(connection: Connection, now: datetime) -> None:
    connection.execute(update(jobs).where(jobs.c.status == "leased").values(lease_until=now))


def _update_held(connection: Connection, lease: Lease, values: Mapping[str, object]) -> None:
    held = connection.execute(
        update(jobs)
        .where(jobs.c.id == lease.job.id, jobs.c.epoch == lease.epoch, jobs.c.status == "leased")
        .values(dict(values))
    )
    if held.rowcount == 0:
        raise LeaseLost
