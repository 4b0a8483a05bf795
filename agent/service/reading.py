"""Is it noted who looks at an incident?  Before they get to see it; what cannot be noted is not shown."""

from datetime import datetime

from agent.ports import Clock
from agent.storage import reads
from agent.storage.database import Database
from agent.storage.reads import Read


class Reading:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._minute: datetime | None = None
        self._noted: set[Read] = set()

    async def note(self, who: str, incident: str, what: str) -> None:
        """On the disk when this returns. A page that asks again and again is noted once a minute."""
        now = self._clock.now().replace(second=0, microsecond=0)
        if now != self._minute:
            self._minute, self._noted = now, set()
        seen = Read(at=now, who=who[:100], incident=incident[:40], what=what[:60])
        if seen not in self._noted:
            await self._database.write(lambda connection: reads.note(connection, [seen]))
            self._noted.add(seen)
