"""S24: may the key that a machine has of itself be a second voice, once people have keys of their own?"""

import pytest

from agent.domain.approval import ApprovalStatus
from agent.domain.errors import NotAllowed, Refused
from agent.domain.remediation import Risk
from agent.storage.database import Database
from agent.storage.journal import Chain
from tests.clocks import Clock
from tests.integration.agent.storage.desk import Desk
from tests.integration.agent.storage.proposals import proposal


@pytest.fixture
def desk(database: Database, chain: Chain, clock: Clock) -> Desk:
    return Desk(database, chain, clock)


@pytest.mark.attack("S24")
async def test_who_made_a_key_while_the_agent_runs_is_not_two_people(desk: Desk) -> None:
    operator = await desk.keys.authenticate((await desk.keys.create_local_operator()).token)
    ann = await desk.person("ann")
    asked = await desk.ask(proposal(risk=Risk.HIGH))
    await desk.approve(asked, ann)
    with pytest.raises(NotAllowed, match="people have keys of their own by now, and local-operator is no other person"):
        await desk.approve(asked, operator)
    assert (await desk.approvals.get(asked.id)).progress == "1 of 2"
    assert (await desk.deny(asked, operator)).status is ApprovalStatus.DENIED


@pytest.mark.attack("S24")
async def test_what_the_operator_allowed_before_anybody_had_a_key_is_not_done(desk: Desk) -> None:
    operator = await desk.keys.authenticate((await desk.keys.create_local_operator()).token)
    asked = await desk.ask()
    await desk.approve(asked, operator)
    await desk.person("ann")
    with pytest.raises(Refused, match="local-operator is no other person"):
        await desk.dispatch(asked)
    assert desk.done == []


async def test_beside_programs_and_keys_that_are_refused_the_operator_is_everybody(desk: Desk) -> None:
    operator = await desk.keys.authenticate((await desk.keys.create_local_operator()).token)
    await desk.keys.create("alertmanager", "machine", ("ingest",))
    await desk.keys.revoke((await desk.key("ann")).key.id)
    asked = await desk.ask()
    await desk.approve(asked, operator)
    assert (await desk.dispatch(asked)).status == "done"
