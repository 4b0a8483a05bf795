"""May somebody without a key act from Slack?  Who is named in both lists may, as far and as long as `people` says."""

from pathlib import Path

from agent.domain.approval import Approval, ApprovalStatus, Decision, Vote
from agent.domain.incident import Incident
from agent.domain.remediation import Risk
from agent.domain.rules import Person
from agent.entrypoints.slack.members import Members
from agent.identity.roles import Caller
from agent.service.approvers import Approvers
from tests.integration.agent.entrypoints.slack.office import Office, office

CARLA = Person(scopes=("approve:low", "ask"))


def _members(here: Office) -> Members:
    return Members(
        here.application.identity.keys, {"U0CARLA": "carla", "U0ANN": "ann"}, {"carla": CARLA, "dora": CARLA}
    )


async def test_who_is_named_in_both_lists_is_known_with_what_stands_there(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        members = _members(here)
        carla, ann = await members.caller("U0CARLA"), await members.caller("U0ANN")
        scopes = frozenset(CARLA.scopes)
        assert carla == Caller(name="carla", kind="person", scopes=scopes, key="slack:U0CARLA")
        assert not ann.key.startswith("slack:")
        assert await members.advice("approve:low") == "ask ann, bert, carla, dora."


async def test_their_vote_counts_while_they_stand_there_and_no_longer(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        carla, people = await _members(here).caller("U0CARLA"), here.application.service.people
        people._approvers = Approvers({}, here.application.clock, {"carla": CARLA})
        one, other = await here.incident(), await here.incident("inc-2")
        low, high = await here.ask(), await here.ask("inc-2", Risk.HIGH)
        decided = await people.decide(low.id, Decision.APPROVE, carla, "slack")
        [vote] = decided.votes
        still = [
            await _objection(here, vote, low, one, {"carla": CARLA}),
            await _objection(here, vote, high, other, {"carla": CARLA}),
            await _objection(here, vote, low, one, {}),
        ]
    assert decided.status is ApprovalStatus.APPROVED
    assert still == [
        "",
        "carla needs the scope approve:high and has: approve:low, ask",
        "carla may not come without a key any more",
    ]


async def _objection(here: Office, vote: Vote, asked: Approval, incident: Incident, people: dict[str, Person]) -> str:
    """What is asked again when an approval is used."""
    known = Approvers({}, here.application.clock, people)
    return await here.application.record.database.read(lambda reads: known.still(reads, vote, asked, incident))
