"""How much of a body is read, and for how long?  As it streams in, so that no sender costs more than its share."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request

PATIENCE = timedelta(seconds=15)
"""For a whole body; what comes more slowly holds no place here."""
DRAINED = 64 * 2**20
"""Bytes over the cap that are read and thrown away, so that a sender hears the answer."""


class Room:
    """What all bodies under way may take together."""

    def __init__(self, most: int = 32 * 2**20) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._taken -= share.size

    def take(self, size: int) -> None:
        if self._taken + size > self._most:
            raise HTTPException(503, "Too many bodies are on their way in; try again.")
        self._taken += size


class Share:
    """What one request takes of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def take(self, size: int) -> None:
        self._room.take(size)
        self.size += size


async def read(request: Request, share: Share, most: int, patience: timedelta = PATIENCE) -> bytes:
    """The body, or its first `most` + 1 bytes when it has more: the caller sees by that one that it was cut.

    HTTPException 503 when it comes too slowly or there is no room, ClientDisconnect when it breaks off.
    """
    kept = bytearray()
    try:
        async with asyncio.timeout(patience.total_seconds()):
            await _fill(kept, request, share, most + 1)
    except TimeoutError:
        if len(kept) <= most:
            raise HTTPException(503, "The body came too slowly; try again.", {"Connection": "close"}) from None
    return bytes(kept)


async def _fill(kept: bytearray, request: Request, share: Share, most: int) -> None:
    thrown = 0
    async for chunk in request.stream():
        taken = chunk[: most - len(kept)]
        share.take(len(taken))
        kept += taken
        thrown += len(chunk) - len(taken)
        if thrown > DRAINED:
            return
