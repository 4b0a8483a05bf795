"""Somebody looks into the memory, brings past incidents in, or has some forgotten: the record first, then the index."""

from collections.abc import Sequence

from agent.domain.errors import MemoryUnavailable, NotFound
from agent.domain.event import Event, EventType
from agent.domain.wording import counted
from agent.identity.roles import Caller, require_every_team
from agent.ports import Journal, Lesson, Lessons, Memory


class Remembering:
    def __init__(self, lessons: Lessons, memory: Memory | None, journal: Journal) -> None:
        self._lessons = lessons
        self._index = memory
        self._journal = journal

    @property
    def _memory(self) -> Memory:
        if self._index is None:
            raise MemoryUnavailable("There is no memory here.")
        return self._index

    async def search(self, text: str, limit: int, who: Caller) -> list[tuple[Lesson, float]]:
        """The lessons nearest to these words, with their cosines. MemoryUnavailable when it cannot be read."""
        require_every_team(who)
        return await self._memory.search(text, limit)

    async def bring_in(self, lessons: Sequence[Lesson], who: Caller) -> None:
        """Lessons of past incidents; twice the same is harmless."""
        require_every_team(who)
        if not lessons:
            return
        for lesson in lessons:
            await self._lessons.save(lesson)
        await self._memory.remember(lessons)
        await self._tell(f"{who.name} brought in {counted(len(lessons), 'past incident')}.", who)

    async def forget(self, incidents: Sequence[str], who: Caller) -> int:
        """How many of these were remembered and are not any more. NotFound when none was."""
        require_every_team(who)
        gone = await self._lessons.drop(list(incidents))
        await self._memory.forget(incidents)
        if not gone:
            raise NotFound("None of these was remembered.")
        await self._tell(f"{who.name} had forgotten what was learned from {', '.join(incidents)}.", who)
        return gone

    async def _tell(self, text: str, who: Caller) -> None:
        await self._journal.record(Event(type=EventType.LEARNED, text=text, actor=who.name))
