"""Stored alerts become incidents: in order, a batch a transaction, by one correlator."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from agent.correlate.correlator import Correlator
from agent.correlate.placement import Effect, Joins, Nothing, Opens, Reopens, Resolves, changed
from agent.correlate.placement import Placement as Placed
from agent.correlate.standing import Standing
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.job import Job, JobKind
from agent.domain.remediation import EffectStatus
from agent.domain.rules import Correlation, InhibitRule, Team
from agent.policy.ownership import team_of
from agent.ports import Queue
from agent.service.people import resume
from agent.storage import alerts, approvals, effects, incidents, jobs, silences
from agent.storage.database import Database
from agent.storage.journal import Chain
from tools.base import Topology

BATCH = 256
TOPOLOGY_AGE = timedelta(minutes=5)


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
        teams: Mapping[str, Team],
        topology: Callable[[], Awaitable[Topology | None]],
    ) -> None:
        self._database = database
        self._chain = chain
        self._queue = queue
        self._correlator = correlator
        self._rules = rules
        self._inhibit = inhibit
        self._teams = teams
        self._topology = topology
        self._standing: Standing | None = None
        self._synced: datetime | None = None
        self._learned: datetime | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Alerts have been stored."""
        self._news.set()

    async def wait(self, longest: timedelta) -> None:
        """Until alerts may be waiting, at most this long."""
        try:
            await asyncio.wait_for(self._news.wait(), longest.total_seconds())
        except TimeoutError:
            return
        self._news.clear()

    async def place_waiting(self) -> int:
        """Place the next batch; how many alerts that was. Killed half-way, the batch is placed at the next start."""
        waiting = await self._database.read(lambda connection: alerts.unplaced(connection, BATCH))
        if not waiting:
            return 0
        standing = await self._current()
        placements = []
        for one in waiting:
            placement = self._correlator.place(one, standing)
            standing.apply(placement)
            placements.append(placement)
        try:
            await self._database.write(lambda connection: self._write(connection, placements))
        except BaseException:
            # What is in memory is no longer what is on the record: it is read again for the next batch.
            self._standing = None
            raise
        self._queue.wake()
        return len(waiting)

    async def _current(self) -> Standing:
        """The standing, with what people, the graph and time have changed since the last batch."""
        now = self._chain.clock.now()
        if self._standing is None:
            self._standing = await self._database.read(self._rebuild)
            self._learned = None
        elif self._synced is not None:
            since = self._synced
            for incident in await self._database.read(lambda connection: incidents.changed_since(connection, since)):
                self._standing.put(incident)
        # Those that lately ended too: one that was ended before its time must be told to the standing.
        lately = now - TOPOLOGY_AGE
        for silence in await self._database.read(lambda connection: silences.ending_after(connection, lately)):
            self._standing.silence(silence)
        if self._learned is None or now - self._learned > TOPOLOGY_AGE:
            self._standing.learn(await self._topology())
            self._learned = now
        self._synced = now
        return self._standing

    def _rebuild(self, connection: Connection) -> Standing:
        standing = Standing(self._rules, inhibit=self._inhibit)
        since = self._chain.clock.now() - Standing.horizon(self._rules)
        known = {incident.id: incident for incident in incidents.live(connection)}
        known |= {incident.id: incident for incident in incidents.changed_since(connection, since)}
        for incident in sorted(known.values(), key=lambda incident: incident.id):
            standing.put(incident)
        for placed in alerts.remembered(connection, since, list(known)):
            standing.remember(placed)
        return standing

    def _write(self, connection: Connection, placements: Sequence[Placed]) -> None:
        alerts.place(connection, [placement.placed for placement in placements])
        fates = Counter(str(placement.placed.fate) for placement in placements)
        text = f"Placed {len(placements)} alert(s): " + ", ".join(f"{n} {fate}" for fate, n in sorted(fates.items()))
        receipts = sorted({placement.placed.receipt for placement in placements})
        facts = {"fates": dict(fates), "receipts": receipts[:20]}
        self._chain.append(connection, Event(type=EventType.ALERT_PLACED, text=text + ".", facts=facts))
        for placement in placements:
            self._change(connection, placement.effect, placement.placed.reason)

    def _change(self, connection: Connection, effect: Effect, why: str) -> None:
        match effect:
            case Opens(incident=incident):
                self._open(connection, incident, why)
            case Joins(incident=id_):
                self._join(connection, incidents.get(connection, id_), effect)
            case Reopens(incident=id_):
                self._reopen(connection, incidents.get(connection, id_), effect, why)
            case Resolves(incident=id_):
                self._resolve(connection, id_, why)
            case Nothing():
                pass

    def _open(self, connection: Connection, incident: Incident, why: str) -> None:
        owned = incident.model_copy(update={"team": team_of(incident, self._teams)})
        incidents.insert(connection, owned)
        text = f"Opened: {owned.title}. {why}"
        facts = {"severity": owned.severity, "team": owned.team, "service": owned.service}
        self._chain.append(connection, Event(type=EventType.INCIDENT_OPENED, incident=owned.id, text=text, facts=facts))
        self._investigate(connection, owned)

    def _join(self, connection: Connection, known: Incident, effect: Joins) -> None:
        joined = changed(known, effect)
        incidents.replace(connection, joined)
        if (joined.severity, joined.title) != (known.severity, known.title):
            text = f"Is now {joined.severity}: {joined.title}."
            event = Event(type=EventType.INCIDENT_UPDATED, incident=known.id, text=text)
            self._chain.append(connection, event)

    def _reopen(self, connection: Connection, known: Incident, effect: Reopens, why: str) -> None:
        again = changed(known, effect)
        incidents.replace(connection, again)
        text = f"Fires again, episode {again.episode}. {why}"
        facts = {"episode": again.episode, "anew": effect.anew}
        self._chain.append(
            connection, Event(type=EventType.INCIDENT_REOPENED, incident=known.id, text=text, facts=facts)
        )
        if effect.anew:
            self._withdraw(connection, known.id, "the incident fires again")
            self._investigate(connection, again)

    def _resolve(self, connection: Connection, incident: str, why: str) -> None:
        if any(effect.status is EffectStatus.UNKNOWN for effect in effects.of_incident(connection, incident)):
            return
        self._withdraw(connection, incident, "its alerts are over")
        incidents.move(connection, self._chain, incident, IncidentStatus.RESOLVED, why)

    def _withdraw(self, connection: Connection, incident: str, because: str) -> None:
        for asked in approvals.withdraw(connection, self._chain, incident, because):
            resume(connection, self._chain, asked)

    def _investigate(self, connection: Connection, incident: Incident) -> None:
        job = Job(
            id=f"investigate:{incident.thread}",
            kind=JobKind.INVESTIGATE,
            incident=incident.id,
            payload={"thread": incident.thread},
            priority=incident.severity.rank,
        )
        jobs.put(connection, job, self._chain.clock.now())
