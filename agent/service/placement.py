"""Stored alerts become incidents: in order, a batch a transaction, by one correlator."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from agent.correlate.correlator import Correlator
from agent.correlate.placement import Nothing
from agent.correlate.placement import Placement as Decided
from agent.correlate.standing import Standing
from agent.domain.alert import Fate, Placed
from agent.domain.clocks import passed
from agent.domain.errors import Conflict
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.rules import Correlation, InhibitRule
from agent.policy.maintenance import in_force
from agent.policy.ownership import Owners
from agent.ports import Queue
from agent.service.batch import Batch, leave_aside
from agent.storage import alerts, incidents, journal, silences
from agent.storage.alert_rows import Unreadable
from agent.storage.database import Database
from agent.storage.duties import batches, next_batch
from agent.storage.engine import said
from agent.storage.journal import Chain, Head
from agent.telemetry import Log
from tools.base import Topology
from tools.invisible import written_out

log = Log(__name__)

BATCH = 1_000
"""Alerts that share a transaction: what they change of one incident is written once."""
TOPOLOGY_AGE = timedelta(minutes=5)
TRIES = 5
"""A batch whose ground was changed while it was placed is placed anew, so often; then it waits for the next round."""
ALONE = 3
"""An alert that cannot be placed is tried alone, so often, and then set aside: it must not hold up those behind it."""
LONGEST = 500
"""Characters of a reason that somebody else's words are in."""
MISTAKES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    StatementError,
    TypeError,
    ValueError,
    re.error,
)
"""What rules raise that an alert does not fit, or the record that it does not fit: never a disk, a server or memory."""
FOLLOWED = timedelta(days=7)
"""An incident closed so long ago is still named by the next one with its labels, also after a restart."""


class Placement:
    def __init__(
        self,
        *,
        database: Database,
        chain: Chain,
        queue: Queue,
        correlator: Correlator,
        rules: Correlation,
        inhibit: Sequence[InhibitRule],
        owners: Owners,
        calendar: Sequence[MaintenanceWindow] = (),
        topology: Callable[[], Awaitable[Topology | None]],
        mine: Callable[[], Awaitable[bool]],
    ) -> None:
        """`mine`: of all processes, is it this one that places?"""
        self._mine = mine
        self._database = database
        self._chain = chain
        self._queue = queue
        self._correlator = correlator
        self._rules = rules
        self._inhibit = inhibit
        self._owners = owners
        self._calendar = calendar
        self._topology = topology
        self._standing: Standing | None = None
        self._batches = 0
        """How many were placed, by whomever, when the standing was as it is."""
        self._read_to: Head | None = None
        """How far the journal was read when the standing was as it is."""
        self._learned: datetime | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Alerts have been stored."""
        self._news.set()

    async def wait(self, longest: timedelta) -> None:
        """Until alerts may be waiting, at most this long."""
        try:
            async with asyncio.timeout(longest.total_seconds()):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    async def place_waiting(self) -> int:
        """Place the next batch; how many alerts that was. Killed half-way, the batch is placed at the next start."""
        for _ in range(TRIES):
            waiting, unreadable = await self._database.read(lambda connection: alerts.unplaced(connection, BATCH))
            if not (waiting or unreadable) or not await self._mine():
                return 0
            try:
                await self._leave_aside(unreadable)
                await self._place_all(waiting)
            except Conflict:
                # An incident was merged or ended, or another process placed alerts: it is placed again, by the record.
                continue
            return len(waiting) + len(unreadable)
        return 0

    async def _place_all(self, waiting: Sequence[Placed]) -> None:
        """In order. One that cannot be placed is set aside; where the record fails of it, it is found by halves."""
        tries = 0
        while waiting:
            try:
                placed, mistake = await self._place(waiting, await self._current())
            except MISTAKES as error:
                if not _its_own(error):
                    raise
                if len(waiting) > 1:
                    await self._place_all(waiting[: len(waiting) // 2])
                    waiting, tries = waiting[len(waiting) // 2 :], 0
                    continue
                placed, mistake = 0, error
            waiting = waiting[placed:]
            tries = 1 if placed else tries + 1
            if mistake is not None and tries >= ALONE:
                await self._set_aside(waiting[0], mistake)
                waiting, tries = waiting[1:], 0

    async def _place(self, waiting: Sequence[Placed], standing: Standing) -> tuple[int, Exception | None]:
        """How many were placed, and what the rules failed of at the next one."""
        try:
            placements, mistake = self._decide(waiting, standing)
            if placements:
                await self._store(placements)
        except BaseException:
            # What is in memory is no longer what is on the record: it is read again for the next batch.
            self._standing = None
            raise
        return len(placements), mistake

    def _decide(self, waiting: Sequence[Placed], standing: Standing) -> tuple[list[Decided], Exception | None]:
        """Up to the first that the rules fail of, which leaves the standing as it is."""
        placements: list[Decided] = []
        for one in waiting:
            try:
                placement = self._correlator.place(one, standing)
            except MISTAKES as error:
                if not _its_own(error):
                    raise
                return placements, error
            standing.apply(placement)
            placements.append(placement)
        return placements, None

    async def _set_aside(self, one: Placed, error: Exception) -> None:
        """It is told in the same way as where others ended, and nothing remembers it."""
        # What failed may be the very characters that the error quotes: they must not fail here again.
        because = written_out(f"It could not be placed, {ALONE} times: {type(error).__name__}: {said(error)}")[:LONGEST]
        log.error("no incident is opened for an alert: it is set aside", because=error, alert=one.id)
        aside = one.model_copy(update={"fate": Fate.QUARANTINED, "reason": because, "incident": None})
        await self._current()
        await self._store([Decided(aside, Nothing(), one.alert.identity)])

    async def _leave_aside(self, unreadable: Sequence[Unreadable]) -> None:
        """Whose rows cannot be read: they stay as they are, and are told like those that cannot be placed."""
        if not unreadable:
            return
        told = [one.model_copy(update={"why": written_out(one.why)[:LONGEST]}) for one in unreadable]
        for one in told:
            log.error("a stored alert cannot be read: it is set aside", alert=one.id, reason=one.why)
        await self._database.write(lambda connection: leave_aside(connection, self._chain, told))

    async def _store(self, placements: Sequence[Decided]) -> None:
        kept_open = await self._database.write(lambda connection: self._write(connection, placements))
        self._batches += 1
        if self._standing and kept_open:
            found = await self._database.read(lambda connection: incidents.several(connection, kept_open))
            for incident in found.values():
                self._standing.put(incident)
        self._queue.wake()

    def _write(self, connection: Connection, placements: Sequence[Decided]) -> set[str]:
        next_batch(connection, self._batches)
        return Batch(connection, self._chain, self._owners).write(placements)

    async def _current(self) -> Standing:
        """The standing, with what people, the graph and time have changed since the last batch."""
        now = self._chain.clock.now()
        known = self._standing
        if known is None or not await self._database.read(partial(self._catch_up, known)):
            known = self._standing = await self._database.read(self._rebuild)
            self._learned = None
        # Those that lately ended too: one that was ended before its time must be told to the standing.
        lately = now - TOPOLOGY_AGE
        for silence in await self._database.read(lambda connection: silences.ending_after(connection, lately)):
            known.silence(silence)
        for planned in in_force(self._calendar, now):
            known.silence(planned)
        if passed(self._learned, TOPOLOGY_AGE, now):
            known.learn(await self._topology())
            self._learned = now
        return known

    def _catch_up(self, standing: Standing, connection: Connection) -> bool:
        """Take in what others have changed; False when it must be read anew."""
        since, head = self._read_to, self._chain.head(connection)
        if since and not journal.holds(connection, since):
            # The record has fallen back, to a replica that lagged, say.
            return False
        changed = incidents.told_of(connection, after=since.sequence if since else 0)
        if any(standing.regrouped(incident) for incident in changed):
            return False
        for incident in changed:
            standing.put(incident)
        self._read_to = head
        return True

    def _rebuild(self, connection: Connection) -> Standing:
        # First: what is placed while the rest is read makes the next batch a conflict.
        self._batches = batches(connection)
        self._read_to = self._chain.head(connection)
        standing = Standing(self._rules, inhibit=self._inhibit)
        now = self._chain.clock.now()
        for incident in incidents.known_since(connection, now - FOLLOWED):
            standing.put(incident)
        for placed in alerts.remembered(connection, now - Standing.horizon(self._rules)):
            standing.remember(placed)
        return standing


def _its_own(mistake: Exception) -> bool:
    """Is it the alert that fails?  What the record says of itself is tried again, for ever."""
    return not isinstance(mistake, DBAPIError) or isinstance(mistake, DataError | IntegrityError)
