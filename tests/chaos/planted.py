"""Bugs that the checker must see: each is one control taken out, by a subclass that only these tests know."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, event

from agent.bootstrap import Application
from agent.bootstrap.record import Record
from agent.domain.event import Event
from agent.domain.job import Lease
from agent.domain.remediation import Effect, EffectStatus, Proposal
from agent.ports import Call
from agent.storage import spending, transaction
from agent.storage.database import Database
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import Chain, SqlJournal
from tests.chaos.points import PointedIntake, PointedLedger, PointedQueue, Points, pointed

NORMAL = "synchronous=NORMAL"
BLIND = "unheard commit not asked about"


def record(opened: Record, *, points: Points, bug: str) -> Record:
    """The record with points around its parts, and with the bug."""
    begun = _unaudited(opened) if bug == "audit off" else opened
    made = pointed(begun, points, _LEDGERS.get(bug, PointedLedger))
    if bug == "job acknowledged first":
        made.queue.__class__ = _HastyQueue
    if bug == NORMAL:
        _sync_seldom(opened.database)
    if bug == BLIND:
        # Of this process alone, which is a life.
        transaction._was_committed = lambda *_: False
    return made


def intake(application: Application, points: Points, bug: str) -> Database:
    """The database as intake sees it."""
    kind = _HastyIntake if bug == "acknowledged before commit" else PointedIntake
    return kind(application.record.database, points)


class _NoLedger(PointedLedger):
    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        await self.points.reach("ledger:before INTENT")
        result = await self._pointed(call).run()
        await self.points.reach("ledger:after OUTCOME")
        status = EffectStatus.DONE if result.ok else EffectStatus.FAILED
        return effect.model_copy(update={"status": status, "outcome_at": self._clock.now()})


class _NoReadBack(PointedLedger):
    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        return await super().once(effect, replace(call, read_back=call.run), proposal=proposal, lease=lease)


class _NotCompared(PointedLedger):
    def _permit(self, connection: Connection, effect: Effect, proposal: Proposal | None) -> None:
        """Anything goes."""


class _SpentAfterwards(PointedLedger):
    def _permit(self, connection: Connection, effect: Effect, proposal: Proposal | None) -> None:
        """Later."""

    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        done = await super().once(effect, call, proposal=proposal, lease=lease)
        if proposal is not None and effect.kind == "action":
            await self._database.write(lambda connection: self._spend(connection, effect, proposal))
        return done

    def _spend(self, connection: Connection, effect: Effect, proposal: Proposal) -> None:
        spending.spend(connection, self._chain, str(effect.approval), proposal, self._may)


class _AttemptInKey(PointedLedger):
    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        attempt = effect.model_copy(update={"key": f"{effect.key}-{lease.epoch if lease else 0}"})
        return await super().once(attempt, call, proposal=proposal, lease=lease)

    def _permit(self, connection: Connection, effect: Effect, proposal: Proposal | None) -> None:
        """The key that the ledger would refuse is the bug."""


class _NoFence(PointedLedger):
    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        return await super().once(effect, call, proposal=proposal, lease=None)


class _HastyIntake(PointedIntake):
    _late: "asyncio.Task[Any] | None" = None

    async def write(self, work: Callable[..., Any]) -> Any:
        self._late = asyncio.create_task(self._write_later(work))

    async def _write_later(self, work: Callable[..., Any]) -> None:
        await asyncio.sleep(0.05)
        await super().write(work)


class _HastyQueue(PointedQueue):
    async def lease(self, holder: str, length: Any) -> Lease | None:
        lease = await super().lease(holder, length)
        if lease is not None:
            await super().acknowledge(lease)
        return lease

    async def acknowledge(self, lease: Lease) -> None:
        """It was, already."""


class _Silent(Chain):
    def append(self, connection: Connection, *events: Event) -> None:
        """Nothing is written down."""


def _unaudited(opened: Record) -> Record:
    chain = _Silent(opened.chain._key, opened.chain.clock)
    return replace(
        opened,
        chain=chain,
        journal=SqlJournal(opened.database, chain),
        incidents=SqlIncidents(opened.database, chain, chain.clock),
    )


def _sync_seldom(database: Database) -> None:
    """SQLite syncs its log when it is folded into the database, and not at each commit."""
    event.listen(database.engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous=NORMAL"))
    database.engine.dispose()


_LEDGERS: dict[str, type[PointedLedger]] = {
    "ledger off": _NoLedger,
    "read-back off": _NoReadBack,
    "approval not compared": _NotCompared,
    "spent after the call": _SpentAfterwards,
    "attempt in the key": _AttemptInKey,
    "fencing off": _NoFence,
}
