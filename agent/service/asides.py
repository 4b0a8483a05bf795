"""A human has mended why alerts were set aside: they are placed again."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from agent.domain.alert import Fate
from agent.domain.errors import Conflict
from agent.domain.event import Event, EventType
from agent.domain.wording import counted
from agent.identity.roles import Caller, require_every_team
from agent.storage import alerts
from agent.storage.alerts import Aside
from agent.storage.database import Database
from agent.storage.journal import Chain

SHOWN = 200
"""Alerts that one answer names at most: the oldest."""


class Asides:
    def __init__(self, database: Database, chain: Chain, arrived: Callable[[], None]) -> None:
        """`arrived` wakes whoever places alerts."""
        self._database = database
        self._chain = chain
        self._arrived = arrived

    async def listed(self, who: Caller) -> list[Aside]:
        """The oldest that wait for somebody to mend something. They are no team's yet."""
        require_every_team(who)
        return await self._database.read(lambda connection: alerts.asides(connection, SHOWN))

    async def place_again(self, ids: Sequence[str], who: Caller) -> int:
        """As if they had come in now; none named: all. How many those are; Conflict when one is not set aside."""
        require_every_team(who)
        found = await self._database.write(lambda connection: self._place_again(connection, ids, who))
        self._arrived()
        return found

    def _place_again(self, connection: Connection, ids: Sequence[str], who: Caller) -> int:
        aside = alerts.set_aside_of(connection, ids)
        if missing := sorted({*ids} - {*aside}):
            raise Conflict(f"{missing[0]} is not set aside: `incident-agent alerts list` names those that are.")
        if aside:
            now = self._chain.now(connection)
            alerts.look_at_again(connection, aside, Fate.QUARANTINED, now)
            alerts.look_at_what_followed(connection, now)
            text = f"{who.name} has {counted(len(aside), 'alert')} placed again: {', '.join(aside[:20])}."
            facts = {"alerts": len(aside)}
            event = Event(type=EventType.ALERTS_PLACED_AGAIN, text=text, actor=who.name, facts=dict(facts))
            self._chain.append(connection, event)
        return len(aside)
