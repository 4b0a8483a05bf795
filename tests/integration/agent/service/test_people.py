"""Does what a human tells the agent leave nothing behind that nobody looks at?"""

from functools import partial
from pathlib import Path

import pytest

from agent.bootstrap import Replaced, bootstrap
from agent.domain.approval import Decision
from agent.domain.errors import ApprovalExpired
from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
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
from tests.integration.agent.storage.proposals import VALID, proposal

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))


async def test_an_action_that_is_under_way_when_somebody_says_stop_is_theirs_to_find_out_though_they_close_it(
    tmp_path: Path,
) -> None:
    clock = Clock()
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        incident = an_incident(clock.now(), status=IncidentStatus.REMEDIATING)
        announced = Effect(
            key="k",
            incident="inc-1",
            kind="action",
            name="restart-service",
            arguments={},
            approval="ap-1",
            status=EffectStatus.INTENT,
            intent_at=clock.now(),
        )
        write = application.record.database.write
        await write(partial(incidents.insert, incident=incident))
        await write(lambda connection: connection.execute(effects.insert().values(announced.model_dump())))

        await application.service.people.cancel("inc-1", ANN)
        await application.service.people.close("inc-1", ANN)
        clock.time += 2 * LEFT
        await application.service.upkeep.sweep()

        assert [one.status for one in await application.views.effects()] == [EffectStatus.UNKNOWN]
        told = [entry.event.type for entry in await application.views.audit(0)]
        assert told.count(EventType.ESCALATED) == 1


async def test_who_answers_a_question_that_somebody_closed_is_not_told_that_it_waits_for_a_human(
    tmp_path: Path,
) -> None:
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    replaced = Replaced(clock=Clock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        incident = an_incident(status=IncidentStatus.AWAITING_APPROVAL)
        await application.record.database.write(partial(incidents.insert, incident=incident))
        asked = await application.record.approvals.request(proposal(), "a human is asked", "Restart?", VALID)
        people = application.service.people
        await people.close("inc-1", ANN)
        with pytest.raises(ApprovalExpired, match="expired or was withdrawn, and nothing was done"):
            await people.decide(asked.id, Decision.APPROVE, ANN, "rest")
