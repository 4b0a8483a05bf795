"""Does a job come back until it is done, to one worker at a time, and not for ever?"""

import asyncio
from datetime import timedelta

import pytest

from agent.domain.alert import Severity
from agent.domain.errors import LeaseLost
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.job import Job, JobKind
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain, SqlJournal
from tests.integration.agent.storage.conftest import Clock

LENGTH = timedelta(seconds=30)


def _job(id_: str, incident: str = "inc-1", priority: int = 2) -> Job:
    return Job(id=id_, kind=JobKind.INVESTIGATE, incident=incident, priority=priority)


@pytest.fixture
async def queue(database: Database, chain: Chain, clock: Clock) -> SqlJobs:
    for name in ("inc-1", "inc-2"):
        incident = Incident(
            id=name,
            status=IncidentStatus.OPEN,
            severity=Severity.HIGH,
            title="t",
            opened_at=clock.now(),
            updated_at=clock.now(),
        )
        await database.write(lambda connection, one=incident: incidents.insert(connection, one))  # type: ignore[misc]  # a default
    return SqlJobs(database, chain, clock)


async def test_the_most_urgent_job_comes_first(queue: SqlJobs) -> None:
    await queue.put(_job("low", "inc-1", priority=3))
    await queue.put(_job("high", "inc-2", priority=0))
    lease = await queue.lease("w", LENGTH)
    assert lease is not None
    assert lease.job.id == "high"


async def test_a_job_with_a_known_id_is_not_put_twice(queue: SqlJobs) -> None:
    await queue.put(_job("a"))
    lease = await queue.lease("w", LENGTH)
    assert lease is not None
    await queue.acknowledge(lease)
    await queue.put(_job("a"))
    assert await queue.lease("w", LENGTH) is None


async def test_two_jobs_of_one_incident_never_run_side_by_side(queue: SqlJobs) -> None:
    await queue.put(_job("a"))
    await queue.put(_job("b"))
    first = await queue.lease("w", LENGTH)
    assert await queue.lease("w", LENGTH) is None
    assert first is not None
    await queue.acknowledge(first)
    second = await queue.lease("w", LENGTH)
    assert second is not None
    assert {first.job.id, second.job.id} == {"a", "b"}


async def test_one_of_many_workers_gets_the_job(queue: SqlJobs) -> None:
    await queue.put(_job("a"))
    leases = await asyncio.gather(*(queue.lease(f"w{number}", LENGTH) for number in range(8)))
    assert len([lease for lease in leases if lease]) == 1


async def test_the_late_worker_writes_nothing_once_another_has_the_job(queue: SqlJobs, clock: Clock) -> None:
    await queue.put(_job("a"))
    late = await queue.lease("late", LENGTH)
    await clock.sleep(LENGTH + timedelta(seconds=1))
    other = await queue.lease("other", LENGTH)
    assert late is not None
    assert other is not None
    for write in (queue.acknowledge, queue.release):
        with pytest.raises(LeaseLost):
            await write(late)
    with pytest.raises(LeaseLost):
        await queue.renew(late, LENGTH)
    await queue.acknowledge(other)


async def test_a_drained_job_goes_to_another_worker_at_once_and_counts_no_attempt(queue: SqlJobs) -> None:
    await queue.put(_job("a"))
    lease = await queue.lease("w", LENGTH)
    assert lease is not None
    await queue.release(lease)
    again = await queue.lease("x", LENGTH)
    assert again is not None
    assert (again.attempt, again.epoch) == (1, 2)


@pytest.mark.parametrize("dies", [True, False])
async def test_the_third_failure_parks_the_incident_and_lets_others_pass(
    queue: SqlJobs, database: Database, chain: Chain, clock: Clock, dies: bool
) -> None:
    await queue.put(_job("poison", "inc-1", priority=0))
    for _ in range(3):
        lease = await queue.lease("w", LENGTH)
        assert lease is not None
        if not dies:
            await queue.give_back(lease, "boom", timedelta(seconds=1))
        await clock.sleep(LENGTH + timedelta(seconds=1))
    await queue.put(_job("other", "inc-2"))
    lease = await queue.lease("w", LENGTH)
    assert lease is not None
    assert lease.job.id == "other"
    parked = await database.read(lambda connection: incidents.get(connection, "inc-1"))
    assert parked.status is IncidentStatus.PARKED
    told = [entry.event.type for entry in await SqlJournal(database, chain).after(0)]
    assert told == ["job_dead", "parked"]
