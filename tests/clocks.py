"""What time is it, in a test?"""

import asyncio
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """`ports.Clock` that stands still until it is moved: by hand, or by whoever waits."""

    def __init__(self, time: datetime = NOON) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time

    async def sleep(self, duration: timedelta) -> None:
        self.time += duration


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


class SetClock:
    """The time, and somebody sets it."""

    by = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())
