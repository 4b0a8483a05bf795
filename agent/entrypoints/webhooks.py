"""Where do alerts and changes come in?  A 202 with a receipt once they are on the disk; never a 4xx for a bad item."""

import secrets
from functools import partial
from time import monotonic, perf_counter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.domain.errors import AgentError, Unauthenticated
from agent.entrypoints import bodies
from agent.entrypoints.auth import application_of, authenticate, holder, peer, target
from agent.entrypoints.rates import turnstile_of
from agent.identity.credentials import key_in
from agent.identity.roles import Caller, require
from agent.ingest import pagerduty
from agent.ingest.body import MAX_BODY
from agent.ingest.senders import PARSERS
from agent.storage.alerts import Receipt

INTEGRATIONS = (*PARSERS, "changes")
PAGERDUTY_MOST = 512 * 1024
"""Bytes of one event, as at PagerDuty."""


def routes() -> list[Route]:
    """Plain routes: in a storm what a framework does around each request is most of its cost."""
    own = [Route(f"/webhooks/{name}", partial(receive, integration=name), methods=["POST"]) for name in INTEGRATIONS]
    return [*own, Route("/v2/enqueue", enqueue, methods=["POST"])]


def described() -> dict[str, Any]:
    """These routes as OpenAPI paths."""
    return {route.path: {"post": _described(route.path)} for route in routes()}


async def receive(request: Request, integration: str) -> Response:
    """What a monitoring or CI system posts."""
    caller = await request.app.state.senders.who(request)
    require(caller, "ingest")
    with turnstile_of(request).sender(request, caller), request.app.state.room.share(caller.name) as share:
        content = await bodies.read(request, share, MAX_BODY)
        receipt = await _store(request, integration, caller, content)
    # What may be left of a body over the cap stays in the connection; it cannot carry another request.
    headers = {"Connection": "close"} if len(content) > MAX_BODY else None
    return JSONResponse(_told(receipt), 202, headers)


class Senders:
    """Whose keys were shown just now, so that a storm does not ask the record for the same key again and again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Caller, float]] = {}

    async def who(self, request: Request) -> Caller:
        """A key that is revoked meanwhile is good for sending alerts for one more second, and for nothing else."""
        shown = ",".join(request.headers.getlist("authorization"))
        caller, until = self._known.get(shown, (None, 0.0))
        if caller is None or monotonic() > until or key_in(target(request)):
            caller = await authenticate(request)
            if len(self._known) > _SENDERS:
                self._known.clear()
            self._known[shown] = caller, monotonic() + 1
        return caller


_SENDERS = 1_000


async def enqueue(request: Request) -> Response:
    """PagerDuty's own address and answer: the routing key is one of our keys with the scope `ingest`."""
    with request.app.state.room.share(peer(request)) as share:
        content = await bodies.read(request, share, PAGERDUTY_MOST)
        if len(content) > PAGERDUTY_MOST:
            raise HTTPException(413, f"An event has at most {PAGERDUTY_MOST} bytes.", {"Connection": "close"})
        caller = await _event_caller(request, content)
        content, key = pagerduty.keyed(content, lambda: secrets.token_hex(16))
        with turnstile_of(request).sender(request, caller):
            receipt = await _store(request, "pagerduty", caller, content)
    answer = {"status": "success", "message": "Event processed", "dedup_key": key}
    return JSONResponse(answer | _told(receipt), 202)


async def _event_caller(request: Request, content: bytes) -> Caller:
    if "authorization" in request.headers:
        caller = await authenticate(request)
    elif key_in(target(request)):
        raise Unauthenticated
    else:
        caller = await holder(request, pagerduty.routing_key(content))
    require(caller, "ingest")
    return caller


async def _store(request: Request, integration: str, caller: Caller, content: bytes) -> Receipt:
    application = application_of(request)
    intake, meters, started = application.service.intake, application.meters, perf_counter()
    code = "500"
    try:
        if integration == "changes":
            receipt = await intake.receive_changes(caller.name, content)
        else:
            receipt = await intake.receive(integration, caller.name, content)
        code = "202"
    except AgentError:
        code = "503"
        raise
    finally:
        meters.webhooks.labels(integration, code).inc()
        meters.intake_seconds.labels(integration).observe(perf_counter() - started)
    return receipt


def _told(receipt: Receipt) -> dict[str, object]:
    return {"accepted": receipt.accepted, "quarantined": receipt.quarantined, "receipt": receipt.id}


def _described(path: str) -> dict[str, Any]:
    return {
        "summary": path.removeprefix("/webhooks/").capitalize() if path != "/v2/enqueue" else "PagerDuty Events API v2",
        "tags": ["intake"],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "202": {"description": "On the disk: how many alerts (or changes) were read, and how many parts were not."},
            "401": {"description": "No valid key."},
            "503": {"description": "Overloaded, or the disk is; nothing was stored, send it again."},
        },
    }
