"""What does a run leave behind that lost its job in the middle of a step?"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.bootstrap import Replaced, bootstrap
from agent.domain.errors import LeaseLost
from agent.domain.event import EventType
from agent.graph.context import Sources
from agent.ports import Queue
from agent.settings import Settings
from agent.testing import NoMemory
from tests.clocks import Clock
from tools.base import Change

LEASE = timedelta(seconds=30)


class SlowChanges:
    """The survey waits for it so long that another worker takes the job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.queue: Queue | None = None

    async def between(self, start: datetime, end: datetime) -> list[Change]:
        if self.queue is not None:
            self._clock.time += 2 * LEASE
            assert await self.queue.lease("other", LEASE)
            self.queue = None
        return [Change(at=end, service="cart", kind="deploy", summary="version 2", source="ci", author="ann")]


async def test_a_run_that_lost_its_job_in_the_middle_of_a_step_adds_nothing_to_the_incident(tmp_path: Path) -> None:
    clock = Clock()
    slow = SlowChanges(clock)
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    replaced = Replaced(clock=clock, sources=Sources(changes=(slow,)), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        labels = {"alertname": "Errors", "service": "cart"}
        body = json.dumps({"alerts": [{"status": "firing", "labels": labels, "startsAt": clock.now().isoformat()}]})
        await application.service.intake.receive("alertmanager", "test", body.encode())
        await application.service.placement.place_waiting()
        lease = await application.queue.lease("late", LEASE)
        assert lease
        slow.queue = application.queue

        with pytest.raises(LeaseLost):
            await application.service.runs.run(lease)
        told = {entry.event.type for entry in await application.record.journal.about(lease.job.incident)}
        assert told == {
            EventType.INCIDENT_OPENED,
            EventType.INCIDENT_STATUS,
            EventType.TRIAGED,
            EventType.RECALLED,
        }
        assert await application.record.incidents.evidence(lease.job.incident) == []
