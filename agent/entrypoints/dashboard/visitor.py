"""Who is looking?  The session cookie names a key; what the key may do is asked anew at each request."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from agent.entrypoints.auth import application_of, check_place
from agent.entrypoints.rates import turnstile_of
from agent.identity import sessions
from agent.identity.roles import Caller, require


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in and may read."""

    caller: Caller
    session: sessions.Session
    csrf: str = field(repr=False)
    """What every form of theirs carries."""


async def visitor(request: Request) -> Visitor:
    """Unauthenticated without a session whose key is still valid; NotAllowed when that key may not read."""
    application = application_of(request)
    secret = application.identity.secrets.derive("sessions")
    cookie = request.cookies.get(sessions.cookie_name(secure=over_tls(request)), "")
    session = sessions.read(cookie, secret, application.clock.now())
    caller = await application.identity.keys.holder(session.key)
    check_place(request, caller)
    turnstile_of(request).caller(request, caller)
    require(caller, "read")
    request.state.caller = caller
    return Visitor(caller, session, sessions.csrf_token(session, secret))


SignedIn = Annotated[Visitor, Depends(visitor)]


def cookie_for(request: Request, caller: Caller) -> str:
    """The Set-Cookie header that opens a session for the holder of this key."""
    application = application_of(request)
    now = application.clock.now()
    value = sessions.issue(caller.key, application.identity.secrets.derive("sessions"), now)
    return sessions.set_cookie(value, now, secure=over_tls(request))


def no_cookie(request: Request) -> str:
    """The Set-Cookie header that ends it."""
    return sessions.set_cookie("", application_of(request).clock.now(), secure=over_tls(request))


def check_form(request: Request, who: Visitor, token: str) -> None:
    """NotAllowed unless a form of this session's own pages sent it."""
    sessions.check_csrf(token, who.session, application_of(request).identity.secrets.derive("sessions"))


def over_tls(request: Request) -> bool:
    """As the proxy in front says; whoever lies about it only keeps their own cookie from being used."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
