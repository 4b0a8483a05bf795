"""Somebody wants quiet about something, for a while: alerts that match open no incident until it ends."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from agent.correlate.silence import problem
from agent.domain.errors import NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.silence import Matcher, Silence
from agent.identity.roles import Caller
from agent.service.intake import Ids
from agent.storage import silences
from agent.storage.database import Database
from agent.storage.journal import Chain


class Silencing:
    def __init__(self, database: Database, chain: Chain, new_id: Ids) -> None:
        self._database = database
        self._chain = chain
        self._new_id = new_id

    async def add(self, matchers: Sequence[Matcher], length: timedelta, comment: str, who: Caller) -> Silence:
        """From now on. Refused, with the sentence, when it cannot be used."""
        now = self._chain.clock.now()
        silence = Silence(
            id=self._new_id("si"),
            matchers=tuple(matchers),
            starts_at=now,
            ends_at=now + length,
            created_by=who.name,
            comment=comment,
        )
        if sentence := problem(silence):
            raise Refused(sentence)
        await self._database.write(lambda connection: self._add(connection, silence))
        return silence

    async def end(self, silence: str, who: Caller) -> None:
        """Now, before its time."""
        await self._database.write(lambda connection: self._end(connection, silence, who))

    async def active(self) -> list[Silence]:
        now = self._chain.clock.now()
        return await self._database.read(lambda connection: silences.ending_after(connection, now))

    def _add(self, connection: Connection, silence: Silence) -> None:
        silences.add(connection, silence)
        what = ", ".join(str(matcher) for matcher in silence.matchers)
        text = f"{silence.created_by} silenced {what} until {silence.ends_at:%Y-%m-%d %H:%M:%S} UTC."
        self._tell(connection, silence.id, silence.created_by, text)

    def _end(self, connection: Connection, id_: str, who: Caller) -> None:
        if not silences.end(connection, id_, self._chain.clock.now()):
            raise NotFound(f"There is no silence {id_} that has not ended.")
        self._tell(connection, id_, who.name, f"{who.name} ended the silence {id_}.")

    def _tell(self, connection: Connection, id_: str, who: str, text: str) -> None:
        event = Event(type=EventType.SILENCE_CHANGED, text=text, actor=who, facts={"silence": id_})
        self._chain.append(connection, event)
