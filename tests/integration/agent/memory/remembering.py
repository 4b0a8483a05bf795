"""What the tests of memory need: a record that can be edited, a clock that stands still, lessons to remember."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.domain.errors import Refused
from agent.memory.chroma import ChromaMemory, Deadlines
from agent.memory.embedding import Embedder, HashingEmbedder
from agent.memory.importing import from_jsonl
from agent.memory.place import Folder, Place
from agent.ports import Lesson
from tests.clocks import NOON, Clock

NOW = NOON
HERE = Path(__file__).parent


class Record:
    """The record of lessons, as the memory reads it; counts how often."""

    def __init__(self, *lessons: Lesson) -> None:
        self.lessons = {lesson.incident: lesson for lesson in lessons}
        self.read = 0

    async def all(self) -> list[Lesson]:
        self.read += 1
        return list(self.lessons.values())


def lesson(incident: str = "i1", **changes: Any) -> Lesson:
    usual = Lesson(
        incident=incident,
        title="Checkout answers with 500 under load",
        service="checkout",
        alert_names=("CheckoutErrorRate",),
        symptom="errors",
        component="postgres",
        fault="resource_pool",
        cause="The connection pool was exhausted.",
        remedy="Raised the limit of the pool.",
        outcome="recovered",
        confirmed_by="dana",
        closed_at=NOW - timedelta(days=10),
    )
    return usual.model_copy(update=changes)


def thirty() -> list[Lesson]:
    """The thirty past incidents of incidents.jsonl, imported as a keeper would import them."""
    with (HERE / "incidents.jsonl").open("rb") as lines:
        imported = from_jsonl(lines, NOW)
    assert imported.unusable == ()
    return list(imported.lessons)


@asynccontextmanager
async def remembering(
    place: Path | Place,
    record: Record,
    embedder: Embedder | None = None,
    *,
    clock: Clock | None = None,
    deadlines: Deadlines | None = None,
) -> AsyncIterator[ChromaMemory]:
    """An open memory, closed again at the end."""
    memory = ChromaMemory(
        Folder(place) if isinstance(place, Path) else place,
        embedder or HashingEmbedder(),
        record.all,
        _redacted,
        clock or Clock(),
        deadlines=deadlines or Deadlines(recall=timedelta(seconds=20)),
    )
    try:
        yield memory
    finally:
        await memory.close()


def _redacted(text: str) -> str:
    if "unspeakable" in text:
        raise Refused("It cannot be redacted.")
    return text.replace("hunter2", "[password]")


def incidents(found: Sequence[object]) -> list[str]:
    return [getattr(one, "incident") for one in found]  # noqa: B009 (lessons and recalled ones alike)
