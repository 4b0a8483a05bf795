"""What do tests, evaluations and replays put in the place of the world? Parts that ship with the product."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agent.ports import Lesson, Recalled


class FastClock:
    """Time that passes `speed` times as fast, so that a wait of a minute is tried in seconds."""

    def __init__(self, speed: float = 20.0, began: datetime | None = None) -> None:
        """`began`: when it was right; two processes that agree on it have the same time."""
        self._speed = speed
        self._began = began or datetime.now(UTC)

    def now(self) -> datetime:
        return self._began + (datetime.now(UTC) - self._began) * self._speed

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds() / self._speed)


class NoMemory:
    """`ports.Memory` of somebody who has seen nothing before, and keeps nothing."""

    async def recall(self, title: str, service: str, alert_names: Sequence[str], symptom: str) -> list[Recalled]:  # noqa: ARG002 (there is nothing to look in)
        return []

    async def search(self, text: str, limit: int = 10) -> list[tuple[Lesson, float]]:  # noqa: ARG002 (the same)
        return []

    async def remember(self, lessons: Sequence[Lesson]) -> None:
        pass

    async def forget(self, incidents: Sequence[str]) -> int:  # noqa: ARG002 (there is nothing to forget)
        return 0
