"""Where do alerts and changes come in?  A 202 with a receipt once they are on the disk; never a 4xx for a bad item."""

import secrets
from time import perf_counter
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.domain.errors import AgentError, Unauthenticated
from agent.entrypoints import bodies
from agent.entrypoints.auth import Guarded, Sender, application_of, authenticate, holder, target
from agent.identity.credentials import key_in
from agent.identity.roles import Caller, require
from agent.ingest import pagerduty
from agent.ingest.body import MAX_BODY
from agent.storage.alerts import Receipt

router = APIRouter(route_class=Guarded, tags=["intake"])
unguarded = APIRouter(tags=["intake"])
"""For clients of PagerDuty, which carry their key in the body."""

INTEGRATIONS = ("alertmanager", "datadog", "grafana", "pagerduty", "generic", "changes")
PAGERDUTY_MOST = 512 * 1024
"""Bytes of one event, as at PagerDuty."""

_DESCRIBED: dict[str, Any] = {
    "status_code": 202,
    "response_class": JSONResponse,
    "responses": {
        202: {"description": "On the disk: how many alerts (or changes) were read, and how many parts could not be."},
        503: {"description": "Overloaded, or the disk is; nothing was stored, send it again."},
    },
    "openapi_extra": {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}},
}


def _route(integration: str) -> None:
    async def receive(request: Request, caller: Sender) -> Response:
        return await _receive(request, integration, caller)

    router.add_api_route(
        f"/webhooks/{integration}", receive, methods=["POST"], name=f"webhook {integration}", **_DESCRIBED
    )


for _integration in INTEGRATIONS:
    _route(_integration)


@unguarded.post("/v2/enqueue", **_DESCRIBED)
async def enqueue(request: Request) -> Response:
    """PagerDuty's own address and answer: the routing key is one of our keys with the scope `ingest`."""
    with request.app.state.room.share() as share:
        content = await bodies.read(request, share, PAGERDUTY_MOST)
        if len(content) > PAGERDUTY_MOST:
            raise HTTPException(413, f"An event has at most {PAGERDUTY_MOST} bytes.", {"Connection": "close"})
        caller = await _event_caller(request, content)
        content, key = pagerduty.keyed(content, lambda: secrets.token_hex(16))
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


async def _receive(request: Request, integration: str, caller: Caller) -> Response:
    with request.app.state.room.share() as share:
        content = await bodies.read(request, share, MAX_BODY)
        receipt = await _store(request, integration, caller, content)
    # What may be left of a body over the cap stays in the connection; it cannot carry another request.
    headers = {"Connection": "close"} if len(content) > MAX_BODY else None
    return JSONResponse(_told(receipt), 202, headers)


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
