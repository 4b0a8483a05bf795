"""Does a queue keep the promises of `ports.Queue`?  Each adapter, on each engine of the record."""

import asyncio
from datetime import timedelta

import pytest

from agent.domain.errors import LeaseLost
from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.journal import Chain, SqlJournal
from tests.clocks import Clock
from tests.integration.agent.queue.conftest import LENGTH, Waiting

A_MOMENT = timedelta(seconds=1)
PATIENCE = 30.0


async def test_the_most_urgent_job_comes_first_and_each_once(waiting: Waiting) -> None:
    await waiting.put("low", "inc-1", priority=3)
    await waiting.put("high", "inc-2", priority=0)
    assert [(await waiting.lease()).job.id for _ in range(2)] == ["high", "low"]
    assert await waiting.look() is None


async def test_a_job_with_a_known_id_is_not_put_twice(waiting: Waiting) -> None:
    await waiting.put("a")
    await waiting.put("a")
    await waiting.queue.acknowledge(await waiting.lease())
    await waiting.put("a")
    assert await waiting.look() is None


async def test_a_job_that_is_put_for_later_waits_for_its_time(waiting: Waiting, clock: Clock) -> None:
    await waiting.put("a", delay=timedelta(minutes=1))
    assert await waiting.look() is None
    await clock.sleep(timedelta(minutes=1))
    assert (await waiting.lease()).job.id == "a"


async def test_two_jobs_of_one_incident_never_run_side_by_side(waiting: Waiting) -> None:
    await waiting.put("a")
    await waiting.put("b")
    first = await waiting.lease()
    assert await waiting.look() is None
    await waiting.queue.acknowledge(first)
    assert {first.job.id, (await waiting.lease()).job.id} == {"a", "b"}


async def test_a_job_whose_lease_ran_out_comes_before_more_urgent_ones_of_its_incident(
    waiting: Waiting, clock: Clock
) -> None:
    await waiting.put("a")
    asleep = await waiting.lease("asleep")
    await waiting.put("more urgent", priority=0)
    await clock.sleep(LENGTH + A_MOMENT)
    # It may wake at any time, and goes on with what is still its.
    other = await waiting.lease("other")
    assert other.job.id == "a"
    assert await waiting.look() is None
    assert await waiting.queue.renew([asleep], LENGTH) == []
    await waiting.queue.acknowledge(other)
    assert (await waiting.lease()).job.id == "more urgent"


async def test_one_of_many_workers_gets_the_job(waiting: Waiting) -> None:
    await waiting.put("a")
    leases = await asyncio.gather(*(waiting.look(f"w{number}") for number in range(8)))
    assert len([lease for lease in leases if lease]) == 1


async def test_a_dead_workers_job_is_taken_over_with_a_higher_epoch_and_its_writes_are_refused(
    waiting: Waiting, clock: Clock
) -> None:
    await waiting.put("a")
    late = await waiting.lease("late")
    await clock.sleep(LENGTH + A_MOMENT)
    other = await waiting.lease("other")
    assert [(one.holder, one.epoch, one.attempt) for one in (late, other)] == [("late", 1, 1), ("other", 2, 2)]
    for write in (waiting.queue.acknowledge, waiting.queue.release):
        with pytest.raises(LeaseLost):
            await write(late)
    assert await waiting.queue.renew([late, other], LENGTH) == [
        other.model_copy(update={"until": clock.now() + LENGTH})
    ]
    await waiting.queue.acknowledge(other)


async def test_a_lease_that_is_kept_alive_stays(waiting: Waiting, clock: Clock) -> None:
    await waiting.put("a")
    lease = await waiting.lease()
    for _ in range(4):
        await clock.sleep(LENGTH / 2)
        [lease] = await waiting.queue.renew([lease], LENGTH)
    assert await waiting.look("other") is None


async def test_a_failed_job_comes_back_after_its_back_off(waiting: Waiting, clock: Clock) -> None:
    await waiting.put("a")
    await waiting.queue.give_back(await waiting.lease(), "boom")
    await clock.sleep(timedelta(minutes=1))
    assert (await waiting.lease()).attempt == 2


async def test_a_drained_job_goes_to_another_worker_at_once_and_counts_no_attempt(waiting: Waiting) -> None:
    await waiting.put("a")
    await waiting.queue.release(await waiting.lease())
    again = await waiting.lease("x")
    assert (again.attempt, again.epoch) == (1, 2)


@pytest.mark.parametrize("dies", [True, False])
async def test_the_third_failure_sets_the_job_aside_parks_its_incident_and_lets_others_pass(
    waiting: Waiting, database: Database, chain: Chain, clock: Clock, dies: bool
) -> None:
    await waiting.put("poison", "inc-1", priority=0)
    for _ in range(3):
        lease = await waiting.lease()
        if not dies:
            await waiting.queue.give_back(lease, "boom")
        await clock.sleep(timedelta(minutes=2))
    await waiting.put("other", "inc-2")
    assert (await waiting.lease()).job.id == "other"
    parked = await database.read(lambda connection: incidents.get(connection, "inc-1"))
    assert parked.status is IncidentStatus.PARKED
    told = [entry.event.type for entry in await SqlJournal(database, chain).after(0)]
    assert told == [EventType.JOB_DEAD, EventType.PARKED]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=3)])
async def test_a_lease_and_a_back_off_that_a_clock_wrote_which_was_set_back_since_hold_nothing_up(
    waiting: Waiting, clock: Clock, back: timedelta
) -> None:
    await waiting.put("died", "inc-1")
    await waiting.put("failed", "inc-2")
    held = {one.job.id: one for one in [await waiting.lease(), await waiting.lease()]}
    await waiting.queue.give_back(held["failed"], "boom")
    await waiting.put("later", "inc-3", delay=timedelta(minutes=1))
    clock.time -= back
    assert {(await waiting.lease()).job.id for _ in range(2)} == {"failed", "later"}
    assert await waiting.look() is None
    await clock.sleep(LENGTH + A_MOMENT)
    again = [await waiting.lease() for _ in range(3)]
    assert {one.job.id: one.attempt for one in again} == {"died": 2, "failed": 3, "later": 2}


async def test_whoever_is_at_a_job_keeps_it_when_the_clock_is_set_back(waiting: Waiting, clock: Clock) -> None:
    await waiting.put("a")
    await waiting.put("b")
    lease = await waiting.lease()
    clock.time -= timedelta(days=3)
    for _ in range(4):
        assert await waiting.look("other") is None
        await clock.sleep(LENGTH / 2)
        [lease] = await waiting.queue.renew([lease], LENGTH)
    assert (lease.epoch, lease.until) == (1, clock.now() + LENGTH)
    await waiting.queue.acknowledge(lease)
    assert (await waiting.lease("other")).attempt == 1


async def test_whoever_waits_is_woken_when_something_may_be_due(waiting: Waiting) -> None:
    async def work() -> str:
        while (lease := await waiting.queue.lease("w", LENGTH)) is None:
            await waiting.queue.wait(timedelta(seconds=5))
        return lease.job.id

    async with asyncio.timeout(PATIENCE):
        worker = asyncio.create_task(work())
        await waiting.put("a")
        assert await worker == "a"
