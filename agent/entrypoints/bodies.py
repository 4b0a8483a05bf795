"""How much of a body is read, and for how long?  As it streams in, so that no sender costs more than its share."""

import asyncio
from collections import Counter
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
    """What all bodies under way may take together, and none whose sender is named more than is left free.

    So there is room for the others' (Choudhury & Hahne, 1998).
    """

    def __init__(self, most: int = 32 * 2**20) -> None:
        self._most = most
        self._taken = 0
        self._of: Counter[str] = Counter()

    @contextmanager
    def share(self, sender: str = "") -> Iterator["Share"]:
        """Given back at the end."""
        share = Share(self, sender)
        try:
            yield share
        finally:
            self._taken -= share.size
            if sender:
                self._give_back(sender, share.size)

    def take(self, size: int, sender: str = "") -> None:
        free = self._most - self._taken
        if size > free or (sender and self._of[sender] + size > free):
            raise HTTPException(503, "Too many bodies are on their way in; try again.")
        self._taken += size
        if sender:
            self._of[sender] += size

    def _give_back(self, sender: str, size: int) -> None:
        self._of[sender] -= size
        if self._of[sender] <= 0:
            del self._of[sender]


class Share:
    """What one request takes of the room."""

    def __init__(self, room: Room, sender: str) -> None:
        self._room = room
        self._sender = sender
        self.size = 0

    def take(self, size: int) -> None:
        self._room.take(size, self._sender)
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
