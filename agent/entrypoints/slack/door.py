"""How does a delivery of Slack's become a use case?  Checked, answered within three seconds, done once."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from hashlib import sha256

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent.bootstrap import Application
from agent.domain.errors import AgentError, Unauthenticated
from agent.entrypoints import bodies
from agent.entrypoints.slack.clicks import FIELD, Clicks
from agent.entrypoints.slack.commands import Commands
from agent.entrypoints.slack.incoming import (
    Challenge,
    Click,
    Command,
    Delivered,
    Event,
    Submitted,
    id_of,
    parsed,
    workspace_of,
)
from agent.entrypoints.slack.members import Members
from agent.entrypoints.slack.questions import Asked
from agent.entrypoints.slack.signature import Heard, signed
from agent.notify.slack import SlackChannel
from agent.notify.slack_api import Text
from agent.telemetry import Log
from tools.base import BackendError, Unsure

log = Log(__name__)

PATH = "/slack/events"
LARGEST = 256 * 1024
"""Bytes of one delivery: a click brings the whole message along."""
WAITS = timedelta(seconds=2)
"""How long an answer waits for the work; Slack gives up after three seconds."""

Told = Text | str | None
"""A command's answer; what is wrong with a form; nothing to tell."""


def routes() -> list[Route]:
    """One address for events, commands and interactions. It asks for no key of ours: Slack's signature is the key."""
    return [Route(PATH, _receive, methods=["POST"])]


async def _receive(request: Request) -> Response:
    door: Door = request.app.state.slack
    with request.app.state.room.share() as share:
        body = await bodies.read(request, share, LARGEST, WAITS)
    return await door.receive(request, body)


class Door:
    """What Slack's deliveries pass, for one application."""

    def __init__(self, application: Application) -> None:
        secret = application.settings.slack_signing_secret
        self._application = application
        self._secret = secret.get_secret_value().encode() if secret else b""
        self._heard = Heard()
        self._under_way: set[asyncio.Task[Told]] = set()

    async def receive(self, request: Request, body: bytes) -> Response:
        """Unauthenticated unless Slack signed these bytes within the last five minutes."""
        now, slack = self._application.clock.now(), self._application.slack
        if (
            not self._secret
            or slack is None
            or len(body) > LARGEST
            or not signed(self._secret, request.headers, body, now)
        ):
            log.warning("refused", path=PATH)
            raise Unauthenticated("This was not signed by Slack.")
        delivered = _parsed(request, body)
        if isinstance(delivered, Challenge):
            return PlainTextResponse(delivered.challenge)
        if delivered is None or not self._ours(delivered):
            return Response(status_code=200)
        id_ = id_of(delivered) or sha256(body).hexdigest()
        if not self._heard.first_time(id_, now):
            return Response(status_code=200)
        return await self._answered(slack, delivered, id_)

    def _ours(self, delivered: Delivered) -> bool:
        workspace = self._application.config.slack.workspace
        return not workspace or workspace_of(delivered) == workspace

    async def _answered(self, slack: SlackChannel, delivered: Delivered, id_: str) -> Response:
        """With what came of it, if it is there in time; otherwise what came of it is told later."""
        work = self._begin(self._work(slack, delivered))
        await asyncio.wait({work}, timeout=WAITS.total_seconds())
        if not work.done():
            work.add_done_callback(lambda _: self._tell_later(slack, delivered, work))
            return Response(status_code=200)
        try:
            return _with(work.result())
        except (AgentError, SQLAlchemyError):
            self._heard.forget(id_)
            raise

    def _begin(self, work: Coroutine[None, None, Told]) -> asyncio.Task[Told]:
        """It is kept until it is done: asyncio itself holds its tasks loosely."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _work(self, slack: SlackChannel, delivered: Delivered) -> Told:
        members = Members(self._application.identity.keys, self._application.config.slack.people)
        clicks = Clicks(self._application, slack, members, self._later)
        match delivered:
            case Click():
                await clicks.click(delivered)
            case Submitted():
                return await clicks.submit(delivered)
            case Command():
                return await Commands(self._application, slack, members, clicks).run(delivered)
            case Event():
                await Asked(self._application, slack, members).answer(delivered.event)
        return None

    def _later(self, reply: Coroutine[None, None, None]) -> None:
        """What a person is shown beside the answer: no click waits for it."""
        self._begin(_replied(reply))

    def _tell_later(self, slack: SlackChannel, delivered: Delivered, work: asyncio.Task[Told]) -> None:
        if work.cancelled() or (error := work.exception()):
            log.error("a delivery of Slack's was not done", because=None if work.cancelled() else error)
        elif isinstance(delivered, Command) and isinstance(told := work.result(), Text):
            self._later(slack.api.respond(delivered.response_url, told))


async def _replied(reply: Coroutine[None, None, None]) -> Told:
    try:
        await reply
    except (AgentError, BackendError, Unsure) as error:
        log.warning("a reply did not reach Slack", reason=str(error))
    return None


def _parsed(request: Request, body: bytes) -> Delivered | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    try:
        return parsed(kind, body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "The delivery was not understood.") from error


def _with(told: Told) -> Response:
    match told:
        case Text():
            blocks = list(told.blocks)
            return JSONResponse({"response_type": "ephemeral", "text": told.text, "blocks": blocks})
        case str():
            return JSONResponse({"response_action": "errors", "errors": {FIELD: told}})
    return Response(status_code=200)
