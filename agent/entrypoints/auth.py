"""Who is calling, and may they?  Every route asks, unless it is on the short list of open ones."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any

from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agent.bootstrap import Application
from agent.domain.errors import NotAllowed, Unauthenticated
from agent.entrypoints import bodies
from agent.entrypoints.access import noted
from agent.entrypoints.rates import turnstile_of
from agent.identity.credentials import presented
from agent.identity.keys import LOCAL_OPERATOR
from agent.identity.local import may_use_local_key
from agent.identity.roles import Caller, Scope, require
from agent.identity.tokens import is_token
from agent.telemetry import Log
from agent.views import Views

log = Log(__name__)

SMALL = 64 * 1024
"""Bytes a request of a person or a program may have; webhooks have their own cap."""


def application_of(request: Request) -> Application:
    application: Application = request.app.state.application
    return application


def views_of(request: Request) -> Views:
    """The record, as far as this request's caller may see it."""
    caller: Caller = request.state.caller
    return application_of(request).views.seen_by(caller)


async def authenticate(request: Request) -> Caller:
    """Whose key or token the request carries. Unauthenticated, always in the same words, when it is nobody's."""
    try:
        shown = presented(request.headers.getlist("authorization"), target(request))
        tokens = application_of(request).identity.tokens
        return tokens.caller(shown) if tokens and is_token(shown) else await holder(request, shown)
    except Unauthenticated:
        log.warning("refused", peer=peer(request), path=request.scope["path"][:100])
        raise


async def holder(request: Request, token: str) -> Caller:
    """Whose key this is, if it may be used from where the request comes."""
    caller = await application_of(request).identity.keys.authenticate(token)
    check_place(request, caller)
    return caller


def check_place(request: Request, caller: Caller) -> None:
    """NotAllowed when the local operator's key does not come from this machine."""
    if caller.name != LOCAL_OPERATOR:
        return
    leave = may_use_local_key(peer(request), request.headers.get("host"))
    if not leave.allowed:
        raise NotAllowed(leave.reason)


def needs(scope: Scope) -> Depends:
    """A route's caller, who must have this scope."""

    async def caller(request: Request) -> Caller:
        known: Caller = request.state.caller
        require(known, scope)
        return known

    caller.__name__ = f"needs {scope}"
    return Depends(caller)


Reader = Annotated[Caller, needs("read")]
Asker = Annotated[Caller, needs("ask")]
Decider = Annotated[Caller, needs("approve:low")]
"""May steer the agent; what an action of a higher risk needs is checked with its approval."""
Starter = Annotated[Caller, needs("approve:high")]
Keeper = Annotated[Caller, needs("admin")]


class Guarded(APIRoute):
    """A route that knows its caller before it reads anything else of the request, and then no more than it should."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.caller = await authenticate(request)
            turnstile_of(request).caller(request, request.state.caller)
            if self.body_field is None:
                return await noted(request, await handle(request))
            return await noted(request, await handle(await _with_small_body(request)))

        return guarded


def target(request: Request) -> str:
    """The path with the query, as they came."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query).decode("latin-1")


async def _with_small_body(request: Request) -> Request:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise HTTPException(415, "The body must be application/json.")
    with request.app.state.room.share() as share:
        content = await bodies.read(request, share, SMALL, timedelta(seconds=5))
    if len(content) > SMALL:
        raise HTTPException(413, f"The body has more than {SMALL} bytes.", {"Connection": "close"})
    return _Read(request, content)


class _Read(Request):
    """A request whose body has been read."""

    def __init__(self, request: Request, content: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self._content = content

    async def body(self) -> bytes:
        return self._content


def peer(request: Request) -> str:
    """The address it comes from; empty when there is none."""
    return request.client.host if request.client else ""
