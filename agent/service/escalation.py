"""Nobody answers: who is called next?  A question or an incident that waits is taken to one after the other.

A step is counted and told to the journal in one transaction, so that it is taken once, whoever is killed when; the
channels that tell people follow the journal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from agent.domain.duty import OnDuty
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident
from agent.domain.rules import EscalationStep, Team
from agent.domain.silence import Silence
from agent.service.rota import Rota
from agent.storage import escalations
from agent.storage.database import Database
from agent.storage.escalations import Waiting
from agent.storage.journal import Chain

_MOST = 20
"""Steps that one sweep takes: the next comes in seconds."""


@dataclass(frozen=True)
class _Called:
    """Whom a step calls, by name."""

    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


class Escalation:
    def __init__(
        self,
        database: Database,
        chain: Chain,
        teams: Mapping[str, Team],
        rota: Rota,
        hush: Callable[[Connection, Incident], Silence | None] = lambda _connection, _incident: None,
    ) -> None:
        """`hush`: the window since it opened in which nobody is called because of it."""
        self._hush = hush
        self._database = database
        self._chain = chain
        self._teams = {name: team for name, team in teams.items() if team.escalation}
        self._rota = rota

    async def sweep(self) -> int:
        """Take the steps that are due; how many. Call it every few seconds; twice is harmless."""
        if not self._teams:
            return 0
        now = self._chain.clock.now()
        found = await self._database.read(lambda connection: self._waiting(connection, now))
        # What lies ahead was written by a clock that has been set back since: it begins now at the latest.
        if begins := [one for one in found if one.taken < 0 or one.began > now]:
            await self._database.write(lambda connection: self._begin(connection, begins, now))
        due = [one for one in found if one.taken >= 0 and self._due(one, now)]
        return sum([await self._step(one) for one in due[:_MOST]])

    def _waiting(self, connection: Connection, now: datetime) -> list[Waiting]:
        found = escalations.waiting(connection, self._teams, now)
        heard = [self._heard(connection, one, now) for one in found if one.asked or self._grave(one)]
        return [one for one in heard if one is not None]

    def _heard(self, connection: Connection, one: Waiting, now: datetime) -> Waiting | None:
        """None while maintenance keeps it from people; afterwards they have as long as from its beginning."""
        silence = self._hush(connection, one.incident)
        if silence is None or one.taken > 0:
            return one
        return replace(one, began=max(one.began, silence.ends_at)) if silence.ends_at <= now else None

    def _grave(self, one: Waiting) -> bool:
        return one.incident.severity.rank <= self._teams[one.incident.team].escalate_from.rank

    def _begin(self, connection: Connection, begins: Sequence[Waiting], now: datetime) -> None:
        for one in begins:
            escalations.begin(connection, one, min(one.began, now))

    def _steps(self, one: Waiting) -> Sequence[EscalationStep]:
        return self._teams[one.incident.team].escalation

    def _due(self, one: Waiting, now: datetime) -> bool:
        steps = self._steps(one)
        return one.taken < len(steps) and one.began + steps[one.taken].after <= now

    async def _step(self, one: Waiting) -> int:
        """Whoever is called is looked up before anything is written: that may ask another system."""
        called = await self._called(one)
        return await self._database.write(lambda connection: self._take(connection, one, called))

    async def _called(self, one: Waiting) -> _Called:
        teams: dict[str, None] = {}
        people: dict[str, None] = {}
        says: list[str] = []
        for target in self._steps(one)[one.taken].tell:
            found = await self._whom(one.incident.team, target)
            teams |= dict.fromkeys(found.teams)
            people |= dict.fromkeys(found.people)
            says += found.says
        if not teams and not people:
            return _Called((one.incident.team,), (), (*says, f"Team {one.incident.team} is told."))
        return _Called(tuple(teams), tuple(people), tuple(says))

    async def _whom(self, own: str, target: str) -> _Called:
        kind, _, name = target.partition(":")
        match kind:
            case "team":
                return _Called(teams=(name or own,), says=(f"Team {name or own} is told.",))
            case "person":
                return _Called(people=(name,), says=(f"{name} is called.",))
            case "schedule":
                return _on_duty(name, await self._rota.now(name, self._chain.clock.now()))
        schedule = self._teams[own].on_call
        return _on_duty(schedule, await self._rota.now(schedule, self._chain.clock.now()))

    def _take(self, connection: Connection, one: Waiting, called: _Called) -> int:
        """Look again: it may have been answered while it was looked up who is on duty."""
        still = {found.subject: found.taken for found in self._waiting(connection, self._chain.clock.now())}
        if still.get(one.subject) != one.taken or not escalations.take(connection, one, one.taken):
            return 0
        self._chain.append(connection, self._told(one, called))
        return 1

    def _told(self, one: Waiting, called: _Called) -> Event:
        steps, number = self._steps(one), one.taken + 1
        what = f"Nobody has answered for {_length(steps[one.taken].after)}: {one.asked}?"
        unseen = f"Nobody has seen this for {_length(steps[one.taken].after)}: {one.incident.title}."
        last = " Nobody is left to call after this." if number == len(steps) else ""
        return Event(
            type=EventType.ESCALATED,
            incident=one.incident.id,
            text=f"{what if one.asked else unseen} {' '.join(called.says)} Step {number} of {len(steps)}.{last}",
            facts={
                "waits": one.subject,
                "step": number,
                "teams": list(called.teams),
                "people": list(called.people),
            },
            subject=called.people[0] if len(called.people) == 1 else "",
        )


def _on_duty(schedule: str, found: Sequence[OnDuty]) -> _Called:
    if not found:
        return _Called(says=(f"Nobody is on duty on {schedule}." if schedule else "The team has no schedule.",))
    return _Called(people=tuple(one.who for one in found), says=tuple(one.why for one in found))


def _length(waited: timedelta) -> str:
    seconds = int(waited.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(filter(None, parts)) or f"{seconds} s"
