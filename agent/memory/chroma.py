"""Have we seen this before?  `ports.Memory` over Chroma: made from the record, made again when it is lost or broken."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import numpy as np

from agent.domain.base import Noun, digest
from agent.domain.clocks import passed
from agent.domain.errors import MemoryUnavailable, Refused
from agent.memory import wording
from agent.memory.embedding import Embedder
from agent.memory.gates import Candidate, Gates, Question, admit
from agent.memory.index import Hit, Index, IndexBroken, row
from agent.memory.lane import Lane
from agent.memory.place import Place
from agent.ports import Clock, Lesson, Recalled
from agent.telemetry import Log

log = Log(__name__)
Result = TypeVar("Result")

_CHUNK = 32
"""Lessons embedded and stored at a time, so that a rebuild that is stopped has kept most of its work."""
_WIDTH = 100
"""How many neighbours the gates get to judge."""


class Deadlines(Noun):
    recall: timedelta = timedelta(seconds=5)
    """For a whole recall: an investigation never waits longer for its memory."""
    call: timedelta = timedelta(seconds=30)
    """For one call to Chroma when nobody waits: opening, storing, deleting."""
    retry: timedelta = timedelta(seconds=30)
    """How long after a failure it is not tried again."""


class State(Noun):
    """What `doctor` tells of the memory."""

    embedder: str
    lessons: int


@dataclass
class _Open:
    """The index, and the lessons whose vectors are in it."""

    index: Index
    lessons: dict[str, Lesson]


class ChromaMemory:
    """Past incidents behind `recall`'s gates.

    `records` is every lesson on the record: whatever is indexed and not there is dropped, whatever is there and not
    indexed is added, each time the index is opened. Forgetting therefore means: first the record, then `forget`.
    `redact` is applied to every sentence before it is embedded or recalled; the same text must give the same text
    each time, or everything is embedded anew. What it refuses is neither remembered nor asked.
    """

    def __init__(
        self,
        place: Place,
        embedder: Embedder,
        records: Callable[[], Awaitable[Sequence[Lesson]]],
        redact: Callable[[str], str],
        clock: Clock,
        *,
        gates: Gates | None = None,
        deadlines: Deadlines = Deadlines(),  # noqa: B008 (frozen)
    ) -> None:
        self._place = place
        self._embedder = embedder
        self._records = records
        self._redact = redact
        self._clock = clock
        self._gates = gates or Gates(related=embedder.related, same=embedder.same)
        self._deadlines = deadlines
        self._lane = Lane()
        self._opening: asyncio.Task[_Open] | None = None
        self._failed: tuple[datetime, str] | None = None

    async def recall(self, title: str, service: str, alert_names: Sequence[str], symptom: str) -> list[Recalled]:
        """The most similar first, none that fails the gates; within `Deadlines.recall`, or MemoryUnavailable."""
        text = wording.of_alert(self._safe(title), alert_names, symptom)
        question = Question(service, tuple(alert_names))
        found = await self._in_time(self._nearest(text, question, _WIDTH))
        return list(admit(question, found, self._gates, self._clock.now()).recalled)

    async def search(self, text: str, limit: int = 10) -> list[tuple[Lesson, float]]:
        """The lessons nearest to a person's own words, with their cosines; no gates."""
        found = await self._in_time(self._nearest(self._safe(text), Question("", ()), limit))
        return [(one.lesson, one.similarity) for one in found]

    async def remember(self, lessons: Sequence[Lesson]) -> None:
        """The same incident again replaces what was there. The record has them already."""
        clean = await asyncio.to_thread(self._cleaned, lessons)
        await self._store(await self._opened(), list(clean.values()))

    async def forget(self, incidents: Sequence[str]) -> int:
        """How many were there and are gone. The record has dropped them already, or they would come back."""
        opened = await self._opened()
        for incident in incidents:
            opened.lessons.pop(incident, None)
        return await self._use(opened, lambda: opened.index.drop(incidents))

    async def state(self) -> State:
        """Opens the index; MemoryUnavailable says why it cannot be."""
        return State(embedder=self._embedder.id, lessons=len((await self._opened()).lessons))

    async def close(self) -> None:
        """Let go of the index and its folder. A rebuild that is under way goes on at the next opening."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait([opening])
            if not opening.cancelled() and opening.exception() is None:
                await self._close(opening.result())
        self._place.release()

    async def _nearest(self, text: str, question: Question, width: int) -> list[Candidate]:
        opened = await self._opened()
        vector = (await self._embedder.embed([text]))[0]
        hits = await self._use(
            opened, lambda: opened.index.nearest(vector, question.service, question.alert_names, width)
        )
        if any(not _current(hit, opened) for hit in hits):
            # Another worker remembered or forgot something since the record was read.
            opened.lessons = await self._recorded()
        return [Candidate(opened.lessons[hit.id], hit.similarity) for hit in hits if _current(hit, opened)]

    async def _opened(self) -> _Open:
        """The open index. It is opened in a task of its own, which goes on when whoever asked stops waiting."""
        if self._opening is None:
            self._refuse_soon_after_a_failure()
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._note)
        return await asyncio.shield(self._opening)

    def _refuse_soon_after_a_failure(self) -> None:
        if self._failed and not passed(self._failed[0], self._deadlines.retry, self._clock.now()):
            raise MemoryUnavailable(self._failed[1])

    def _note(self, opening: "asyncio.Task[_Open]") -> None:
        if opening.cancelled():
            return
        error = opening.exception()
        self._failed = (self._clock.now(), str(error)) if error else None
        if error and self._opening is opening:
            self._opening = None

    async def _open(self) -> _Open:
        dimension = (await self._embedder.embed(["incident"])).shape[1]
        try:
            opened = await self._made(dimension, fresh=False)
        except IndexBroken as broken:
            log.warning("the index of past incidents is made anew from the record", reason=str(broken))
            opened = await self._made(dimension, fresh=True)
        await self._call(self._place.tidy)
        return opened

    async def _made(self, dimension: int, *, fresh: bool) -> _Open:
        index = await self._call(lambda: self._place.open(self._embedder.id, dimension, fresh=fresh))
        opened = _Open(index, {})
        async with AsyncExitStack() as unless_it_works:
            unless_it_works.push_async_callback(self._close, opened)
            await self._reconcile(opened)
            # A vector file that cannot be read shows in a query alone.
            await self._call(lambda: index.nearest(np.ones(dimension, dtype=np.float32), width=1))
            unless_it_works.pop_all()
        return opened

    async def _reconcile(self, opened: _Open) -> None:
        """Index what is on the record, drop what is not."""
        # The index before the record: a lesson that another worker adds meanwhile is then never taken for a stale one.
        there = await self._call(opened.index.digests)
        recorded = await self._recorded()
        if stale := [incident for incident in there if incident not in recorded]:
            await self._call(lambda: opened.index.drop(stale))
        opened.lessons = {one: lesson for one, lesson in recorded.items() if there.get(one) == _digest(lesson)}
        await self._store(opened, [lesson for one, lesson in recorded.items() if one not in opened.lessons])

    async def _recorded(self) -> dict[str, Lesson]:
        return await asyncio.to_thread(self._cleaned, await self._records())

    def _cleaned(self, lessons: Sequence[Lesson]) -> dict[str, Lesson]:
        """Ready to be remembered. One that the redactor refuses is left out, and said."""
        clean = {}
        for lesson in lessons:
            try:
                clean[lesson.incident] = wording.cleaned(lesson, self._redact)
            except Refused as refused:
                log.warning("a lesson is not remembered", incident=lesson.incident, reason=str(refused))
        return clean

    def _safe(self, text: str) -> str:
        try:
            return self._redact(wording.plain_line(text))
        except Refused as refused:
            raise MemoryUnavailable(f"The memory was not asked: {refused}") from refused

    async def _store(self, opened: _Open, lessons: Sequence[Lesson]) -> None:
        for start in range(0, len(lessons), _CHUNK):
            chunk = lessons[start : start + _CHUNK]
            vectors = await self._embedder.embed([wording.of_lesson(lesson) for lesson in chunk])
            rows = [row(lesson, _digest(lesson), vector) for lesson, vector in zip(chunk, vectors, strict=True)]
            await self._use(opened, partial(opened.index.put, rows))
            opened.lessons |= {lesson.incident: lesson for lesson in chunk}

    async def _use(self, opened: _Open, call: Callable[[], Result]) -> Result:
        """What the call gives. An index that fails is given up, and the next who asks opens it again."""
        try:
            return await self._call(call)
        except IndexBroken:
            if self._opening and self._opening.done() and self._opening.result() is opened:
                self._opening = None
                await self._close(opened)
            raise

    async def _call(self, call: Callable[[], Result]) -> Result:
        return await self._lane.run(call, self._deadlines.call)

    async def _in_time(self, work: Awaitable[Result]) -> Result:
        try:
            async with asyncio.timeout(self._deadlines.recall.total_seconds()):
                return await work
        except TimeoutError:
            rebuilding = self._opening is not None and not self._opening.done()
            doing = "is being rebuilt from the record" if rebuilding else "did not answer in time"
            raise MemoryUnavailable(f"The memory of past incidents {doing}.") from None

    async def _close(self, opened: _Open) -> None:
        try:
            await self._lane.idle(self._deadlines.recall)
            await self._call(opened.index.close)
        except MemoryUnavailable as error:
            log.warning("the index of past incidents was left open", reason=str(error))


def _current(hit: Hit, opened: _Open) -> bool:
    lesson = opened.lessons.get(hit.id)
    return lesson is not None and _digest(lesson) == hit.digest


def _digest(lesson: Lesson) -> str:
    return digest(lesson.model_dump(mode="json"))
