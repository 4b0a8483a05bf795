"""Has this call to the outside been made already, and what came of it? The effect ledger.

INTENT is on the disk before the call, OUTCOME after it. Who finds an INTENT without an OUTCOME after a crash asks
the far end first; when that cannot tell, the effect is UNKNOWN and a human decides. So a call with one key takes
effect at most once, whatever is killed when.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from agent.domain.approval import Approval, Vote
from agent.domain.errors import Conflict, JournalBroken, NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident
from agent.domain.job import Lease
from agent.domain.remediation import Effect, EffectStatus, Past, Proposal, effect_key
from agent.ports import Call, Clock
from agent.storage import holds, spending
from agent.storage.anchors import Anchors
from agent.storage.database import Database
from agent.storage.fencing import fence
from agent.storage.journal import Chain
from agent.storage.sight import Teams, within
from agent.storage.switches import actions_paused
from agent.storage.tables import effects, journal
from tools.base import ActResult, BackendError, Unsure

NEVER_ARRIVED = ActResult(ok=False, detail="The far end never got it.", data={"retry": True})
RECONCILE = (timedelta(seconds=1), timedelta(seconds=3))
"""How long to wait between asking the far end whether an unsure call was done."""


def nobody(_connection: Connection, vote: Vote, _asked: Approval, _incident: Incident) -> str:
    """Of a ledger that knows no people, none may allow anything."""
    return f"{vote.who} is not known"


class SqlLedger:
    """`ports.Ledger` over the record."""

    def __init__(
        self,
        database: Database,
        chain: Chain,
        clock: Clock,
        *,
        may: spending.May = nobody,
        anchors: Anchors | None = None,
    ) -> None:
        """`anchors` say whether the journal is to be trusted, and are told of each action before it is done."""
        self._database = database
        self._chain = chain
        self._clock = clock
        self._may = may
        self._anchors = anchors

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
            if proposal is not None:
                await self._anchor(known, lease)
            result = await self._run(call)
        if result is None:
            return await self._close(known, EffectStatus.UNKNOWN, _cannot_tell(known), None, lease)
        status = EffectStatus.DONE if result.ok else EffectStatus.FAILED
        return await self._close(known, status, result.detail, result, lease)

    async def get(self, key: str) -> Effect | None:
        return await self._database.read(lambda connection: _get(connection, key))

    async def past(self, action: str, targets: Collection[str]) -> list[Past]:
        return await self._database.read(lambda connection: _past(connection, action, frozenset(targets)))

    async def _anchor(self, action: Effect, lease: Lease | None) -> None:
        """JournalBroken when its INTENT cannot be anchored; nobody need be asked then whether it was done."""
        if self._anchors is None:
            return
        try:
            await self._anchors.keep_now()
        except JournalBroken as error:
            await self._close(action, EffectStatus.FAILED, f"It was not done. {error}", None, lease)
            raise
        # What was anchored holds the INTENT only if the record has it still.
        if await self.get(action.key) is None:
            raise JournalBroken("The record has gone back to before this action was announced: it was not done.")

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
        fence(connection, lease)
        if known := _get(connection, effect.key):
            return known, False
        if self._anchors and (reason := self._anchors.wrong_now(connection)):
            raise JournalBroken(f"Nothing is done while the journal cannot be trusted. {reason}")
        self._permit(connection, effect, proposal)
        connection.execute(effects.insert().values(effect.model_dump()))
        self._chain.append(connection, _told(EventType.EFFECT_INTENT, effect, f"About to: {effect.detail}"))
        return effect, True

    def _permit(self, connection: Connection, effect: Effect, proposal: Proposal | None) -> None:
        """Refused unless an action may run now; tickets and messages need no leave."""
        if effect.kind in {"ticket", "message"}:
            return
        if actions_paused(connection):
            raise Refused("Actions are paused. Letting them go on does not make up for it: a person must do it.")
        if proposal is None:
            raise Refused("An action without a proposal is never run.")
        if reason := holds.held(connection, proposal.incident):
            raise Refused(f"{reason} The agent does nothing more about it.")
        if not effect.approval:
            raise Refused("Neither a human nor the policy has allowed this.")
        if effect.key != effect_key(effect.kind, proposal, effect.approval):
            raise Refused("This is not the one execution that was allowed.")
        if effect.kind == "rollback":
            _after_its_action(connection, effect, proposal)
        else:
            spending.spend(connection, self._chain, effect.approval, proposal, self._may)

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
        fence(connection, lease)
        written = connection.execute(
            update(effects)
            .where(effects.c.key == closed.key, effects.c.status == EffectStatus.INTENT)
            .values(closed.model_dump(include={"status", "outcome_at", "detail", "result"}))
        )
        if not written.rowcount:
            return
        self._chain.append(connection, _told(EventType.EFFECT_OUTCOME, closed, f"{closed.status}: {closed.detail}"))
        if closed.status is EffectStatus.UNKNOWN:
            text = f"A human must find out whether this was done: {closed.kind} {closed.name}."
            self._chain.append(connection, _told(EventType.ESCALATED, closed, text))


def settle(
    connection: Connection, chain: Chain, key: str, found: Literal["done", "not_done"], *, who: str, reason: str
) -> Effect:
    """A human has found out whether an unknown effect took place. NotFound; Conflict when it is not unknown."""
    known = of_key(connection, key)
    if known.status is not EffectStatus.UNKNOWN:
        raise Conflict(f"This effect is {known.status}; only an unknown one can be settled.")
    status = EffectStatus.DONE if found == "done" else EffectStatus.FAILED
    words = "was done" if found == "done" else "was not done"
    # What tells people may be said once more when it surely was not; an action needs a new approval.
    result = {"retry": True} if known.kind in {"ticket", "message"} and found == "not_done" else known.result
    detail = f"{who} found that it {words}: {reason}"
    settled = known.model_copy(update={"status": status, "detail": detail, "result": result})
    connection.execute(
        update(effects)
        .where(effects.c.key == key, effects.c.status == EffectStatus.UNKNOWN)
        .values(status=status, detail=settled.detail, result=result)
    )
    told = _told(EventType.EFFECT_SETTLED, settled, f"{known.kind} {known.name}: {settled.detail}")
    chain.append(connection, told.model_copy(update={"actor": who}))
    return settled


def listed(connection: Connection, *, status: str = "", limit: int = 100, teams: Teams = None) -> list[Effect]:
    """The newest first."""
    ours = select(effects).where(*within(effects.c.incident, teams))
    query = ours.order_by(effects.c.intent_at.desc()).limit(limit)
    rows = connection.execute(query.where(effects.c.status == status) if status else query)
    return [_effect(row) for row in rows]


def of_key(connection: Connection, key: str, teams: Teams = None) -> Effect:
    """NotFound when there is none, or none in an incident of these teams."""
    ours = select(effects.c.key).where(effects.c.key == key, *within(effects.c.incident, teams))
    if connection.scalar(ours) and (found := _get(connection, key)):
        return found
    raise NotFound(f"There is no effect {key}.")


def _past(connection: Connection, action: str, targets: frozenset[str]) -> list[Past]:
    """The latest first; what the success query said afterwards is in the journal."""
    query = select(effects).where(effects.c.name == action, effects.c.kind == "action")
    rows = connection.execute(query.order_by(effects.c.intent_at.desc()).limit(100)).all()
    ours = [_effect(row) for row in rows if targets <= {str(value) for value in row.arguments.values()}]
    return [Past(at=one.intent_at, status=one.status, recovered=_recovered(connection, one)) for one in ours]


def _recovered(connection: Connection, effect: Effect) -> bool | None:
    if effect.status is not EffectStatus.DONE:
        return False if effect.status is EffectStatus.FAILED else None
    query = (
        select(journal.c.facts)
        .where(journal.c.incident == effect.incident, journal.c.type == EventType.VERIFIED)
        .where(journal.c.at >= effect.intent_at)
        .order_by(journal.c.sequence)
    )
    facts = connection.scalar(query.limit(1))
    return bool(facts["recovered"]) if facts else None


def _after_its_action(connection: Connection, effect: Effect, proposal: Proposal) -> None:
    """A rollback rests on the approval of the action it undoes, so that action must have been attempted."""
    undone = select(effects.c.key).where(effects.c.approval == effect.approval, effects.c.kind == "action")
    if connection.execute(undone).first() is None:
        raise Refused("There is nothing to roll back: the action was never begun.")
    if not spending.was_spent_for(connection, effect.approval or "", proposal):
        raise Refused("What would be undone is not what was approved.")


def of_incident(connection: Connection, incident: str) -> list[Effect]:
    query = select(effects).where(effects.c.incident == incident).order_by(effects.c.intent_at)
    return [_effect(row) for row in connection.execute(query)]


def _get(connection: Connection, key: str) -> Effect | None:
    row = connection.execute(select(effects).where(effects.c.key == key)).one_or_none()
    return _effect(row) if row else None


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
