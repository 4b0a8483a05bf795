"""Is an incident found that its run has left, whatever became of the record meanwhile?"""

from functools import partial
from pathlib import Path

from agent.bootstrap import Replaced, bootstrap
from agent.domain.incident import IncidentStatus
from agent.domain.job import Job, JobKind
from agent.domain.remediation import Effect, EffectStatus
from agent.graph.context import Sources
from agent.service.upkeep import LEFT
from agent.settings import Settings
from agent.storage import incidents
from agent.storage.tables import effects
from agent.testing import NoMemory
from tests.clocks import Clock
from tests.incidents import an_incident


async def test_what_a_run_has_left_is_parked_and_what_has_a_job_or_was_never_begun_is_not(tmp_path: Path) -> None:
    clock = Clock()
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        begun = (IncidentStatus.INVESTIGATING, IncidentStatus.VERIFYING, IncidentStatus.REMEDIATING)
        for status in (*begun, IncidentStatus.OPEN, IncidentStatus.AWAITING_APPROVAL, IncidentStatus.RESOLVED):
            one = an_incident(clock.now(), id=f"inc-{status}", status=status)
            await application.record.database.write(partial(incidents.insert, incident=one))
        announced = Effect(
            key="k",
            incident=f"inc-{IncidentStatus.RESOLVED}",
            kind="action",
            name="restart-service",
            arguments={},
            approval="ap-1",
            status=EffectStatus.INTENT,
            intent_at=clock.now(),
        )
        insert = effects.insert().values(announced.model_dump())
        await application.record.database.write(lambda connection: connection.execute(insert))
        await application.queue.put(Job(id="j", kind=JobKind.RESUME, incident=f"inc-{IncidentStatus.REMEDIATING}"))
        assert await application.service.upkeep.sweep() == 0
        clock.time += LEFT
        assert await application.service.upkeep.sweep() == 3
        assert [one.status for one in await application.views.effects()] == [EffectStatus.UNKNOWN]
        found = {one.id: one.status for one in (await application.views.incidents()).incidents}
    assert found == {
        "inc-investigating": IncidentStatus.PARKED,
        "inc-verifying": IncidentStatus.PARKED,
        "inc-remediating": IncidentStatus.REMEDIATING,
        "inc-open": IncidentStatus.OPEN,
        "inc-awaiting_approval": IncidentStatus.AWAITING_APPROVAL,
        "inc-resolved": IncidentStatus.PARKED,
    }
