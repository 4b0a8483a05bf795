"""How does a delivery of Slack's arrive over HTTP?  Signed by Slack just now, or not at all."""

from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent.bootstrap import Application
from agent.domain.errors import Unauthenticated
from agent.entrypoints import bodies
from agent.entrypoints.slack.deliveries import WAITS, Deliveries, payload_of
from agent.entrypoints.slack.incoming import Challenge, Delivered, parsed
from agent.entrypoints.slack.signature import signed
from agent.telemetry import Log

log = Log(__name__)

PATH = "/slack/events"
LARGEST = 256 * 1024
"""Bytes of one delivery: a click brings the whole message along."""


def routes() -> list[Route]:
    """One address for events, commands and interactions. It asks for no key of ours: Slack's signature is the key."""
    return [Route(PATH, _receive, methods=["POST"])]


async def _receive(request: Request) -> Response:
    door: Door = request.app.state.slack
    with request.app.state.room.share() as share:
        body = await bodies.read(request, share, LARGEST, WAITS)
    return await door.receive(request, body)


class Door:
    """What Slack's posts pass, for one application."""

    def __init__(self, application: Application) -> None:
        secret = application.settings.slack_signing_secret
        self._secret = secret.get_secret_value().encode() if secret else b""
        self._clock = application.clock
        self._deliveries = Deliveries(application, application.slack) if application.slack else None

    def open(self) -> AbstractAsyncContextManager[None]:
        """What Slack delivered and nobody has done is done until the block ends, whoever heard it."""
        return self._deliveries.open() if self._deliveries else nullcontext()

    async def receive(self, request: Request, body: bytes) -> Response:
        """Unauthenticated unless Slack signed these bytes within the last five minutes."""
        deliveries = self._deliveries
        if deliveries is None or not self._secret or not self._signed(request, body):
            log.warning("refused", path=PATH)
            raise Unauthenticated("This was not signed by Slack.")
        delivered = _parsed(request, body)
        if isinstance(delivered, Challenge):
            return PlainTextResponse(delivered.challenge)
        payload = payload_of(await deliveries.take(delivered)) if delivered else None
        return JSONResponse(payload) if payload else Response(status_code=200)

    def _signed(self, request: Request, body: bytes) -> bool:
        return len(body) <= LARGEST and signed(self._secret, request.headers, body, self._clock.now())


def _parsed(request: Request, body: bytes) -> Delivered | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    try:
        return parsed(kind, body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "The delivery was not understood.") from error
