"""Is every call to the outside made at most once, whatever dies when?"""

from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import select, update

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import Conflict, LeaseLost, Refused
from agent.domain.event import Event, EventType
from agent.domain.job import Job, JobKind, Lease
from agent.domain.remediation import Effect, EffectStatus, Past, effect_key
from agent.ports import Call
from agent.storage import effects
from agent.storage import jobs as job_rows
from agent.storage.approvals import SqlApprovals
from agent.storage.database import Database
from agent.storage.effects import SqlLedger
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain, SqlJournal
from agent.storage.tables import jobs, switches
from tests.clocks import Clock
from tests.integration.agent.storage.proposals import anyone, asked, decide, incident, proposal
from tools.base import ActResult, BackendError, Unsure

DONE = ActResult(ok=True, detail="restarted", data={"pid": 7})
ABSENT = ActResult(ok=False, detail="never seen", data={"absent": True})


class FarEnd:
    """Something that can be called, and can be asked whether it was."""

    def __init__(self, outcome: ActResult | Exception = DONE, told: ActResult | None = None) -> None:
        self.calls = 0
        self.outcome = outcome
        self.told = told

    def call(self) -> Call:
        return Call(run=self._run, read_back=self._read_back)

    async def _run(self) -> ActResult:
        self.calls += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def _read_back(self) -> ActResult | None:
        return self.told


def _effect(clock: Clock, approval: str | None, kind: str = "action") -> Effect:
    return Effect.model_validate(
        {
            "key": effect_key(kind, proposal(), approval or ""),
            "incident": "inc-1",
            "kind": kind,
            "name": "restart-service",
            "arguments": {"service": "cart"},
            "approval": approval,
            "status": EffectStatus.INTENT,
            "intent_at": clock.now(),
            "detail": "POST /services/cart/restart",
        }
    )


@pytest.fixture
def ledger(database: Database, chain: Chain, clock: Clock) -> SqlLedger:
    return SqlLedger(database, chain, clock, may=anyone)


@pytest.fixture
async def approval(database: Database, chain: Chain, clock: Clock) -> str:
    await incident(database, clock)
    question = await asked(database, chain, clock, proposal())
    await decide(database, chain, question, Decision.APPROVE)
    return question.id


async def test_the_approval_is_spent_with_the_intent_and_the_outcome_is_told(
    ledger: SqlLedger, approval: str, database: Database, chain: Chain, clock: Clock
) -> None:
    far_end = FarEnd()
    effect = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    assert (effect.status, effect.result, far_end.calls) == (EffectStatus.DONE, {"pid": 7}, 1)
    assert (await SqlApprovals(database, chain, clock).get(approval)).status is ApprovalStatus.SPENT
    told = [entry.event.type for entry in await SqlJournal(database, chain).after(2)]
    assert told == ["effect_intent", "effect_outcome"]


async def test_the_same_key_again_is_answered_from_the_ledger(ledger: SqlLedger, approval: str, clock: Clock) -> None:
    far_end = FarEnd()
    first = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    again = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    assert (again, far_end.calls) == (first, 1)


@pytest.mark.parametrize(
    ("told", "status", "calls"),
    [
        (DONE, EffectStatus.DONE, 0),
        (None, EffectStatus.UNKNOWN, 0),
        (ABSENT, EffectStatus.DONE, 1),
    ],
)
async def test_after_a_crash_the_far_end_is_asked_first(
    ledger: SqlLedger, approval: str, clock: Clock, told: ActResult | None, status: EffectStatus, calls: int
) -> None:
    class Killed(BaseException):
        """As sudden as a kill: nothing catches it."""

    async def die() -> ActResult:
        raise Killed

    async def nobody() -> ActResult | None:
        raise AssertionError

    with pytest.raises(Killed):
        await ledger.once(_effect(clock, approval), Call(run=die, read_back=nobody), proposal=proposal())
    far_end = FarEnd(told=told)
    effect = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    assert (effect.status, far_end.calls) == (status, calls)


@pytest.mark.parametrize(
    ("told", "status"), [(DONE, EffectStatus.DONE), (None, EffectStatus.UNKNOWN), (ABSENT, EffectStatus.FAILED)]
)
async def test_an_unsure_call_is_reconciled_and_never_repeated(
    ledger: SqlLedger, approval: str, clock: Clock, told: ActResult | None, status: EffectStatus
) -> None:
    far_end = FarEnd(Unsure("cut off"), told)
    effect = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    assert (effect.status, far_end.calls) == (status, 1)


async def test_a_call_that_surely_failed_is_a_failed_effect(ledger: SqlLedger, approval: str, clock: Clock) -> None:
    far_end = FarEnd(BackendError("503 from the far end", retry=True))
    effect = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    assert (effect.status, effect.detail, effect.result) == (
        EffectStatus.FAILED,
        "503 from the far end",
        {"retry": True},
    )


async def _pause(database: Database, clock: Clock) -> None:
    row = {"name": "actions paused", "on": True, "set_by": "ann", "at": clock.now()}
    await database.write(lambda connection: connection.execute(switches.insert().values(row)))


async def test_nothing_is_done_while_actions_are_paused(
    ledger: SqlLedger, approval: str, database: Database, clock: Clock
) -> None:
    await _pause(database, clock)
    far_end = FarEnd()
    with pytest.raises(Refused, match="paused"):
        await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    assert far_end.calls == 0


@pytest.mark.parametrize("kind", ["action", "rollback"])
async def test_an_action_without_leave_is_never_run(ledger: SqlLedger, approval: str, clock: Clock, kind: str) -> None:
    far_end = FarEnd()
    with pytest.raises(Refused):
        await ledger.once(_effect(clock, None, kind), far_end.call(), proposal=proposal())
    assert far_end.calls == 0


async def test_a_rollback_rests_on_the_approval_of_what_it_undoes(
    ledger: SqlLedger, approval: str, clock: Clock
) -> None:
    far_end = FarEnd()
    with pytest.raises(Refused, match="nothing to roll back"):
        await ledger.once(_effect(clock, approval, "rollback"), far_end.call(), proposal=proposal())
    await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal())
    undone = await ledger.once(_effect(clock, approval, "rollback"), far_end.call(), proposal=proposal())
    assert (undone.status, far_end.calls) == (EffectStatus.DONE, 2)


async def test_a_worker_that_lost_its_lease_does_nothing_and_writes_nothing(
    ledger: SqlLedger, approval: str, database: Database, chain: Chain, clock: Clock
) -> None:
    queue = SqlJobs(database, chain, clock)
    await queue.put(Job(id="j", kind=JobKind.RESUME, incident="inc-1"))
    late = await queue.lease("late", timedelta(seconds=30))
    await database.write(lambda connection: connection.execute(update(jobs).values(epoch=2)))
    far_end = FarEnd()
    with pytest.raises(LeaseLost):
        await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal(), lease=late)
    assert far_end.calls == 0
    assert await database.read(lambda connection: connection.execute(select(jobs.c.epoch)).scalar()) == 2


async def test_tickets_and_messages_need_no_leave(ledger: SqlLedger, approval: str, clock: Clock) -> None:
    effect = await ledger.once(_effect(clock, None, "ticket"), FarEnd().call())
    assert effect.status is EffectStatus.DONE


async def _unknown(ledger: SqlLedger, approval: str, clock: Clock) -> Effect:
    return await ledger.once(_effect(clock, approval), FarEnd(Unsure("cut off")).call(), proposal=proposal())


@pytest.mark.parametrize(("found", "status"), [("done", EffectStatus.DONE), ("not_done", EffectStatus.FAILED)])
async def test_an_unknown_effect_calls_for_a_human_who_settles_it_once(
    ledger: SqlLedger,
    approval: str,
    database: Database,
    chain: Chain,
    clock: Clock,
    found: Literal["done", "not_done"],
    status: EffectStatus,
) -> None:
    effect = await _unknown(ledger, approval, clock)

    async def settle() -> Effect:
        return await database.write(
            lambda connection: effects.settle(connection, chain, effect.key, found, who="ann", reason="I looked")
        )

    settled = await settle()
    assert (settled.status, settled.detail.startswith("ann found that it was ")) == (status, True)
    assert await ledger.get(effect.key) == settled
    with pytest.raises(Conflict, match="only an unknown one can be settled"):
        await settle()
    told = [entry.event.type for entry in await SqlJournal(database, chain).after(2)]
    assert told == ["effect_intent", "effect_outcome", "escalated", "effect_settled"]
    again = FarEnd()
    assert (await ledger.once(_effect(clock, approval), again.call(), proposal=proposal()), again.calls) == (settled, 0)


async def test_a_worker_that_wakes_up_after_its_lease_writes_no_outcome(
    ledger: SqlLedger, approval: str, database: Database, chain: Chain, clock: Clock
) -> None:
    """It was stopped between INTENT and OUTCOME; meanwhile the job went to somebody else, who asks the far end."""
    queue = SqlJobs(database, chain, clock)
    await queue.put(Job(id="j", kind=JobKind.RESUME, incident="inc-1"))
    zombie = await queue.lease("zombie", timedelta(seconds=30))
    next_one: list[Lease | None] = []

    async def sleep_through_the_lease() -> ActResult:
        await clock.sleep(timedelta(minutes=1))
        next_one.append(await queue.lease("next", timedelta(seconds=30)))
        return DONE

    async def nobody() -> ActResult | None:
        raise AssertionError

    call = Call(run=sleep_through_the_lease, read_back=nobody)
    with pytest.raises(LeaseLost):
        await ledger.once(_effect(clock, approval), call, proposal=proposal(), lease=zombie)
    far_end = FarEnd(told=DONE)
    effect = await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal(), lease=next_one[0])
    assert (effect.status, far_end.calls) == (EffectStatus.DONE, 0)
    told = [entry.event.type for entry in await SqlJournal(database, chain).after(2)]
    assert told == ["effect_intent", "effect_outcome"]


async def test_a_cancelled_incident_s_worker_has_lost_its_lease(
    ledger: SqlLedger, approval: str, database: Database, chain: Chain, clock: Clock
) -> None:
    queue = SqlJobs(database, chain, clock)
    await queue.put(Job(id="j", kind=JobKind.RESUME, incident="inc-1"))
    lease = await queue.lease("worker", timedelta(seconds=30))
    assert lease is not None
    await database.write(lambda connection: job_rows.withdraw(connection, "inc-1"))
    far_end = FarEnd()
    with pytest.raises(LeaseLost):
        await ledger.once(_effect(clock, approval), far_end.call(), proposal=proposal(), lease=lease)
    assert await queue.renew([lease], timedelta(seconds=30)) == []
    assert (far_end.calls, await queue.lease("other", timedelta(seconds=30))) == (0, None)


async def test_an_effect_of_another_key_than_the_allowed_one_is_refused(
    ledger: SqlLedger, approval: str, clock: Clock
) -> None:
    far_end = FarEnd()
    other = _effect(clock, approval).model_copy(update={"key": "f" * 64})
    with pytest.raises(Refused, match="not the one execution that was allowed"):
        await ledger.once(other, far_end.call(), proposal=proposal())
    assert far_end.calls == 0


async def test_what_came_of_earlier_runs_on_the_same_target_is_known(
    ledger: SqlLedger, approval: str, database: Database, chain: Chain, clock: Clock
) -> None:
    effect = await ledger.once(_effect(clock, approval), FarEnd().call(), proposal=proposal())
    verified = Event(type=EventType.VERIFIED, incident="inc-1", text="Recovered.", facts={"recovered": True})
    await SqlJournal(database, chain).record(verified)
    assert await ledger.past("restart-service", ["cart"]) == [
        Past(at=effect.intent_at, status=EffectStatus.DONE, recovered=True)
    ]
    assert await ledger.past("restart-service", ["payment"]) == []


@pytest.mark.parametrize(
    ("outcome", "past"),
    [
        (DONE, (EffectStatus.DONE, None)),
        (ActResult(ok=False, detail="no such service"), (EffectStatus.FAILED, False)),
        (Unsure("the connection broke"), (EffectStatus.UNKNOWN, None)),
    ],
)
async def test_only_of_what_surely_failed_is_it_said_that_it_did_not_help(
    ledger: SqlLedger, approval: str, clock: Clock, outcome: ActResult | Exception, past: tuple[EffectStatus, bool]
) -> None:
    await ledger.once(_effect(clock, approval), FarEnd(outcome).call(), proposal=proposal())
    assert [(one.status, one.recovered) for one in await ledger.past("restart-service", ["cart"])] == [past]
