"""Where can it be killed?  Named points on the way of an incident, put around the real parts as a test's arguments."""

import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook
from sqlalchemy import Connection

from agent.bootstrap.record import Record
from agent.domain.event import Event
from agent.domain.job import Lease
from agent.domain.remediation import Effect, Proposal
from agent.ports import Call
from agent.queue.sql import SqlQueue
from agent.storage.anchors import Anchors
from agent.storage.database import Database
from agent.storage.effects import SqlLedger
from agent.storage.journal import Chain, Head
from tools.base import ActResult

Hook = Callable[[], Awaitable[None]]


@dataclass
class Points:
    """Counts the points as they are passed, and dies at the one that it was told."""

    die_at: tuple[str, int] | None = None
    """(how a point begins, at the how-manieth passing of such a point)."""
    passed: list[tuple[str, int]] = field(default_factory=list)
    hooks: dict[tuple[str, int], Hook] = field(default_factory=dict)
    """What else happens there, before death."""
    stepped: Callable[[], None] = lambda: None
    """Called when the first step of a graph is done."""
    _count: Counter[str] = field(default_factory=Counter)
    _near: int = 0
    """Points passed that begin as the one to die at."""

    async def reach(self, name: str) -> None:
        here = self._pass(name)
        if here in self.hooks:
            await self.hooks[here]()
        self._die(name)

    def touch(self, name: str) -> None:
        """The same where nothing can be waited for."""
        self._pass(name)
        self._die(name)

    def _pass(self, name: str) -> tuple[str, int]:
        self._count[name] += 1
        here = name, self._count[name]
        self.passed.append(here)
        return here

    def _die(self, name: str) -> None:
        if self.die_at is None or not name.startswith(self.die_at[0]):
            return
        self._near += 1
        if self._near == self.die_at[1]:
            os.kill(os.getpid(), signal.SIGKILL)


class PointedLedger(SqlLedger):
    points: Points

    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        await self.points.reach("ledger:before INTENT")
        done = await super().once(effect, self._pointed(call), proposal=proposal, lease=lease)
        await self.points.reach("ledger:after OUTCOME")
        return done

    def _intend(self, *given: Any) -> tuple[Effect, bool]:
        known = super()._intend(*given)
        self.points.touch("ledger:INTENT uncommitted")
        return known

    def _write_outcome(self, *given: Any) -> None:
        super()._write_outcome(*given)
        self.points.touch("ledger:OUTCOME uncommitted")

    def _pointed(self, call: Call) -> Call:
        async def run() -> ActResult:
            await self.points.reach("ledger:after INTENT")
            result = await call.run()
            await self.points.reach("ledger:after the call")
            return result

        async def read_back() -> ActResult | None:
            result = await call.read_back()
            await self.points.reach("ledger:after reading back")
            return result

        return Call(run=run, read_back=read_back)


class _PointedQueue:
    points: Points

    async def acknowledge(self, lease: Lease) -> None:
        await self.points.reach("ledger:before ACK")
        await super().acknowledge(lease)  # type: ignore[misc]  # of the queue that it is mixed into
        await self.points.reach("ledger:after ACK")


class PointedQueue(_PointedQueue, SqlQueue):
    """The embedded one."""


@cache
def _pointed_saver(kind: type[Any]) -> Any:
    """Of whichever engine it is."""

    class PointedSaver(kind):  # type: ignore[misc]  # of a class that is known as it runs
        points: Points

        async def aput(self, *args: Any, **kwargs: Any) -> Any:
            await self.points.reach("checkpoint:before put")
            stored = await super().aput(*args, **kwargs)
            await self.points.reach("checkpoint:after put")
            return stored

        async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
            await self.points.reach("checkpoint:before put_writes")
            await super().aput_writes(*args, **kwargs)
            await self.points.reach("checkpoint:after put_writes")

    return PointedSaver


class PointedChain(Chain):
    """The journal, in the middle of a transaction."""

    points: Points

    def append(self, connection: Connection, *events: Event) -> None:
        self.points.touch("journal:before an entry")
        super().append(connection, *events)
        self.points.touch("journal:entry uncommitted")


class PointedAnchors(Anchors):
    """Each line is written in two halves; a death between them leaves the first."""

    points: Points

    def _write(self, head: Head) -> None:
        self.points.touch("anchor:before a line")
        line = head.model_dump_json()
        with suppress(OSError), self._path.open("a") as file:
            file.write(line[: len(line) // 2])
        self.points.touch("anchor:half a line")
        super()._write(head)
        self.points.touch("anchor:after a line")


class PointedIntake(Database):
    """The database as intake sees it."""

    def __init__(self, database: Database, points: Points) -> None:
        self._database = database
        self._points = points

    async def write(self, work: Callable[..., Any]) -> Any:
        await self._points.reach("intake:before commit")
        result = await self._database.write(work)
        await self._points.reach("intake:after commit")
        return result


def pointed(record: Record, points: Points, ledger: type[PointedLedger] = PointedLedger) -> Record:
    """The same record with points around its parts."""
    clock, anchors = record.chain.clock, record.anchors
    made = ledger(record.database, record.chain, clock, may=record.approvers.still, anchors=anchors)
    made.points = points
    # The queue stays the same object, which tasks beside it use already: its methods alone are others.
    record.queue.__class__ = PointedQueue if record.queue.__class__ is SqlQueue else _pointed_redis_queue()
    record.queue.points = points  # type: ignore[attr-defined]  # the class was just given
    # So do the chain, the anchors and the checkpoints; the chain of a planted bug stays what it is.
    if record.chain.__class__ is Chain:
        record.chain.__class__ = PointedChain
        record.chain.points = points  # type: ignore[attr-defined]  # the class was just given
    record.anchors.__class__ = PointedAnchors
    record.anchors.points = points  # type: ignore[attr-defined]  # the class was just given
    saver: Any = record.checkpoints
    saver.__class__ = _pointed_saver(saver.__class__)
    saver.points = points
    return replace(record, ledger=made)


@cache
def _pointed_redis_queue() -> Any:
    """Its driver is imported where Redis is used: a cold start is measured without it otherwise."""
    from agent.queue.redis_streams import RedisQueue

    return type("PointedRedisQueue", (_PointedQueue, RedisQueue), {})


class Steps(BaseCallbackHandler):
    """LangGraph's own callbacks around each step of the graph."""

    run_inline = True

    def __init__(self, points: Points) -> None:
        self._points = points
        self._names: dict[UUID, str] = {}

    def on_chain_start(self, *_: Any, run_id: UUID, metadata: Any = None, name: str = "", **__: Any) -> None:
        if name and (metadata or {}).get("langgraph_node") == name:
            self._names[run_id] = name
            self._points.touch(f"node:before {name}")

    def on_chain_end(self, *_: Any, run_id: UUID, **__: Any) -> None:
        if name := self._names.get(run_id):
            self._points.touch(f"node:after {name}")
            if name != "__start__":
                self._points.stepped()


_STEPS: ContextVar[Steps | None] = ContextVar("steps", default=None)
register_configure_hook(_STEPS, inheritable=True)


def watch_steps(points: Points) -> None:
    _STEPS.set(Steps(points))
