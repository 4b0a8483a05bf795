"""Whose is the job?  What only the record is asked; the rest is in `tests/integration/agent/queue/test_contract.py`."""

from datetime import timedelta

import pytest

from agent.domain.job import Job, JobKind
from agent.storage.database import Database
from agent.storage.jobs import LONGEST, SqlJobs, oldest
from tests.clocks import Clock

LENGTH = timedelta(seconds=30)


def _job(id_: str, incident: str = "inc-1", priority: int = 2) -> Job:
    return Job(id=id_, kind=JobKind.INVESTIGATE, incident=incident, priority=priority)


async def test_due_are_the_most_urgent_whose_time_has_come_and_whose_incident_is_free(
    jobs: SqlJobs, clock: Clock
) -> None:
    await jobs.put(_job("low", "inc-2", priority=3))
    await jobs.put(_job("high", "inc-2", priority=0))
    await jobs.put(_job("later", "inc-2"), delay=timedelta(minutes=1))
    await jobs.put(_job("worked on"))
    await jobs.claim("worked on", "w", LENGTH)
    await jobs.put(_job("its neighbour"))
    assert [job.id for job in await jobs.due(10)] == ["high", "low"]
    assert [job.id for job in await jobs.due(1)] == ["high"]
    await clock.sleep(timedelta(minutes=1))
    # The lease has run out meanwhile; whoever held it may still wake, until somebody else has it.
    assert {job.id for job in await jobs.due(10)} == {"high", "low", "later", "worked on"}


@pytest.mark.parametrize("job", ["unheard of", "done", "held", "of a busy incident", "later"])
async def test_a_job_that_cannot_be_leased_now_cannot_be_claimed(jobs: SqlJobs, job: str) -> None:
    await jobs.put(_job("done", "inc-2"))
    finished = await jobs.claim("done", "w", LENGTH)
    assert finished is not None
    await jobs.acknowledge(finished)
    for name in ("held", "of a busy incident"):
        await jobs.put(_job(name))
    await jobs.claim("held", "w", LENGTH)
    await jobs.put(_job("later", "inc-2"), delay=timedelta(minutes=1))
    assert await jobs.claim(job, "other", LENGTH) is None


async def test_a_job_comes_back_when_it_is_told_to(jobs: SqlJobs, clock: Clock) -> None:
    await jobs.put(_job("a"))
    lease = await jobs.lease("w", LENGTH)
    assert lease is not None
    await jobs.give_back(lease, "boom", timedelta(minutes=5))
    await clock.sleep(timedelta(minutes=4))
    assert await jobs.due(1) == []
    await clock.sleep(timedelta(minutes=1))
    assert [job.id for job in await jobs.due(1)] == ["a"]


async def test_a_job_whose_worker_is_known_to_be_dead_is_free_at_once_under_a_higher_epoch(jobs: SqlJobs) -> None:
    await jobs.put(_job("a"))
    first = await jobs.lease("dead", LENGTH)
    await jobs.orphan()
    again = await jobs.lease("w", LENGTH)
    assert first is not None
    assert again is not None
    assert (again.epoch, again.attempt) == (first.epoch + 1, 2)


async def test_no_job_is_leased_or_put_off_for_longer_than_a_clock_is_believed(jobs: SqlJobs) -> None:
    await jobs.put(_job("a"), delay=timedelta(0))
    lease = await jobs.claim("a", "w", LONGEST)
    assert lease is not None
    for attempt in (
        lambda long: jobs.put(_job("b"), delay=long),
        lambda long: jobs.lease("w", long),
        lambda long: jobs.claim("a", "w", long),
        lambda long: jobs.renew([lease], long),
        lambda long: jobs.give_back(lease, "boom", long),
    ):
        with pytest.raises(ValueError, match="0:10:01"):
            await attempt(LONGEST + timedelta(seconds=1))


async def test_how_long_the_oldest_job_has_waited_is_never_less_than_nothing(
    jobs: SqlJobs, database: Database, clock: Clock
) -> None:
    await jobs.put(_job("a"))
    clock.time -= timedelta(days=3)
    assert await database.read(lambda connection: oldest(connection, clock)) == timedelta(0)
    await clock.sleep(timedelta(days=3, minutes=1))
    assert await database.read(lambda connection: oldest(connection, clock)) == timedelta(minutes=1)
