"""What is an approval bound to? Each attack on it that needs no model ends with no effect, or with one."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import (
    AgentError,
    AlreadyDecided,
    ApprovalExpired,
    NotAllowed,
    NotFound,
    Refused,
    Unauthenticated,
)
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Proposal, Risk, effect_key
from agent.domain.rules import Team
from agent.identity.keys import LOCAL_OPERATOR
from agent.storage import incidents, unanswered
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.schema import migrate
from agent.storage.tables import approvals, keys, votes
from agent.storage.tables import incidents as incidents_table
from tests.clocks import Clock
from tests.integration.agent.storage.desk import Desk
from tests.integration.agent.storage.proposals import VALID, incident, proposal
from tests.integration.agent.storage.sent import sent

TRIALS = 1_000


@pytest.fixture
def desk(database: Database, chain: Chain, clock: Clock) -> Desk:
    return Desk(database, chain, clock)


@pytest.mark.attack("S21")
async def test_an_approval_that_was_used_allows_nothing_more(desk: Desk) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    first = await desk.dispatch(asked)
    with pytest.raises(AlreadyDecided, match="already spent by ann"):
        await desk.approve(asked, ann)
    assert (await desk.dispatch(asked), desk.done) == (first, [first.key])
    again = proposal(arguments={"service": "payment"})
    with pytest.raises(Refused, match="it is spent"):
        await desk.dispatch(asked, again)
    assert desk.done == [first.key]


@pytest.mark.attack("S22")
async def test_of_two_approvals_at_once_a_thousand_times_each_time_one_effect(tmp_path: Path, clock: Clock) -> None:
    """Two people click, and two workers dispatch, at the same moment; real SQLite, its real fsync."""
    database = Database(f"sqlite:///{tmp_path / 'agent.db'}")
    migrate(database)
    desk = Desk(database, Chain(b"k" * 32, clock), clock)
    people = [await desk.person("ann"), await desk.person("bob")]

    async def trial(number: int) -> int:
        asked = await desk.ask(name=f"inc-{number}")
        clicks = await asyncio.gather(*(desk.approve(asked, who) for who in people), return_exceptions=True)
        assert sum(isinstance(one, AlreadyDecided) for one in clicks) == 1
        await asyncio.gather(desk.dispatch(asked), desk.dispatch(asked), return_exceptions=True)
        return desk.done.count(effect_key("action", asked.proposal, asked.id))

    try:
        effects: list[int] = []
        for batch in range(0, TRIALS, 50):
            effects += await asyncio.gather(*(trial(number) for number in range(batch, batch + 50)))
        assert effects == [1] * TRIALS
        assert len(desk.done) == TRIALS
    finally:
        database.close()


@pytest.mark.attack("S23")
async def test_after_its_end_it_cannot_be_approved_nor_used(desk: Desk, clock: Clock) -> None:
    ann = await desk.person("ann")
    late = await desk.ask()
    used_late = await desk.ask(name="inc-2")
    await desk.approve(used_late, ann)
    await clock.sleep(VALID)
    with pytest.raises(ApprovalExpired):
        await desk.approve(late, ann)
    with pytest.raises(Refused, match="it has expired"):
        await desk.dispatch(used_late)
    assert desk.done == []


@pytest.mark.attack("S23")
async def test_setting_the_clock_back_by_an_hour_makes_nothing_valid_again(database: Database, clock: Clock) -> None:
    passed = [0.0]
    desk = Desk(database, Chain(b"k" * 32, clock, lambda: passed[0]), clock)
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    clock.time -= timedelta(hours=1)
    passed[0] = VALID.total_seconds() + 1
    with pytest.raises(Refused, match="it has expired"):
        await desk.dispatch(asked)
    other = await desk.ask(name="inc-2")
    assert (other.expires_at < desk.chain.clock.now() + timedelta(hours=1), desk.done) == (True, [])


@pytest.mark.attack("S23")
async def test_a_restart_with_the_clock_set_back_goes_by_the_last_entry(database: Database, clock: Clock) -> None:
    desk = Desk(database, Chain(b"k" * 32, clock), clock)
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    await clock.sleep(VALID)
    await desk.person("somebody", "read")
    clock.time -= timedelta(hours=1)
    restarted = Desk(database, Chain(b"k" * 32, clock), clock)
    with pytest.raises(Refused, match="it has expired"):
        await restarted.dispatch(asked)


@pytest.mark.attack("S23")
async def test_what_was_asked_by_a_clock_that_was_ahead_is_not_valid_until_it_has_caught_up(
    database: Database, clock: Clock
) -> None:
    before = Desk(database, Chain(b"k" * 32, clock), clock)
    ann = await before.person("ann")
    clock.time += timedelta(days=3)
    approved, asked = await before.ask(), await before.ask(name="inc-2")
    await before.approve(approved, ann)
    clock.time -= timedelta(days=3)
    desk = Desk(database, Chain(b"k" * 32, clock), clock)
    with pytest.raises(Refused, match="the clock was set back since it was asked"):
        await desk.dispatch(approved)
    with pytest.raises(ApprovalExpired):
        await desk.approve(asked, ann)
    [late] = await database.write(lambda connection: unanswered.expire(connection, desk.chain))
    entries = await desk.journal.about("inc-2")
    assert (late.id, desk.done) == (asked.id, [])
    assert "Nothing was done: the clock was set back since it was asked" in entries[-1].event.text


@pytest.mark.attack("S24")
async def test_who_sent_the_alert_cannot_approve_what_it_led_to(desk: Desk) -> None:
    mallory, ann = await desk.person("mallory"), await desk.person("ann")
    asked = await desk.ask()
    await sent(desk.database, desk.clock, "mallory", "inc-1")
    with pytest.raises(NotAllowed, match="mallory sent the alert that led to this, and somebody else must decide"):
        await desk.approve(asked, mallory)
    await desk.approve(asked, ann)
    await sent(desk.database, desk.clock, "ann", "inc-1")
    with pytest.raises(Refused, match="ann sent the alert that led to this"):
        await desk.dispatch(asked)
    assert desk.done == []


@pytest.mark.attack("S24")
async def test_the_only_operator_of_an_installation_of_one_may_try_it_out(desk: Desk) -> None:
    operator = await desk.keys.authenticate((await desk.keys.create_local_operator()).token)
    asked = await desk.ask()
    await sent(desk.database, desk.clock, LOCAL_OPERATOR, "inc-1")
    await desk.approve(asked, operator)
    assert (await desk.dispatch(asked)).status == "done"


@pytest.mark.attack("S25")
async def test_without_the_scope_it_is_refused_at_the_click(desk: Desk) -> None:
    low = await desk.person("low", "approve:low")
    asked = await desk.ask(proposal(risk=Risk.MEDIUM))
    with pytest.raises(NotAllowed, match="low needs the scope approve:high"):
        await desk.approve(asked, low)
    assert (await desk.approvals.get(asked.id)).votes == ()


@pytest.mark.attack("S25")
async def test_whose_key_is_revoked_after_the_click_has_allowed_nothing(desk: Desk) -> None:
    minted = await desk.key("ann", "approve:high")
    asked = await desk.ask()
    await desk.approve(asked, await desk.keys.authenticate(minted.token))
    await desk.keys.revoke(minted.key.id)
    with pytest.raises(Refused, match="ann has no valid key any more"):
        await desk.dispatch(asked)
    assert desk.done == []


@pytest.mark.attack("S25")
async def test_whose_key_was_revoked_is_not_let_in_by_a_clock_that_is_set_back(desk: Desk, clock: Clock) -> None:
    minted = await desk.key("ann", "approve:high")
    await desk.keys.revoke(minted.key.id)
    clock.time -= timedelta(days=3)
    with pytest.raises(Unauthenticated):
        await desk.keys.authenticate(minted.token)
    # Whoever was just let in has the key hashed anew, where the root secret was replaced.
    await desk.keys._store.rehash(minted.key.id, minted.key.digest)
    with pytest.raises(Unauthenticated):
        await desk.keys.authenticate(minted.token)


@pytest.mark.attack("S25")
async def test_who_leaves_the_group_after_the_click_has_allowed_nothing(desk: Desk, database: Database) -> None:
    desk.use({"shop": Team(approvers=("ann", "bob"))})
    ann, eve = await desk.person("ann"), await desk.person("eve")
    asked = await desk.ask()
    await database.write(lambda connection: connection.execute(update(incidents_table).values(team="shop")))
    with pytest.raises(NotAllowed, match="eve is not among the approvers of team shop"):
        await desk.approve(asked, eve)
    await desk.approve(asked, ann)
    desk.use({"shop": Team(approvers=("bob",))})
    with pytest.raises(Refused, match="ann is not among the approvers of team shop"):
        await desk.dispatch(asked)
    assert desk.done == []


@pytest.mark.attack("S25", "S62")
async def test_who_is_limited_to_another_team_after_the_click_has_allowed_nothing(desk: Desk) -> None:
    minted = await desk.key("ann", "approve:high")
    asked = await desk.ask()
    await desk.approve(asked, await desk.keys.authenticate(minted.token))
    limited = update(keys).where(keys.c.id == minted.key.id).values(teams=["bank"])
    await desk.database.write(lambda connection: connection.execute(limited))
    with pytest.raises(Refused, match="ann is limited to other teams"):
        await desk.dispatch(asked)
    with pytest.raises(NotFound, match="There is no approval"):
        await desk.approve(asked, await desk.keys.authenticate(minted.token))
    assert desk.done == []


@pytest.mark.attack("S15", "S26", "S27", "S32")
@pytest.mark.parametrize(
    "other",
    [
        proposal(arguments={"service": "payment"}),
        proposal(observed={"version": "1", "uid": "reused"}),
        proposal(action="stop-service"),
        proposal(action_digest="e" * 64),
        proposal(controls="another policy"),
        proposal(risk=Risk.HIGH),
        proposal(dry_run="POST /services/payment/stop"),
        proposal("inc-2"),
    ],
)
async def test_it_allows_nothing_but_what_was_shown(desk: Desk, other: Proposal) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    if other.incident != "inc-1":
        await desk.ask(other)
    await desk.approve(asked, ann)
    with pytest.raises(Refused):
        await desk.dispatch(asked, other)
    assert desk.done == []


@pytest.mark.attack("S28")
async def test_whoever_denies_wins_until_it_is_used(desk: Desk) -> None:
    """Approve, deny and dispatch at once, many times: an effect exactly where the denial came too late."""
    ann, bob = await desk.person("ann"), await desk.person("bob")

    async def race(number: int) -> tuple[bool, ApprovalStatus]:
        asked = await desk.ask(name=f"inc-{number}")
        steps = [desk.approve(asked, ann), desk.dispatch(asked), desk.deny(asked, bob)]
        shift = number % 3
        await asyncio.gather(*steps[shift:], *steps[:shift], return_exceptions=True)
        await asyncio.gather(desk.dispatch(asked), return_exceptions=True)
        status = (await desk.approvals.get(asked.id)).status
        return effect_key("action", asked.proposal, asked.id) in desk.done, status

    outcomes = await asyncio.gather(*(race(number) for number in range(30)))
    assert set(outcomes) <= {(True, ApprovalStatus.SPENT), (False, ApprovalStatus.DENIED)}
    assert {status for _, status in outcomes} == {ApprovalStatus.SPENT, ApprovalStatus.DENIED}


async def test_what_is_risky_takes_two_people(desk: Desk) -> None:
    ann, bob = await desk.person("ann"), await desk.person("bob")
    asked = await desk.ask(proposal(risk=Risk.HIGH))
    first = await desk.approve(asked, ann)
    assert (first.status, first.progress, first.approvers) == (ApprovalStatus.PENDING, "1 of 2", ("ann",))
    with pytest.raises(AlreadyDecided, match=r"ann has approved this already \(1 of 2\)"):
        await desk.approve(asked, ann)
    with pytest.raises(Refused, match="it is pending"):
        await desk.dispatch(asked)
    second = await desk.approve(asked, bob)
    assert (second.status, second.progress) == (ApprovalStatus.APPROVED, "2 of 2")
    assert (await desk.dispatch(asked)).status == "done"


async def test_one_of_two_who_may_no_longer_is_one_too_few(desk: Desk) -> None:
    ann, bob = await desk.person("ann"), await desk.key("bob")
    asked = await desk.ask(proposal(risk=Risk.HIGH))
    await desk.approve(asked, ann)
    await desk.approve(asked, await desk.keys.authenticate(bob.token))
    await desk.keys.revoke(bob.key.id)
    with pytest.raises(Refused, match="bob has no valid key any more"):
        await desk.dispatch(asked)


@pytest.mark.attack("S07", "S30")
@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        (update(approvals).values(status="approved", decided_by="ann"), "only 0 of 1 have approved"),
        (update(approvals).values(quorum=0, status="approved"), "the question was changed after it was asked"),
        (update(approvals).values(shown="Restart nothing?"), "the question was changed after it was asked"),
        (update(approvals).values(seal=""), "the question was changed after it was asked"),
    ],
)
async def test_a_row_written_by_other_hands_allows_nothing(desk: Desk, forgery: object, reason: str) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    if "0 of 1" not in reason:
        await desk.approve(asked, ann)
    await desk.database.write(lambda connection: connection.execute(forgery))  # type: ignore[call-overload]  # a statement
    with pytest.raises(Refused, match=reason):
        await desk.dispatch(asked)
    assert desk.done == []


async def test_a_vote_written_by_other_hands_counts_for_nothing(desk: Desk) -> None:
    ann, _ = await desk.person("ann"), await desk.person("bob")
    asked = await desk.ask(proposal(risk=Risk.HIGH))
    await desk.approve(asked, ann)
    forged = {"approval": asked.id, "who": "bob", "decision": "approve", "key": "", "via": "rest", "comment": ""}
    await desk.database.write(
        lambda connection: connection.execute(votes.insert().values(**forged, at=desk.clock.now(), seal="0" * 64))
    )
    await desk.database.write(lambda connection: connection.execute(update(approvals).values(status="approved")))
    with pytest.raises(Refused, match="the vote of bob was not written by this agent"):
        await desk.dispatch(asked)


async def test_taking_a_denial_out_of_the_record_does_not_undo_it(desk: Desk) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    await desk.deny(asked, ann)
    await desk.database.write(
        lambda connection: connection.execute(delete(votes).where(votes.c.decision == Decision.DENY))
    )
    with pytest.raises(Refused, match="it is denied"):
        await desk.dispatch(asked)


@pytest.mark.attack("S31")
@pytest.mark.parametrize("status", [IncidentStatus.RESOLVED, IncidentStatus.CLOSED, IncidentStatus.PARKED])
async def test_what_was_asked_of_an_incident_that_has_moved_on_is_not_done(desk: Desk, status: IncidentStatus) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    await desk.database.write(lambda connection: incidents.move(connection, desk.chain, "inc-1", status, "it moved"))
    with pytest.raises(Refused, match=f"the incident is {status} by now"):
        await desk.dispatch(asked)


@pytest.mark.attack("S31")
async def test_an_old_episode_s_checkpoint_does_nothing_in_the_next(desk: Desk) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    await desk.database.write(lambda connection: connection.execute(update(incidents_table).values(episode=2)))
    with pytest.raises(Refused, match="the incident is in episode 2 by now"):
        await desk.dispatch(asked)
    assert desk.done == []


async def test_what_the_policy_lets_run_is_a_row_that_is_used_once(desk: Desk) -> None:
    await incident(desk.database, desk.clock)
    allowed = await desk.approvals.allow(proposal(), "low risk", "Restart cart?", VALID)
    assert (allowed.status, allowed.decided_by, allowed.decided_via) == (ApprovalStatus.APPROVED, "policy", "policy")
    done = await desk.dispatch(allowed)
    assert (done.status, (await desk.approvals.get(allowed.id)).status) == ("done", ApprovalStatus.SPENT)


async def test_nobody_can_call_themselves_policy(desk: Desk) -> None:
    with pytest.raises(Refused, match="policy has a meaning of its own"):
        await desk.person("policy")


@pytest.mark.parametrize("stop", ["take_over", "cancel"])
async def test_a_human_who_steps_in_stops_everything(desk: Desk, stop: str) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.approve(asked, ann)
    held = await getattr(desk.people, stop)("inc-1", ann)
    assert (held.status, "ann" in held.parked_because) == (IncidentStatus.PARKED, True)
    assert (await desk.approvals.get(asked.id)).status is ApprovalStatus.EXPIRED
    with pytest.raises(Refused, match="ann"):
        await desk.dispatch(asked)
    with pytest.raises(Refused, match="The agent asks nothing more about it"):
        await desk.approvals.request(proposal(run="inc-1.1b"), "again", "Restart cart?", VALID)
    taken = await desk.database.write(
        lambda connection: incidents.move(connection, desk.chain, "inc-1", IncidentStatus.REMEDIATING, "goes on")
    )
    assert (taken.status, desk.done) == (IncidentStatus.PARKED, [])


async def test_people_are_reminded_twice_and_then_called(desk: Desk, clock: Clock) -> None:
    asked = await desk.ask()
    for _ in range(16):
        await desk.database.write(lambda connection: unanswered.expire(connection, desk.chain))
        await desk.database.write(lambda connection: unanswered.remind(connection, desk.chain))
        await clock.sleep(timedelta(minutes=1))
    entries = await desk.journal.after(0)
    assert [(entry.event.type, entry.event.facts.get("last")) for entry in entries] == [
        ("approval_requested", None),
        ("approval_reminded", False),
        ("approval_reminded", True),
        ("approval_expired", None),
        ("escalated", None),
    ]
    assert (await desk.approvals.get(asked.id)).status is ApprovalStatus.EXPIRED


async def test_a_denial_calls_for_a_human(desk: Desk) -> None:
    ann = await desk.person("ann")
    asked = await desk.ask()
    await desk.deny(asked, ann)
    assert (await desk.told())[-2:] == ["approval_decided", "escalated"]


async def test_the_reason_of_a_refusal_is_a_sentence(desk: Desk) -> None:
    asked = await desk.ask()
    with pytest.raises(AgentError, match=rf"^The approval {asked.id} does not allow this: it is pending\.$"):
        await desk.dispatch(asked)
