"""Does a worker that slept past its lease leave an incident as the next one left it?"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from agent.domain.errors import LeaseLost
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Diagnosis, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.domain.job import Job, JobKind, Lease
from agent.storage.approvals import SqlApprovals
from agent.storage.database import Database
from agent.storage.fencing import Fenced
from agent.storage.incidents import SqlIncidents
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain, SqlJournal
from agent.storage.tables import metadata
from tests.clocks import Clock
from tests.integration.agent.storage.proposals import VALID, incident, proposal

LEASE = timedelta(seconds=30)
DIAGNOSIS = Diagnosis(
    verdict=Verdict.CAUSE, component="cart", summary="it leaks", confidence=0.9, analysed_by="analysis"
)
SEEN = Evidence(id="e0", kind=EvidenceKind.METRIC, source="s", query="q", summary="it leaks")


class Writer:
    """A run's part of the record, under one lease."""

    def __init__(self, database: Database, chain: Chain, clock: Clock, lease: Lease) -> None:
        fenced = Fenced(database, lease)
        self.incidents = SqlIncidents(fenced, chain, clock)
        self.journal = SqlJournal(fenced, chain)
        self.approvals = SqlApprovals(fenced, chain, clock)


WRITES: dict[str, Callable[[Writer], Awaitable[object]]] = {
    "state": lambda by: by.incidents.move("inc-1", IncidentStatus.REMEDIATING, "Remediation begins."),
    "evidence": lambda by: by.incidents.add_evidence("inc-1", [SEEN]),
    "diagnosis": lambda by: by.incidents.save_diagnosis("inc-1", "inc-1.1", DIAGNOSIS, Usage()),
    "report": lambda by: by.incidents.save_report("inc-1", "inc-1.1", "# What happened"),
    "journal": lambda by: by.journal.record(Event(type=EventType.SURVEYED, incident="inc-1", text="Surveyed.")),
    "question": lambda by: by.approvals.request(proposal(), "a human is asked", "Restart cart?", VALID),
    "leave": lambda by: by.approvals.allow(proposal(), "the policy allows it", "Restart cart.", VALID),
}


@pytest.mark.parametrize("what", WRITES)
async def test_whoever_lost_the_job_writes_nothing_more_and_whoever_has_it_does(
    database: Database, chain: Chain, clock: Clock, what: str
) -> None:
    await incident(database, clock)
    late, other = [Writer(database, chain, clock, lease) for lease in await _taken_over(database, chain, clock)]
    before = await database.read(_rows)

    with pytest.raises(LeaseLost):
        await WRITES[what](late)
    assert await database.read(_rows) == before

    await WRITES[what](other)
    assert await database.read(_rows) != before


async def _taken_over(database: Database, chain: Chain, clock: Clock) -> tuple[Lease, Lease]:
    """The lease that has run out, and the one that somebody else has since."""
    jobs = SqlJobs(database, chain, clock)
    await jobs.put(Job(id="j", kind=JobKind.RESUME, incident="inc-1"))
    late = await jobs.lease("late", LEASE)
    clock.time += 2 * LEASE
    other = await jobs.lease("other", LEASE)
    assert late
    assert other
    return late, other


def _rows(connection: Connection) -> dict[str, object]:
    """Of each table how many, and what state the incident is in."""
    counted = {
        name: connection.scalar(select(func.count()).select_from(table)) for name, table in metadata.tables.items()
    }
    return {**counted, "status": connection.scalar(select(metadata.tables["incidents"].c.status))}
