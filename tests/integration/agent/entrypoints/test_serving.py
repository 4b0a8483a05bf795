"""Do answers count where people come to a process without a worker, also after its clock was set back?"""

from datetime import timedelta
from pathlib import Path

from agent.bootstrap import Replaced, bootstrap
from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import ApprovalExpired
from agent.entrypoints.serving import serving
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.testing import NoMemory
from tests.clocks import SetClock
from tests.integration.agent.storage.proposals import VALID, incident, proposal
from tests.until import until_told

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))


async def test_where_no_worker_sweeps_questions_asked_after_the_clock_was_set_back_can_be_answered(
    tmp_path: Path,
) -> None:
    clock = SetClock()
    settings = Settings.model_construct(data=tmp_path, runbooks=tmp_path / "none", port=0)
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application, serving(application, works=False):
        clock.by = -timedelta(hours=1)
        await incident(application.record.database, clock)
        asked = await application.record.approvals.request(proposal(), "a human is asked", "Restart cart?", VALID)

        async def answered() -> bool:
            try:
                decided = await application.service.people.decide(asked.id, Decision.APPROVE, ANN, "rest")
            except ApprovalExpired:
                return False
            return decided.status is ApprovalStatus.APPROVED

        await until_told(answered)
