"""How does somebody come in, and go?"""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.domain.errors import Unauthenticated
from agent.entrypoints.auth import application_of, holder
from agent.entrypoints.dashboard.codes import codes_of
from agent.entrypoints.dashboard.forms import fields
from agent.entrypoints.dashboard.pages import Page, page
from agent.entrypoints.dashboard.visitor import SignedIn, check_form, cookie_for, no_cookie
from agent.identity.roles import require

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)

_OWN_PAGE = re.compile(
    r"/|/(approvals|silences|memory|noise|capacity|audit)|/incidents/[A-Za-z0-9._:-]{1,100}(/report)?"
)


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


def _own(to: str) -> str:
    """Nobody is sent elsewhere after signing in."""
    return to if _OWN_PAGE.fullmatch(to) else "/"
