"""When is what is old let go?  A part now and then, so that nothing else waits for it."""

from datetime import datetime, timedelta

from agent.domain.clocks import passed
from agent.domain.retention import Retention
from agent.storage import retention, tallies
from agent.storage.anchors import Anchors
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.threads import Threads, incident_of

PAUSE = timedelta(minutes=10)
"""Between two looks, when there was nothing left to do."""
_COUNTED = timedelta(days=1)
"""Between two looks at all alerts, the first at the first time that nothing is left to do: they may be millions."""
_RUNS = 50
"""Runs whose checkpoints are dropped at a time."""


class Keeping:
    def __init__(self, database: Database, chain: Chain, threads: Threads, anchors: Anchors, rules: Retention) -> None:
        self._database = database
        self._chain = chain
        self._threads = threads
        self._anchors = anchors
        self._rules = rules
        self._looked_at: datetime | None = None
        self._counted_at: datetime | None = None

    async def tend(self) -> int:
        """How many things were let go; call it every few seconds. Nothing is, while the journal is not trusted."""
        now = self._chain.clock.now()
        if self._anchors.wrong or not passed(self._looked_at, PAUSE, now):
            return 0
        gone = await self._let_go(now) + await self._drop_runs(now)
        if gone == 0:
            await self._count(now)
            self._looked_at = now
        return gone

    async def _count(self, now: datetime) -> None:
        """What is told of all alerts is put right, should it ever not be."""
        if not passed(self._counted_at, _COUNTED, now):
            return
        self._counted_at = now
        if not await self._database.read(tallies.true):
            await self._database.write(tallies.count_anew)

    async def _let_go(self, now: datetime) -> int:
        anchored = self._anchors.up_to
        due = await self._database.read(lambda connection: retention.due(connection, self._rules, now, anchored))
        if not due:
            return 0
        gone = await self._database.write(lambda connection: retention.let_go(connection, self._chain, due))
        return sum(gone.values())

    async def _drop_runs(self, now: datetime) -> int:
        if self._rules.runs is None:
            return 0
        before = now - self._rules.runs
        found = await self._threads.all()
        ids = sorted({incident_of(thread) for thread in found})
        old = await self._database.read(lambda connection: retention.closed_before(connection, ids, before))
        over = [thread for thread in found if incident_of(thread) in old][:_RUNS]
        for thread in over:
            await self._threads.drop(thread)
        return len(over)
