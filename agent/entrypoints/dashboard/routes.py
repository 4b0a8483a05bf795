"""Which pages are there of incidents?  Thin: ask the views, fill the template."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.domain.alert import Severity
from agent.domain.errors import NotFound
from agent.domain.incident import IncidentStatus
from agent.entrypoints.auth import views_of
from agent.entrypoints.dashboard import asking, desk, live, pages, signing, steps
from agent.entrypoints.dashboard.looks import ALERTS, Desk, Looks, list_moves
from agent.entrypoints.dashboard.markdown import blocks
from agent.entrypoints.dashboard.pages import Page, page
from agent.entrypoints.dashboard.visitor import SignedIn
from agent.entrypoints.rest import Id
from agent.ingest.senders import PARSERS
from agent.notify import charts
from agent.views import IncidentView, Load, Sought

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)

Statuses = Annotated[str, Query(max_length=100, pattern=r"^[a-z_,]*$")]
_TABS: tuple[tuple[str, tuple[IncidentStatus, ...]], ...] = (
    ("Need you", (IncidentStatus.AWAITING_APPROVAL, IncidentStatus.PARKED)),
    (
        "At work",
        (IncidentStatus.OPEN, IncidentStatus.INVESTIGATING, IncidentStatus.REMEDIATING, IncidentStatus.VERIFYING),
    ),
    ("Resolved", (IncidentStatus.RESOLVED,)),
    ("Closed", (IncidentStatus.CLOSED,)),
)
_SVG = {
    # What matplotlib draws has styles of its own; nothing else may be in it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "private, max-age=86400, immutable",
}


@router.get("/")
async def incidents(
    request: Request,
    who: SignedIn,
    *,
    status: Statuses = "",
    severity: Severity | Literal[""] = "",
    q: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    cursor: Annotated[str, Query(max_length=100, pattern=r"^[A-Za-z0-9._:-]*$")] = "",
) -> Response:
    """Every incident, the newest first; above them, what waits for a human."""
    sought = Sought(status=status, severity=severity, text=q, cursor=cursor)
    seen = await views_of(request).front(sought)
    return page(
        request,
        "incidents.html",
        who,
        seen=seen,
        tabs=_tabs(seen.load),
        sought=sought,
        severities=list(Severity),
        senders=list(PARSERS),
        moving=list_moves(seen.found.incidents, seen.load),
    )


@router.get("/incidents/{incident}")
async def incident(request: Request, who: SignedIn, incident: Id) -> Response:
    """Everything about one incident, in the order in which it is needed at night."""
    views = views_of(request)
    sequence = await views.journal_head()
    seen = await views.incident(incident)
    return page(request, "incident.html", who, seen=seen, looks=Looks(seen, who.caller), sequence=sequence)


@router.get("/incidents/{incident}/alerts")
async def alerts(
    request: Request, who: SignedIn, incident: Id, number: Annotated[int, Query(ge=1, le=10**6, alias="page")] = 1
) -> Response:
    """What it is made of, so many at a time."""
    seen = await views_of(request).incident(incident)
    begin = (number - 1) * ALERTS
    return page(
        request,
        "alerts.html",
        who,
        incident=seen.incident,
        listed=seen.alerts[begin : begin + ALERTS],
        begin=begin,
        number=number,
        total=len(seen.alerts),
        looks=Desk(who.caller),
    )


@router.get("/incidents/{incident}/charts/{evidence}-{theme}.svg")
async def chart(request: Request, _: SignedIn, incident: Id, evidence: Id, theme: Literal["light", "dark"]) -> Response:
    """What was measured, as it was stored with the incident; nothing is asked of any back end."""
    views = views_of(request)
    found = await views.evidence(incident, evidence)
    drawn = charts.chart_of(found, await views.opened_at(incident))
    if drawn is None:
        raise NotFound(f"There is nothing to draw of {evidence}.")
    picture = await asyncio.to_thread(charts.svg, drawn, theme)
    return Response(picture, media_type="image/svg+xml", headers=_SVG)


@router.get("/incidents/{incident}/report")
async def report(request: Request, who: SignedIn, incident: Id) -> Response:
    """The report of the latest run that has one."""
    seen = await views_of(request).incident(incident)
    return page(request, "report.html", who, seen=seen, blocks=blocks(_report(seen)))


@router.get("/incidents/{incident}/report.md")
async def report_as_text(request: Request, _: SignedIn, incident: Id) -> Response:
    """The same as it was written: Markdown."""
    seen = await views_of(request).incident(incident)
    named = {"Content-Disposition": f'attachment; filename="{incident.replace(":", "-")}.md"'}
    return Response(_report(seen), media_type="text/markdown; charset=utf-8", headers=named)


@router.get("/static/dashboard.css")
async def stylesheet() -> Response:
    return _kept(pages.static("dashboard.css"), "text/css")


@router.get("/static/dashboard.js")
async def script() -> Response:
    return _kept(pages.static("dashboard.js"), "text/javascript")


for part in (signing.router, desk.router, live.router, asking.router, steps.router):
    router.routes.extend(part.routes)


def _report(seen: IncidentView) -> str:
    written = [run.report for run in seen.runs if run.report]
    if not written:
        raise NotFound(f"There is no report on {seen.incident.id} yet.")
    return written[-1]


def _tabs(load: Load) -> list[tuple[str, str, int]]:
    """(what it is called, its statuses, how many there are)."""
    every = ("All", "", sum(load.incidents.values()))
    return [every, *((name, ",".join(of), sum(load.incidents.get(one, 0) for one in of)) for name, of in _TABS)]


def _kept(content: bytes, kind: str) -> Response:
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=86400, immutable"})
