"""Is a question decided once, by whoever comes first, and used once, for exactly what was asked?"""

import asyncio
from datetime import timedelta

import pytest

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import AlreadyDecided, ApprovalExpired, Refused
from agent.domain.remediation import Proposal
from agent.storage import unanswered
from agent.storage.approvals import SqlApprovals
from agent.storage.database import Database
from agent.storage.journal import Chain, SqlJournal
from tests.clocks import Clock
from tests.integration.agent.storage.proposals import VALID, asked, decide, incident, proposal, spend


async def test_the_same_question_asked_twice_is_one_row(database: Database, chain: Chain, clock: Clock) -> None:
    await incident(database, clock)
    first = await asked(database, chain, clock, proposal())
    again = await asked(database, chain, clock, proposal())
    assert again == first
    told = [entry.event.type for entry in await SqlJournal(database, chain).after(0)]
    assert told == ["approval_requested"]


async def test_of_twenty_decisions_at_once_one_stands(database: Database, chain: Chain, clock: Clock) -> None:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    clicks = (decide(database, chain, question, Decision.APPROVE, f"p{number}") for number in range(20))
    outcomes = await asyncio.gather(*clicks, return_exceptions=True)
    assert sum(isinstance(one, AlreadyDecided) for one in outcomes) == 19
    row = await SqlApprovals(database, chain, clock).get(question.id)
    assert row.status is ApprovalStatus.APPROVED
    assert row in outcomes


async def test_a_denial_wins_over_an_approval_that_is_not_yet_spent(
    database: Database, chain: Chain, clock: Clock
) -> None:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    await decide(database, chain, question, Decision.APPROVE)
    denied = await decide(database, chain, question, Decision.DENY, "bob")
    assert (denied.status, denied.decided_by) == (ApprovalStatus.DENIED, "bob")
    with pytest.raises(AlreadyDecided, match="already denied by bob"):
        await decide(database, chain, question, Decision.APPROVE)


async def test_nothing_can_be_decided_once_it_has_expired(database: Database, chain: Chain, clock: Clock) -> None:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    await clock.sleep(VALID)
    with pytest.raises(ApprovalExpired):
        await decide(database, chain, question, Decision.APPROVE)
    expired = await database.write(lambda connection: unanswered.expire(connection, chain))
    assert [one.id for one in expired] == [question.id]
    with pytest.raises(ApprovalExpired):
        await decide(database, chain, question, Decision.DENY)


@pytest.mark.parametrize(
    ("presented", "reason"),
    [
        (proposal(arguments={"service": "payment"}), "what would be done is not what was approved"),
        (proposal(observed={"version": "2"}), "what would be done is not what was approved"),
        (proposal(action_digest="e" * 64), "what would be done is not what was approved"),
        (proposal("inc-2"), "it belongs to another incident"),
    ],
)
async def test_an_approval_is_spent_for_exactly_what_was_shown(
    database: Database, chain: Chain, clock: Clock, presented: Proposal, reason: str
) -> None:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    await decide(database, chain, question, Decision.APPROVE)
    with pytest.raises(Refused, match=reason):
        await spend(database, chain, question.id, presented)


async def test_an_approval_is_spent_once(database: Database, chain: Chain, clock: Clock) -> None:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    await decide(database, chain, question, Decision.APPROVE)
    tries = (spend(database, chain, question.id, proposal()) for _ in range(10))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in outcomes) == 9
    with pytest.raises(AlreadyDecided, match="already spent"):
        await decide(database, chain, question, Decision.DENY)


async def test_an_approval_that_expired_after_the_click_is_not_spent(
    database: Database, chain: Chain, clock: Clock
) -> None:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    await decide(database, chain, question, Decision.APPROVE)
    await clock.sleep(VALID + timedelta(seconds=1))
    with pytest.raises(Refused, match="it has expired"):
        await spend(database, chain, question.id, proposal())
