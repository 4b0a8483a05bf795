"""Is a vote by somebody who came with a JSON web token still worth something when it comes to acting?"""

from datetime import timedelta

import pytest
from sqlalchemy import update

from agent.domain.errors import AlreadyDecided, NotAllowed, Refused
from agent.domain.remediation import Risk
from agent.domain.rules import Person, Team
from agent.identity.roles import Caller
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.tables import incidents, votes
from tests.clocks import Clock
from tests.integration.agent.storage.desk import Desk
from tests.integration.agent.storage.proposals import proposal

ANN = Person(scopes=("approve:high",))


@pytest.fixture
def desk(database: Database, chain: Chain, clock: Clock) -> Desk:
    desk = Desk(database, chain, clock)
    desk.use({}, {"ann": ANN})
    return desk


def ann(clock: Clock) -> Caller:
    """As her token of one minute says."""
    ends = int((clock.now() + timedelta(minutes=1)).timestamp())
    return Caller(name="ann", kind="person", scopes=frozenset({"approve:high"}), key=f"jwt:{ends}")


async def test_while_the_token_is_good_and_they_are_still_known_it_counts(desk: Desk, clock: Clock) -> None:
    asked = await desk.ask()
    await desk.approve(asked, ann(clock))
    assert (await desk.dispatch(asked)).status == "done"


@pytest.mark.attack("S25")
async def test_when_the_token_has_ended_it_allows_nothing(desk: Desk, clock: Clock) -> None:
    asked = await desk.ask()
    await desk.approve(asked, ann(clock))
    clock.time += timedelta(minutes=1)
    with pytest.raises(Refused, match="the token of ann has ended"):
        await desk.dispatch(asked)
    assert desk.done == []


@pytest.mark.attack("S25")
@pytest.mark.parametrize(
    ("people", "because"),
    [
        ({}, "ann may not come with a token any more"),
        ({"bob": ANN}, "ann may not come with a token any more"),
        ({"ann": Person(scopes=("read",))}, "ann needs the scope approve:high and has: read"),
    ],
)
async def test_who_is_taken_out_or_may_less_after_the_click_has_allowed_nothing(
    desk: Desk, clock: Clock, people: dict[str, Person], because: str
) -> None:
    await desk.key("ann", "approve:high")  # That she has a key, too, makes the vote by token no better.
    asked = await desk.ask(proposal(risk=Risk.MEDIUM))
    await desk.approve(asked, ann(clock))
    desk.use({}, people)
    with pytest.raises(Refused, match=because):
        await desk.dispatch(asked)
    assert desk.done == []


@pytest.mark.attack("S25")
async def test_an_end_put_off_in_the_database_is_noticed(desk: Desk, database: Database, clock: Clock) -> None:
    asked = await desk.ask()
    await desk.approve(asked, ann(clock))
    later = f"jwt:{int((clock.now() + timedelta(days=1)).timestamp())}"
    await database.write(lambda connection: connection.execute(update(votes).values(key=later)))
    with pytest.raises(Refused, match="the vote of ann was not written by this agent"):
        await desk.dispatch(asked)
    assert desk.done == []


@pytest.mark.attack("S25")
async def test_a_team_with_approvers_of_its_own_does_not_take_a_token_for_one(
    desk: Desk, database: Database, clock: Clock
) -> None:
    desk.use({"shop": Team(approvers=("bob",))}, {"ann": ANN})
    asked = await desk.ask()
    await database.write(lambda connection: connection.execute(update(incidents).values(team="shop")))
    with pytest.raises(NotAllowed, match="ann is not among the approvers of team shop"):
        await desk.approve(asked, ann(clock))


async def test_key_and_token_of_one_person_are_one_voice(desk: Desk, clock: Clock) -> None:
    asked = await desk.ask(proposal(risk=Risk.HIGH))
    await desk.approve(asked, ann(clock))
    with pytest.raises(AlreadyDecided, match="ann has approved this already"):
        await desk.approve(asked, await desk.person("ann"))
