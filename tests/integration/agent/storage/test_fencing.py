"""Does a worker that slept past its lease leave an incident as the next one left it?"""

from datetime import timedelta

import pytest

from agent.domain.errors import LeaseLost
from agent.domain.incident import IncidentStatus
from agent.domain.job import Job, JobKind
from agent.storage.database import Database
from agent.storage.incidents import SqlIncidents
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain
from tests.integration.agent.storage.conftest import Clock
from tests.integration.agent.storage.proposals import incident

LEASE = timedelta(seconds=30)


async def test_an_incident_that_another_worker_ended_is_not_begun_again(
    database: Database, chain: Chain, clock: Clock
) -> None:
    await incident(database, clock)
    queue, incidents = SqlJobs(database, chain, clock), SqlIncidents(database, chain, clock)
    await queue.put(Job(id="j", kind=JobKind.RESUME, incident="inc-1"))
    late = await queue.lease("late", LEASE)
    clock.time += 2 * LEASE
    other = await queue.lease("other", LEASE)
    await incidents.move("inc-1", IncidentStatus.PARKED, "It did not help.", other)

    with pytest.raises(LeaseLost):
        await incidents.move("inc-1", IncidentStatus.REMEDIATING, "Remediation begins.", late)
    assert (await incidents.get("inc-1")).status is IncidentStatus.PARKED
