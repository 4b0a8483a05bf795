"""What is happening now?  The journal as server-sent events, for pages and scripts that stay connected.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from agent.bootstrap import Application
from agent.domain.clocks import passed
from agent.domain.event import Recorded
from agent.entrypoints.auth import Guarded, Reader, application_of, views_of
from agent.entrypoints.rates import Places
from agent.identity.roles import Caller

router = APIRouter(prefix="/api", route_class=Guarded, tags=["journal"])

PAUSE = timedelta(milliseconds=250)
"""Between two looks at the journal."""
LOOK = timedelta(seconds=1)
"""After so long without news a reader's connection is looked at."""
BEAT = 15
"""Looks without news after which a comment shows that the connection lives."""
MOST = 400
"""Readers at once in one process, and no more with one key than are left free."""
LONGEST = timedelta(minutes=10)
"""Then a connection ends: who comes back is asked anew who they are, and misses nothing."""
KEPT = 1_000
"""Entries that readers a little behind are given without asking the record."""


class Tail:
    """The end of the journal, looked at once for all readers of a process, and only while there are any."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._entries: deque[Recorded] = deque(maxlen=KEPT)
        self._read_to = 0
        self._news = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None
        self._places = Places(MOST)
        self.count = 0
        """How many are reading."""
        self.ended = False
        """The process stops: readers come back to the next one."""

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """A reader's. HTTPException when there are too many readers, or too many of the same name."""
        with self._places.one(who) as got:
            if not got:
                raise HTTPException(503, "Too many readers are connected, or too many with your key; try again.")
            self.count += 1
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            try:
                yield
            finally:
                self._leave()

    def _leave(self) -> None:
        self.count -= 1
        if self.count == 0 and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def after(self, sequence: int) -> Sequence[Recorded]:
        """The entries after that one; none when there is no news for `LOOK`. Raises what stopped the looking."""
        if sequence < self._read_to:
            return self._known(sequence) or await self._application.views.audit(sequence)
        if self._looking is not None and self._looking.done():
            self._looking.result()
        try:
            async with asyncio.timeout(LOOK.total_seconds()), self._news:
                await self._news.wait_for(lambda: sequence < self._read_to)
        except TimeoutError:
            return ()
        return self._known(sequence)

    def _known(self, sequence: int) -> Sequence[Recorded]:
        """What is kept after that one; nothing when it has gone by."""
        if not self._entries or sequence < self._entries[0].sequence - 1:
            return ()
        return [entry for entry in self._entries if entry.sequence > sequence]

    async def _look(self) -> None:
        self._entries.clear()
        self._read_to = await self._application.views.journal_head()
        while True:
            if found := await self._application.views.audit(self._read_to):
                async with self._news:
                    self._entries.extend(found)
                    self._read_to = found[-1].sequence
                    self._news.notify_all()
            else:
                await self._application.clock.sleep(PAUSE)


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    _: Reader,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> StreamingResponse:
    """From the entry after `after` (or the Last-Event-ID of a reader that lost its connection), or from now on."""
    return await stream(request, _written, after, last_event_id)


async def stream(
    request: Request, written: Callable[[Recorded], str], after: int | None, last_event_id: str
) -> StreamingResponse:
    """The journal as events, each entry as `written` says."""
    tail: Tail = request.app.state.tail
    start = int(last_event_id) if last_event_id.isdecimal() else after
    position = await views_of(request).journal_head() if start is None else start
    caller: Caller = request.state.caller
    return _Stream(tail, caller.name, _told(request, tail, written, position))


class _Stream(StreamingResponse):
    """Takes a place as it begins, so that a burst passes no limit, and gives it back however it ends."""

    def __init__(self, tail: Tail, who: str, told: AsyncIterator[str]) -> None:
        super().__init__(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._tail, self._who = tail, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._tail.place(self._who):
            await super().__call__(scope, receive, send)


async def _told(request: Request, tail: Tail, written: Callable[[Recorded], str], after: int) -> AsyncIterator[str]:
    quiet, clock, views = 0, application_of(request).clock, views_of(request)
    began = clock.now()
    yield ": connected\n\n"
    while not (tail.ended or passed(began, LONGEST, clock.now()) or await request.is_disconnected()):
        entries = await tail.after(after)
        if entries:
            after = entries[-1].sequence
            yield "".join([written(entry) for entry in await views.theirs(entries)])
        quiet = 0 if entries else quiet + 1
        if quiet == BEAT:
            quiet = 0
            yield ": still here\n\n"


def _written(entry: Recorded) -> str:
    # JSON holds no bare newline, which alone could end the field.
    return f"id: {entry.sequence}\nevent: {entry.event.type}\ndata: {entry.model_dump_json()}\n\n"
