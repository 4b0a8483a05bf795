"""What is happening now?  The journal as server-sent events, for pages and scripts that stay connected.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse

from agent.bootstrap import Application
from agent.domain.event import Recorded
from agent.entrypoints.auth import Guarded, Reader, application_of

router = APIRouter(prefix="/api", route_class=Guarded, tags=["journal"])

PAUSE = timedelta(milliseconds=500)
"""Between two looks at the journal."""
BEAT = 30
"""Looks without news after which a comment shows that the connection lives."""
MOST = 100
"""Readers at once in one process."""


class Readers:
    """How many are connected."""

    def __init__(self) -> None:
        self.count = 0


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    _: Reader,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> StreamingResponse:
    """From the entry after `after` (or the Last-Event-ID of a reader that lost its connection), or from now on."""
    readers: Readers = request.app.state.readers
    if readers.count >= MOST:
        raise HTTPException(503, f"{MOST} readers are connected; try again.")
    application = application_of(request)
    start = int(last_event_id) if last_event_id.isdecimal() else after
    position = await application.views.journal_head() if start is None else start
    stream = _stream(application, request, readers, position)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(application: Application, request: Request, readers: Readers, after: int) -> AsyncIterator[str]:
    readers.count += 1
    quiet = 0
    try:
        yield ": connected\n\n"
        while not await request.is_disconnected():
            entries = await application.views.audit(after)
            for entry in entries:
                yield _written(entry)
                after = entry.sequence
            quiet = 0 if entries else quiet + 1
            if quiet == BEAT:
                quiet = 0
                yield ": still here\n\n"
            if not entries:
                await application.clock.sleep(PAUSE)
    finally:
        readers.count -= 1


def _written(entry: Recorded) -> str:
    # JSON holds no bare newline, which alone could end the field.
    return f"id: {entry.sequence}\nevent: {entry.event.type}\ndata: {entry.model_dump_json()}\n\n"
