"""Has this call to the outside been made already, and what came of it? The effect ledger.

INTENT is on the disk before the call, OUTCOME after it. Who finds an INTENT without an OUTCOME after a crash asks
the far end first; when that cannot tell, the effect is UNKNOWN and a human decides. So a call with one key takes
effect at most once, whatever is killed when.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from agent.domain.errors import LeaseLost, Refused
from agent.domain.event import Event, EventType
from agent.domain.job import Lease
from agent.domain.remediation import Effect, EffectStatus, Proposal
from agent.ports import Call, Clock
from agent.storage import approvals
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.tables import effects, jobs, switches
from tools.base import ActResult, BackendError, Unsure

POLICY = "policy:"
"""How the id of a policy decision begins; it stands where an approval's id would."""
NEVER_ARRIVED = ActResult(ok=False, detail="The far end never got it.", data={"retry": True})
RECONCILE = (timedelta(seconds=1), timedelta(seconds=3))
"""How long to wait between asking the far end whether an unsure call was done."""


class SqlLedger:
    """`ports.Ledger` over the record."""

    def __init__(self, database: Database, chain: Chain, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock

    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        known, fresh = await self._database.write(lambda connection: self._intend(connection, effect, proposal, lease))
        if known.status is not EffectStatus.INTENT:
            return known
        result = None if fresh else await call.read_back()
        if not fresh and result is None:
            return await self._close(known, EffectStatus.UNKNOWN, _cannot_tell(known), None, lease)
        if fresh or _absent(result):
            result = await self._run(call)
        if result is None:
            return await self._close(known, EffectStatus.UNKNOWN, _cannot_tell(known), None, lease)
        status = EffectStatus.DONE if result.ok else EffectStatus.FAILED
        return await self._close(known, status, result.detail, result, lease)

    async def get(self, key: str) -> Effect | None:
        return await self._database.read(lambda connection: _get(connection, key))

    async def _run(self, call: Call) -> ActResult | None:
        """The call's result; None when neither the call nor the far end could say whether it was done."""
        try:
            return await call.run()
        except BackendError as refused:
            return ActResult(ok=False, detail=str(refused), data={"retry": refused.retry})
        except Unsure:
            for pause in RECONCILE:
                await self._clock.sleep(pause)
                if (result := await call.read_back()) is not None:
                    return NEVER_ARRIVED if _absent(result) else result
            return None

    def _intend(
        self, connection: Connection, effect: Effect, proposal: Proposal | None, lease: Lease | None
    ) -> tuple[Effect, bool]:
        """(the effect as it stands, whether this call wrote it)."""
        _fence(connection, lease)
        if known := _get(connection, effect.key):
            return known, False
        self._permit(connection, effect, proposal)
        connection.execute(effects.insert().values(effect.model_dump()))
        self._chain.append(connection, _told(EventType.EFFECT_INTENT, effect, f"About to: {effect.detail}"))
        return effect, True

    def _permit(self, connection: Connection, effect: Effect, proposal: Proposal | None) -> None:
        """Refused unless an action may run now; tickets and messages need no leave."""
        if effect.kind in {"ticket", "message"}:
            return
        if connection.scalar(select(switches.c.on).where(switches.c.name == "actions paused")):
            raise Refused("Actions are paused; nothing is done until they are resumed.")
        if proposal is None:
            raise Refused("An action without a proposal is never run.")
        if effect.kind == "rollback":
            _after_its_action(connection, effect)
        elif effect.approval and not effect.approval.startswith(POLICY):
            approvals.spend(connection, effect.approval, proposal, self._clock.now())
        elif not effect.approval:
            raise Refused("Neither a human nor the policy has allowed this.")

    async def _close(
        self, effect: Effect, status: EffectStatus, detail: str, result: ActResult | None, lease: Lease | None
    ) -> Effect:
        closed = effect.model_copy(
            update={
                "status": status,
                "outcome_at": self._clock.now(),
                "detail": detail,
                "result": result.data if result else None,
            }
        )
        await self._database.write(lambda connection: self._write_outcome(connection, closed, lease))
        return closed

    def _write_outcome(self, connection: Connection, closed: Effect, lease: Lease | None) -> None:
        _fence(connection, lease)
        written = connection.execute(
            update(effects)
            .where(effects.c.key == closed.key, effects.c.status == EffectStatus.INTENT)
            .values(closed.model_dump(include={"status", "outcome_at", "detail", "result"}))
        )
        if written.rowcount:
            self._chain.append(connection, _told(EventType.EFFECT_OUTCOME, closed, f"{closed.status}: {closed.detail}"))


def _after_its_action(connection: Connection, effect: Effect) -> None:
    """A rollback rests on the approval of the action it undoes, so that action must have been attempted."""
    undone = select(effects.c.key).where(effects.c.approval == effect.approval, effects.c.kind == "action")
    if connection.execute(undone).first() is None:
        raise Refused("There is nothing to roll back: the action was never begun.")


def of_incident(connection: Connection, incident: str) -> list[Effect]:
    query = select(effects).where(effects.c.incident == incident).order_by(effects.c.intent_at)
    return [_effect(row) for row in connection.execute(query)]


def _get(connection: Connection, key: str) -> Effect | None:
    row = connection.execute(select(effects).where(effects.c.key == key)).one_or_none()
    return _effect(row) if row else None


def _fence(connection: Connection, lease: Lease | None) -> None:
    """A worker that slept past its lease writes nothing more: the job's epoch has moved on."""
    if lease is None:
        return
    epoch = connection.scalar(select(jobs.c.epoch).where(jobs.c.id == lease.job.id).with_for_update())
    if epoch != lease.epoch:
        raise LeaseLost


def _absent(result: ActResult | None) -> bool:
    return result is not None and isinstance(result.data, dict) and result.data.get("absent") is True


def _cannot_tell(effect: Effect) -> str:
    return f"It is not known whether this was done: {effect.detail}. Look at the far end and decide."


def _told(kind: EventType, effect: Effect, text: str) -> Event:
    facts = {
        "key": effect.key,
        "kind": effect.kind,
        "name": effect.name,
        "status": effect.status,
        "approval": effect.approval,
    }
    return Event(type=kind, incident=effect.incident, text=text, facts=facts)


def _effect(row: Row[Any]) -> Effect:
    return Effect.model_validate({name: getattr(row, name) for name in Effect.model_fields})
