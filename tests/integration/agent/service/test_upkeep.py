"""What does time bring? What a run has left is found, and questions end, also where the clock was set back."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.approval import Approval, ApprovalStatus, Decision
from agent.domain.errors import ApprovalExpired
from agent.domain.incident import IncidentStatus
from agent.domain.job import Job, JobKind
from agent.domain.remediation import Effect, EffectStatus
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.service.upkeep import LEFT
from agent.settings import Settings
from agent.storage import incidents
from agent.storage.tables import effects
from agent.testing import NoMemory
from tests.clocks import Clock
from tests.incidents import an_incident
from tests.integration.agent.storage.proposals import VALID, incident, proposal

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))


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


async def _asked(application: Application, name: str) -> Approval:
    await incident(application.record.database, application.clock, name)
    return await application.record.approvals.request(proposal(name), "a human is asked", "Restart cart?", VALID)


async def _answered(application: Application, *asked: Approval) -> list[ApprovalStatus]:
    """What became of each, once ann has said yes where she can."""
    found = []
    for one in asked:
        with suppress(ApprovalExpired):
            await application.service.people.decide(one.id, Decision.APPROVE, ANN, "rest")
        found.append((await application.views.approval(one.id)).status)
    return found


@pytest.mark.parametrize("back", [timedelta(minutes=11), timedelta(hours=1), timedelta(days=3)])
async def test_when_the_clock_was_set_back_what_waits_is_withdrawn_and_new_questions_can_be_answered(
    tmp_path: Path, back: timedelta
) -> None:
    clock = Clock()
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        approved, waits = await _asked(application, "inc-1"), await _asked(application, "inc-2")
        await _answered(application, approved)
        clock.time -= back
        for _ in range(3):
            await application.service.upkeep.sweep()
        new = await _asked(application, "inc-3")
        await application.service.upkeep.sweep()
        told = [entry.event.text for entry in (await application.views.incident("inc-2")).timeline]
        assert await _answered(application, approved, waits, new) == ["expired", "expired", "approved"]
        assert "the clock was set back since it was asked" in told[-1]
        late = await _asked(application, "inc-4")
        await clock.sleep(VALID)
        assert await _answered(application, late) == ["pending"]


async def test_a_clock_that_was_put_right_by_a_little_costs_no_question_and_gives_it_no_longer(tmp_path: Path) -> None:
    clock = Clock()
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        waits, late = await _asked(application, "inc-1"), await _asked(application, "inc-2")
        clock.time -= timedelta(minutes=9)
        await application.service.upkeep.sweep()
        assert await _answered(application, waits) == ["approved"]
        await clock.sleep(timedelta(minutes=9) + VALID)
        await application.service.upkeep.sweep()
        assert await _answered(application, late) == ["expired"]
