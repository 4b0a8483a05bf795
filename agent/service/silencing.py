"""Somebody wants quiet about something, for a while: alerts that match open no incident until it ends."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from agent.correlate.silence import Silences, problem
from agent.domain.alert import Fate
from agent.domain.base import Noun
from agent.domain.clocks import unbelievable
from agent.domain.errors import NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.silence import Matcher, Silence
from agent.domain.wording import counted
from agent.identity.roles import Caller, require_every_team
from agent.policy.maintenance import hush, hushes, in_force
from agent.service.intake import Ids
from agent.storage import alerts, incidents, journal, silences
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.tables import LOOKED, cursors

_EPOCH, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_AT_FIRST = timedelta(minutes=5)
_OLDEST = timedelta(days=7)
"""What was held back so long ago and not sent again fires no more."""


class Held(Noun):
    """A maintenance window, and what it keeps from people."""

    window: Silence
    alerts: int
    """Messages that it has held back."""


class Silencing:
    def __init__(
        self,
        database: Database,
        chain: Chain,
        new_id: Ids,
        *,
        calendar: Sequence[MaintenanceWindow] = (),
        arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """`arrived` wakes whoever places alerts."""
        self._database = database
        self._chain = chain
        self._new_id = new_id
        self._calendar = calendar
        self._arrived = arrived

    async def add(self, matchers: Sequence[Matcher], length: timedelta, comment: str, who: Caller) -> Silence:
        """From now on. Refused, with the sentence, when it cannot be used."""
        require_every_team(who)
        now = self._chain.clock.now()
        return await self._keep(
            Silence(
                id=self._new_id("si"),
                matchers=tuple(matchers),
                starts_at=now,
                ends_at=now + length,
                created_by=who.name,
                comment=comment,
            )
        )

    async def plan(self, window: MaintenanceWindow, comment: str, who: Caller) -> Silence:
        """A maintenance window, once. Refused, with the sentence, when it cannot be used."""
        require_every_team(who)
        if window.starts_at is None or window.ends_at is None:
            raise Refused("Only the calendar of the configuration has windows of every week; name a start and an end.")
        if window.ends_at <= self._chain.clock.now():
            raise Refused("It has ended already.")
        return await self._keep(
            Silence(
                id=self._new_id("si"),
                matchers=window.matchers,
                starts_at=window.starts_at.astimezone(UTC),
                ends_at=window.ends_at.astimezone(UTC),
                created_by=who.name,
                comment=comment,
                name=window.name,
                opens=window.opens,
            )
        )

    async def _keep(self, silence: Silence) -> Silence:
        if sentence := problem(silence):
            raise Refused(sentence)
        await self._database.write(lambda connection: self._add(connection, silence))
        return silence

    async def end(self, silence: str, who: Caller) -> None:
        """Now, before its time."""
        require_every_team(who)
        await self._database.write(lambda connection: self._end(connection, silence, who))

    async def active(self, who: Caller) -> list[Silence]:
        """Those that have not ended. They name what alerts look like, whosesoever those are."""
        require_every_team(who)
        now = self._chain.clock.now()
        return await self._database.read(lambda connection: silences.ending_after(connection, now))

    async def maintenance(self, who: Caller) -> list[Held]:
        """The windows that have not ended, with what each has held back; those of the calendar while they last."""
        require_every_team(who)
        now = self._chain.clock.now()
        return await self._database.read(lambda connection: self._maintenance(connection, now))

    async def hushed(self, incident: Incident) -> str:
        """Why nobody is to be paged about it now; empty when people are."""
        found = await self._database.read(lambda connection: self.hush(connection, incident))
        return hushes(found) if found and found.ends_at > self._chain.clock.now() else ""

    async def was_hushed(self, incident: Incident) -> bool:
        """Did somebody's maintenance, while it lasted, keep people from being told of it?"""
        over = incident.resolved_at or incident.closed_at
        return await self._database.read(lambda connection: self.hush(connection, incident, over)) is not None

    def hush(self, connection: Connection, incident: Incident, until: datetime | None = None) -> Silence | None:
        """The last window from when it opened to `until`, or now, in which nobody is paged about it; it may be over."""
        until = until or self._chain.clock.now()
        kept = [one for one in silences.ending_after(connection, incident.opened_at) if one.starts_at <= until]
        return hush([*kept, *in_force(self._calendar, incident.opened_at), *in_force(self._calendar, until)], incident)

    async def sweep(self) -> int:
        """Look again at what was held back and still fires, once its window or silence is over; how many."""
        if not await self._database.read(self._ended):
            return 0
        found = await self._database.write(self._release)
        self._arrived()
        return found

    def _ended(self, connection: Connection) -> list[Silence]:
        """Since it was last looked."""
        now = self._chain.clock.now()
        since = self._looked(connection, now)
        kept = [one for one in silences.ending_after(connection, since) if one.ends_at <= now]
        return kept + [one for one in in_force(self._calendar, since) if one.ends_at <= now]

    def _looked(self, connection: Connection, now: datetime) -> datetime:
        ticks = connection.scalar(select(cursors.c.sequence).where(cursors.c.name == LOOKED))
        looked = _EPOCH + (ticks or 0) * _TICK
        return looked if ticks and not unbelievable(looked, now) else now - _AT_FIRST

    def _release(self, connection: Connection) -> int:
        now, ended = self._chain.clock.now(), self._ended(connection)
        if not ended:
            return 0
        self._look(connection, now)
        still = Silences([*silences.ending_after(connection, now), *in_force(self._calendar, now)])
        held = [one for one in alerts.held_back(connection, now - _OLDEST) if not still.matching(one.alert.labels, now)]
        alerts.look_at_again(connection, [one.id for one in held], Fate.SILENCED, now)
        what = ", ".join(dict.fromkeys(one.title for one in ended))
        text = f"Over: {what}. Looked at again, because still firing: {counted(len(held), 'alert')}."
        self._chain.append(connection, Event(type=EventType.SILENCE_CHANGED, text=text, facts={"alerts": len(held)}))
        self._tell_hushed(connection, [one for one in ended if one.opens])
        return len(held)

    def _look(self, connection: Connection, now: datetime) -> None:
        ticks = (now - _EPOCH) // _TICK
        if connection.execute(update(cursors).where(cursors.c.name == LOOKED).values(sequence=ticks)).rowcount == 0:
            connection.execute(cursors.insert().values(name=LOOKED, sequence=ticks))

    def _tell_hushed(self, connection: Connection, ended: Sequence[Silence]) -> None:
        """Whoever was not paged is, now."""
        for incident in incidents.live(connection) if ended else ():
            over = hush(ended, incident)
            if over is not None and incident.status is not IncidentStatus.RESOLVED:
                status = incident.status.replace("_", " ")
                text = f"Over: {over.title}, and this is still {status}: {incident.title}."
                about = journal.entries(
                    connection, incident=incident.id, types=[EventType.DIAGNOSED], newest=True, limit=1
                )
                said = " ".join([text, *(entry.event.text for entry in about)])
                told = Event(type=EventType.INCIDENT_UPDATED, incident=incident.id, text=said)
                self._chain.append(connection, told.model_copy(update={"facts": {"hush_over": True}}))

    def _maintenance(self, connection: Connection, now: datetime) -> list[Held]:
        planned = [one for one in silences.ending_after(connection, now) if one.name]
        known = [*planned, *in_force(self._calendar, now)]
        return [Held(window=one, alerts=alerts.held_back_by(connection, one.id, one.starts_at)) for one in known]

    def _add(self, connection: Connection, silence: Silence) -> None:
        silences.add(connection, silence)
        what = ", ".join(str(matcher) for matcher in silence.matchers)
        text = f"{silence.created_by} silenced {what} until {silence.ends_at:%Y-%m-%d %H:%M:%S} UTC."
        if silence.name:
            when = f"from {silence.starts_at:%Y-%m-%d %H:%M} to {silence.ends_at:%Y-%m-%d %H:%M} UTC"
            text = f"{silence.created_by} planned {silence.title} {when}: {what}."
        self._tell(connection, silence.id, silence.created_by, text)

    def _end(self, connection: Connection, id_: str, who: Caller) -> None:
        if not silences.end(connection, id_, self._chain.clock.now()):
            raise NotFound(f"There is no silence or maintenance window {id_} that has not ended.")
        self._tell(connection, id_, who.name, f"{who.name} ended the silence {id_}.")

    def _tell(self, connection: Connection, id_: str, who: str, text: str) -> None:
        event = Event(type=EventType.SILENCE_CHANGED, text=text, actor=who, facts={"silence": id_})
        self._chain.append(connection, event)
