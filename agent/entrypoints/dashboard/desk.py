"""Which pages are there beside the incidents?  What waits, is silenced, remembered, recorded, and how much it is."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.domain.approval import ApprovalStatus
from agent.domain.job import SLOTS
from agent.entrypoints.auth import application_of, views_of
from agent.entrypoints.dashboard.forms import fields
from agent.entrypoints.dashboard.looks import Desk
from agent.entrypoints.dashboard.pages import Page, page
from agent.entrypoints.dashboard.steps import CONDITIONS
from agent.entrypoints.dashboard.visitor import SignedIn, check_form
from agent.identity.roles import require_every_team
from agent.storage import anchors
from agent.storage.lessons import SEARCHED
from agent.views import PAGE
from agent.views.numbers import NAMED, TARGET

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)

_DECIDED = 50
"""Decisions that the inbox shows below what waits."""


@router.get("/approvals")
async def approvals(request: Request, who: SignedIn) -> Response:
    """What waits for a human, then what was decided lately."""
    views = views_of(request)
    sequence = await views.journal_head()
    known = await views.approvals()
    waiting = [one for one in known if one.status is ApprovalStatus.PENDING]
    return page(
        request,
        "approvals.html",
        who,
        waiting=waiting,
        decided=[one for one in known if one.status is not ApprovalStatus.PENDING][:_DECIDED],
        looks=Desk(who.caller),
        load=await views.load(),
        sequence=sequence,
    )


@router.get("/silences")
async def silences(request: Request, who: SignedIn) -> Response:
    """What opens no incident, or pages nobody, by whom, until when."""
    silencing = application_of(request).service.silencing
    active = [one for one in await silencing.active(who.caller) if not one.name]
    windows = await silencing.maintenance(who.caller)
    looks, places = Desk(who.caller), range(CONDITIONS)
    return page(request, "silences.html", who, active=active, windows=windows, looks=looks, places=places)


@router.get("/memory")
async def memory(
    request: Request, who: SignedIn, q: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = ""
) -> Response:
    """What was learned from incidents that are over."""
    found = await views_of(request).lessons(q.strip())
    return page(request, "memory.html", who, lessons=found, q=q, most=PAGE, searched=SEARCHED)


@router.get("/noise")
async def noise(request: Request, who: SignedIn, days: Annotated[int, Query(ge=1, le=90)] = 7) -> Response:
    """Alerts in, incidents out."""
    application = application_of(request)
    found = await views_of(request).noise(application.clock.now() - timedelta(days=days))
    return page(request, "noise.html", who, noise=found, days=days, named=NAMED)


@router.get("/capacity")
async def capacity(request: Request, who: SignedIn) -> Response:
    """How busy it is, and how many workers it takes."""
    found = await views_of(request).capacity()
    return page(request, "capacity.html", who, found=found, target=TARGET, slots=SLOTS)


@router.get("/audit")
async def audit(
    request: Request,
    who: SignedIn,
    before: Annotated[int, Query(ge=0, le=2**53)] = 0,
    incident: Annotated[str, Query(max_length=100, pattern=r"^[A-Za-z0-9._:-]*$")] = "",
) -> Response:
    """The journal, the newest first."""
    entries = await views_of(request).latest(before, limit=100, incident=incident)
    return page(request, "audit.html", who, entries=entries, incident=incident, before=before, verdict=None)


@router.post("/audit")
async def verify(request: Request, who: SignedIn) -> Response:
    """Is the journal what was written?  Reads all of it; one at a time."""
    said = await fields(request)
    check_form(request, who, said.get("csrf", ""))
    require_every_team(who.caller)
    application = application_of(request)
    record = application.record
    async with request.app.state.verifying:
        kept = await asyncio.to_thread(anchors.read, application.settings.anchors)
        verdict = await record.database.read(lambda connection: record.chain.verify(connection, kept))
    entries = await views_of(request).latest(limit=100)
    found = {"number": verdict[0], "wrong": verdict[1], "anchors": len(kept)}
    return page(request, "audit.html", who, entries=entries, incident="", before=0, verdict=found)
