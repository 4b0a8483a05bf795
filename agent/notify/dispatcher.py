"""What has happened that somebody has not been told yet? Follows the journal, one cursor a channel."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from agent.domain.clocks import passed
from agent.ports import Channel, Clock, Follower
from agent.telemetry import Log
from tools.base import BackendError, Unsure

log = Log(__name__)

PAGE = 100
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=2)


class Later(Exception):
    """The far end cannot take it now; the channel tries the same entry again."""


_PASSING = (Later, BackendError, Unsure)
"""After these a channel waits, and only that one."""


class Dispatcher:
    """Tells each channel, in order, what it has not been told; a channel that is down keeps only itself waiting."""

    def __init__(
        self,
        journal: Follower,
        channels: Sequence[Channel],
        clock: Clock,
        mine: Callable[[], Awaitable[bool]],
        more: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """`mine`: of all processes, is it this one that tells?  `more`: what is told beside the journal."""
        self._mine = mine
        self._more = more
        self._journal = journal
        self._channels = channels
        self._clock = clock
        self._pause: dict[str, timedelta] = {}
        self._waits: dict[str, tuple[datetime, timedelta]] = {}
        """Which channel, since when, and for how long."""

    async def dispatch(self) -> None:
        """One round over all channels, side by side; what one of them raises is raised when all have ended."""
        ended = await asyncio.gather(*(round_() for round_ in self.rounds), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    @property
    def rounds(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """One for each channel, to be called again and again: a far end that is slow keeps no other waiting."""
        channels = [partial(self._round, channel) for channel in self._channels]
        return (*channels, *(partial(self._if_mine, step) for step in self._more))

    async def _round(self, channel: Channel) -> None:
        waits = self._waits.get(channel.name)
        if (waits is None or passed(*waits, self._clock.now())) and await self._mine():
            await self._catch_up(channel)

    async def _if_mine(self, step: Callable[[], Awaitable[None]]) -> None:
        if await self._mine():
            await step()

    async def _catch_up(self, channel: Channel) -> None:
        cursor = await self._journal.followed(channel.name)
        entries = await self._journal.after(cursor, PAGE)
        told = cursor
        try:
            for entry in entries:
                if not await self._mine():
                    break
                await channel.tell(entry)
                told = entry.sequence
            self._pause.pop(channel.name, None)
        except _PASSING as reason:
            if told != cursor:  # It is getting on: the far end is slow, not away.
                self._pause.pop(channel.name, None)
            self._wait(channel.name, reason)
        finally:
            if told != cursor:
                await self._journal.follow(channel.name, told)

    def _wait(self, name: str, reason: Exception) -> None:
        pause = min(LONGEST_PAUSE, self._pause.get(name, FIRST_PAUSE / 2) * 2)
        self._pause[name] = pause
        self._waits[name] = self._clock.now(), pause
        log.warning("channel waits", channel=name, seconds=pause.total_seconds(), reason=str(reason))
