"""What does the agent answer over HTTP?  The application: its routes, and what holds for every one of them."""

import asyncio
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.bootstrap import Application
from agent.entrypoints import events, health, memory, rest, slack, webhooks
from agent.entrypoints.auth import Guarded, Reader
from agent.entrypoints.bodies import Room
from agent.entrypoints.counting import Counting
from agent.entrypoints.dashboard import router as dashboard
from agent.entrypoints.events import Tail
from agent.entrypoints.mcp.door import router as mcp
from agent.entrypoints.problems import LastResort, install, problem
from agent.entrypoints.rates import Turnstile
from agent.entrypoints.webhooks import Senders
from agent.identity.local import loopback, may_use_local_key
from agent.storage.writable import Writable

OPEN = frozenset({"/livez", "/readyz", "/v2/enqueue", "/slack/events"})
"""The routes that ask for no Authorization header: PagerDuty's key stands in the body, and Slack signs its requests."""

_ALIVE = "/livez"
"""Never refused: whoever floods the agent must not have it restarted."""


def create_app(application: Application) -> FastAPI:
    """The web side of a running installation. It opens and closes nothing."""
    app = FastAPI(
        title="incident-agent",
        summary="Alerts come in; checked diagnoses and approved actions come out.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
    )
    _furnish(app, application)
    app.state.tail = Tail(application)
    app.state.verifying = asyncio.Lock()
    app.state.senders = Senders()
    app.state.slack = slack.Door(application)
    add_routes(app)
    return app


def add_routes(app: FastAPI) -> None:
    """Every one there is."""
    app.router.routes.extend([*webhooks.routes(), *slack.routes()])
    for router in (rest.router, memory.router, events.router, mcp, health.open_router, health.router):
        app.include_router(router)
    app.router.add_api_route("/openapi.json", _openapi, route_class_override=Guarded, include_in_schema=False)
    app.include_router(dashboard)


def create_probe(application: Application) -> FastAPI:
    """What a worker answers: is it alive, is it ready, and its numbers."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    _furnish(app, application)
    for router in (health.open_router, health.router):
        app.include_router(router)
    return app


def _furnish(app: FastAPI, application: Application) -> None:
    """With what holds for every route, of whichever process."""
    app.state.application = application
    app.state.room = Room()
    app.state.turnstile = Turnstile(application.config.rates, application.meters)
    app.state.counting = Counting(application)
    app.state.writable = Writable(application.record.database)
    install(app)
    app.add_middleware(Everywhere, turnstile=app.state.turnstile, loopback_only=loopback(application.settings.host))
    app.add_middleware(LastResort)


async def _openapi(request: Request, _: Reader) -> Response:
    """The interface, described."""
    app: FastAPI = request.app
    return JSONResponse(_described(app.openapi()))


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"}}
    components = schema.get("components", {}) | {"securitySchemes": schemes}
    paths = webhooks.described() | schema["paths"]
    return schema | {"paths": paths, "components": components, "security": [{"bearer": []}, {"basic": []}]}


def _name(route: APIRoute) -> str:
    return route.name.replace(" ", "_")


class Everywhere:
    """The right Host where it matters, nobody too often, and answers that cannot be sniffed, framed or kept."""

    def __init__(self, app: ASGIApp, *, turnstile: Turnstile, loopback_only: bool) -> None:
        self._app = app
        self._turnstile = turnstile
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer = self._wrong_host(scope) or self._too_often(scope) or self._app
            await answer(scope, receive, _with_headers(send))
        else:
            await self._app(scope, receive, send)

    def _wrong_host(self, scope: Scope) -> Response | None:
        """A page elsewhere whose name resolves to this machine still sends that name (DNS rebinding).

        Of two, a proxy before us may have gone by the other one (RFC 9112, section 3.2).
        """
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) > 1:
            return problem(400, "The request has more than one Host header.", {"Connection": "close"})
        if not self._loopback_only:
            return None
        client = scope.get("client")
        leave = may_use_local_key(client[0] if client else "", next(iter(hosts), None))
        return None if leave.allowed else problem(421, leave.reason, {"Connection": "close"})

    def _too_often(self, scope: Scope) -> Response | None:
        client, path = scope.get("client"), scope["path"]
        if path == _ALIVE:
            return None
        refused = self._turnstile.source(client[0] if client else "", path)
        return problem(refused.status_code, refused.detail, refused.headers) if refused else None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            set_already = {name for name, _ in headers}
            message["headers"] = [*headers, *(one for one in _HEADERS if one[0] not in set_already)]
        await send(message)

    return sending


_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
