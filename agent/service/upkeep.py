"""What time itself brings: people are reminded, questions expire, quiet incidents close, what is old is let go."""

from datetime import timedelta

from sqlalchemy import Connection

from agent.domain.incident import IncidentStatus
from agent.ports import Queue
from agent.service.keeping import Keeping
from agent.service.people import learn, resume
from agent.storage import abandoned, incidents, unanswered
from agent.storage.anchors import Anchors
from agent.storage.database import Database
from agent.storage.journal import Chain

LEFT = timedelta(minutes=1)
"""An incident in a run that there is no job for, and that has not changed for so long, was left by its worker."""


class Upkeep:
    def __init__(
        self,
        database: Database,
        chain: Chain,
        queue: Queue,
        *,
        quiet_period: timedelta,
        anchors: Anchors,
        keeping: Keeping,
    ) -> None:
        self._keeping = keeping
        self._anchors = anchors
        self._database = database
        self._chain = chain
        self._queue = queue
        self._quiet_period = quiet_period

    async def sweep(self) -> int:
        """Do what is due; how many things that was. Call it every few seconds; twice is harmless."""
        await self._anchors.keep()
        let_go = await self._keeping.tend()
        set_back = self._chain.set_back()
        if not set_back and not await self._database.read(self._anything_due):
            return let_go
        done = await self._database.write(self._sweep)
        if set_back:
            # What waited is withdrawn by now, so that nothing of it becomes valid again.
            self._chain.follow_clock()
        self._queue.wake()
        return done + let_go

    def _anything_due(self, connection: Connection) -> bool:
        at = self._chain.now(connection)
        asked = unanswered.overdue(connection, self._chain) or unanswered.forgotten(connection, at)
        return bool(asked or self._quiet(connection) or self._left(connection))

    def _sweep(self, connection: Connection) -> int:
        expired = unanswered.expire(connection, self._chain)
        for asked in expired:
            resume(connection, self._chain, asked)
        quiet = self._quiet(connection)
        for incident in quiet:
            text = f"Quiet for {self._quiet_period}: closed."
            learn(
                connection, self._chain, incidents.move(connection, self._chain, incident, IncidentStatus.CLOSED, text)
            )
        left = self._left(connection)
        for incident in left:
            # The record has gone back, to a replica that lagged, say: the end of the job is on it, the run's is not.
            abandoned.give_up(connection, self._chain, incident)
            text = "Its run is over, and the record does not say how. A human must look."
            incidents.move(connection, self._chain, incident, IncidentStatus.PARKED, text)
        return len(expired) + len(unanswered.remind(connection, self._chain)) + len(quiet) + len(left)

    def _left(self, connection: Connection) -> list[str]:
        return incidents.left_lying(connection, self._chain.clock.now() - LEFT)

    def _quiet(self, connection: Connection) -> list[str]:
        since = self._chain.clock.now() - self._quiet_period
        return incidents.resolved_before(connection, since)
