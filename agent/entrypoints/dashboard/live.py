"""Has something on this page changed?  The journal for whoever is signed in: what kind of thing, where, no more.

The page then asks for itself again, and puts in what is different; so there is one way of showing things.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import StreamingResponse

from agent.domain.event import Recorded
from agent.entrypoints.dashboard.pages import Page
from agent.entrypoints.dashboard.visitor import SignedIn
from agent.entrypoints.events import stream

router = APIRouter(route_class=Page, include_in_schema=False)


@router.get("/live", response_class=StreamingResponse)
async def live(
    request: Request,
    _: SignedIn,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> StreamingResponse:
    """From the entry after `after`, which is where the page was made."""
    return await stream(request, _written, after, last_event_id)


def _written(entry: Recorded) -> str:
    told = {"type": entry.event.type, "incident": entry.event.incident or "", "sequence": entry.sequence}
    return f"id: {entry.sequence}\ndata: {json.dumps(told)}\n\n"
