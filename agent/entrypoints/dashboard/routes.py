"""Which pages are there?  Thin: ask the views, fill the template; decisions go through the service."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import NotFound, Unauthenticated
from agent.domain.incident import IncidentStatus
from agent.entrypoints.auth import application_of, holder
from agent.entrypoints.dashboard import pages
from agent.entrypoints.dashboard.codes import codes_of
from agent.entrypoints.dashboard.forms import fields
from agent.entrypoints.dashboard.looks import Looks, list_moves
from agent.entrypoints.dashboard.pages import Page, page
from agent.entrypoints.dashboard.visitor import SignedIn, check_form, cookie_for, no_cookie
from agent.identity.roles import require

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]
_OWN_PAGE = re.compile(r"/|/incidents/[A-Za-z0-9._:-]{1,100}(/report)?")


@router.get("/")
async def incidents(
    request: Request,
    who: SignedIn,
    status: IncidentStatus | None = None,
    q: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    cursor: Annotated[str, Query(max_length=100, pattern=r"^[A-Za-z0-9._:-]*$")] = "",
) -> Response:
    """Every incident, the newest first; above them, what waits for a human."""
    views = application_of(request).views
    found = await views.incidents(status or "", q, cursor=cursor)
    load = await views.load()
    return page(
        request,
        "incidents.html",
        who,
        found=found,
        diagnoses=await views.diagnoses([one.id for one in found.incidents]),
        asked=await views.approvals(ApprovalStatus.PENDING),
        load=load,
        statuses=list(IncidentStatus),
        chosen=status or "",
        q=q,
        moving=list_moves(found.incidents, load),
    )


@router.get("/incidents/{incident}")
async def incident(request: Request, who: SignedIn, incident: Id) -> Response:
    """Everything about one incident, in the order in which it is needed at night."""
    seen = await application_of(request).views.incident(incident)
    return page(request, "incident.html", who, seen=seen, looks=Looks(seen, who.caller))


@router.get("/incidents/{incident}/report")
async def report(request: Request, who: SignedIn, incident: Id) -> Response:
    """The report of the latest run that has one, as it was written."""
    seen = await application_of(request).views.incident(incident)
    written = [run.report for run in seen.runs if run.report]
    if not written:
        raise NotFound(f"There is no report on {incident} yet.")
    return page(request, "report.html", who, seen=seen, report=written[-1])


@router.post("/incidents/{incident}/approvals/{approval}")
async def decide(request: Request, who: SignedIn, incident: Id, approval: Id) -> Response:
    """A human approves or denies."""
    said = await fields(request)
    check_form(request, who, said.get("csrf", ""))
    require(who.caller, "approve:low")
    application = application_of(request)
    if (await application.views.approval(approval)).incident != incident:
        raise NotFound(f"{incident} has no approval {approval}.")
    try:
        decision = Decision(said.get("decision", ""))
    except ValueError as error:
        raise HTTPException(422, "It can be approved or denied, nothing else.") from error
    await application.service.people.decide(
        approval, decision, who.caller, via="dashboard", comment=said.get("reason", "").strip()
    )
    return RedirectResponse(f"/incidents/{incident}#approval", 303)


@router.get("/login")
async def login(request: Request, to: Annotated[str, Query(max_length=200)] = "/") -> Response:
    """Where a key is pasted."""
    return page(request, "login.html", None, to=_own(to), wrong=False)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """A valid key that may read opens a session."""
    said = await fields(request)
    to = _own(said.get("to", "/"))
    try:
        caller = await holder(request, said.get("key", "").strip())
    except Unauthenticated:
        return page(request, "login.html", None, status=401, to=to, wrong=True)
    require(caller, "read")
    return RedirectResponse(to, 303, headers={"Set-Cookie": cookie_for(request, caller)})


@router.get("/enter/{code}")
async def enter(request: Request, code: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]) -> Response:
    """The address that is printed when the agent starts: it signs the local operator in, once."""
    application = application_of(request)
    if application.identity.local_operator is None:
        raise HTTPException(410, "Somebody has a key of their own by now; sign in with a key.")
    # The place is checked first: a request from elsewhere must not use the code up.
    caller = await holder(request, application.identity.local_operator)
    if not codes_of(application).redeem(code, application.clock.now()):
        raise HTTPException(410, "This address has been used, or is older than 15 minutes; sign in with a key.")
    # No redirect: after one that began on another site, a browser would not send the SameSite=Strict cookie.
    answer = page(request, "entered.html", None)
    answer.headers["Set-Cookie"] = cookie_for(request, caller)
    return answer


@router.post("/logout")
async def logout(request: Request, who: SignedIn) -> Response:
    said = await fields(request)
    check_form(request, who, said.get("csrf", ""))
    return RedirectResponse("/login", 303, headers={"Set-Cookie": no_cookie(request)})


@router.get("/static/dashboard.css")
async def stylesheet() -> Response:
    return Response(pages.style(), media_type="text/css", headers={"Cache-Control": "public, max-age=86400, immutable"})


def _own(to: str) -> str:
    """Nobody is sent elsewhere after signing in."""
    return to if _OWN_PAGE.fullmatch(to) else "/"
