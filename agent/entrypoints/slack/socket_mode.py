"""How do Slack's deliveries arrive where Slack cannot reach us?  We call Slack and keep a line open: Socket Mode.

Slack sends each delivery down one of the app's lines, ten at most, so that each process may keep one. What is not
acknowledged comes again, down any of them. A line lives for hours, and Slack says before it closes one: the next is
opened first, and the old one is listened to until its end.

slack_sdk's own client is not used: it asks again every five seconds for ever, also with a token that was revoked, and
closes the old line before it has a new one.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from random import Random
from typing import Annotated, Literal

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from agent.bootstrap import Application
from agent.domain.errors import AgentError
from agent.entrypoints.slack.deliveries import Deliveries, Told, payload_of
from agent.entrypoints.slack.incoming import enveloped
from agent.notify.slack_api import SlackApi
from agent.ports import Clock
from agent.queue.retry import backoff
from agent.telemetry import Log
from tools.base import BackendError, Unsure

log = Log(__name__)

LARGEST = 1024 * 1024
"""Bytes of one envelope; a larger one ends the line."""
HEARTBEAT = timedelta(seconds=20)
"""A line on which nothing is heard for half as long again is dead, though nobody closed it."""
_FAREWELL = timedelta(seconds=15)
"""Slack closes a line about ten seconds after it has said so."""
_LASTING = timedelta(seconds=10)
"""After a line that lasted so long the next one is opened at once."""
_LONGEST_PAUSE = timedelta(seconds=60)
_LAST_WORDS = timedelta(seconds=5)
_CLOSING = aiohttp.ClientWSTimeout(ws_close=1)
"""Slack does not answer a farewell."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Hello(_Message):
    type: Literal["hello"]
    num_connections: int = 1


class _Disconnect(_Message):
    type: Literal["disconnect"]
    reason: Annotated[str, Field(max_length=100)] = ""
    """`warning`, `refresh_requested`: it ends soon; `too_many_websockets`; `link_disabled`: it was switched off."""


class _Envelope(_Message):
    type: Literal["events_api", "interactive", "slash_commands"]
    envelope_id: Annotated[str, Field(min_length=1, max_length=200)]
    payload: dict[str, JsonValue]
    accepts_response_payload: bool = False


_READ: TypeAdapter[_Hello | _Disconnect | _Envelope] = TypeAdapter(_Hello | _Disconnect | _Envelope)


@asynccontextmanager
async def connected(application: Application, heartbeat: timedelta = HEARTBEAT) -> AsyncIterator[None]:
    """A line to Slack for as long as the block lasts; none when there is no `SLACK_APP_TOKEN`."""
    token = application.settings.slack_app_token
    if token is None or application.slack is None:
        if token is not None:
            log.warning("SLACK_APP_TOKEN has no effect without SLACK_BOT_TOKEN")
        yield
        return
    deliveries = Deliveries(application, application.slack)
    socket = Socket(deliveries, application.slack.api, token.get_secret_value(), application.clock, heartbeat)
    listening = asyncio.create_task(socket.listen())
    try:
        yield
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await deliveries.end()


class Socket:
    def __init__(
        self, deliveries: Deliveries, api: SlackApi, token: str, clock: Clock, heartbeat: timedelta = HEARTBEAT
    ) -> None:
        """`token`: the app's, `xapp-…`."""
        self._deliveries = deliveries
        self._api = api
        self._token = token
        self._clock = clock
        self._heartbeat = heartbeat
        self._chance = Random()  # noqa: S311 (jitter, not a secret)
        self._lines: set[aiohttp.ClientWebSocketResponse] = set()
        self._answers: set[asyncio.Task[None]] = set()
        self._partings: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """For ever: one line after the other, at a growing distance while none lasts."""
        async with aiohttp.ClientSession(trust_env=True) as session:
            try:
                await self._one_after_the_other(session)
            finally:
                await self._leave()

    async def _one_after_the_other(self, session: aiohttp.ClientSession) -> None:
        failures = 0
        while True:
            since = self._clock.now()
            log.info("the line to Slack has ended", reason=await self._line(session))
            failures = 0 if self._clock.now() - since > _LASTING else failures + 1
            if failures:
                await self._clock.sleep(backoff(failures, self._chance, longest=_LONGEST_PAUSE))

    async def _line(self, session: aiohttp.ClientSession) -> str:
        """One line; why it ended."""
        try:
            url = await self._api.socket_address(self._token)
            line = await session.ws_connect(
                url, heartbeat=self._heartbeat.total_seconds(), max_msg_size=LARGEST, timeout=_CLOSING
            )
        except (BackendError, Unsure, aiohttp.ClientError, TimeoutError) as error:
            return f"it was not to be had: {error or type(error).__name__}"
        self._lines.add(line)
        why = await self._hear(line)
        _keep(self._partings, self._part(line))
        return why

    async def _hear(self, line: aiohttp.ClientWebSocketResponse) -> str:
        """Until it breaks or Slack wants us to take another one; why."""
        async for message in line:
            match _read(message):
                case _Hello(num_connections=number):
                    log.info("a line to Slack stands", lines=number)
                case _Disconnect(reason=reason):
                    return f"Slack wants it so: {reason}"
                case _Envelope() as envelope:
                    _keep(self._answers, self._answer(line, envelope))
        return f"it was closed ({line.close_code})"

    async def _part(self, line: aiohttp.ClientWebSocketResponse) -> None:
        """What still comes down a line that ends, and the answers to it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL.total_seconds()):
                while not line.closed:
                    await self._hear(line)
        await line.close()
        self._lines.discard(line)

    async def _answer(self, line: aiohttp.ClientWebSocketResponse, envelope: _Envelope) -> None:
        """Acknowledged when it is done, or under way; not when it failed, so that it comes again."""
        delivered = enveloped(envelope.type, envelope.payload)
        told: Told = None
        try:
            told = await self._deliveries.take(delivered) if delivered else None
            await line.send_json(_acknowledged(envelope, told))
        except (AgentError, SQLAlchemyError) as error:
            log.warning("a delivery of Slack's was not done", reason=f"{type(error).__name__}: {error}")
        except ConnectionError:
            if delivered:
                self._deliveries.tell(delivered, told)

    async def _leave(self) -> None:
        """Hear no more; say what is still to be said, and close."""
        for parting in self._partings:
            parting.cancel()
        if self._answers:
            await asyncio.wait(self._answers, timeout=_LAST_WORDS.total_seconds())
        for line in self._lines:
            await line.close()


def _keep(where: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
    """Until it is done: asyncio itself holds its tasks loosely."""
    task = asyncio.create_task(work)
    where.add(task)
    task.add_done_callback(where.discard)


def _acknowledged(envelope: _Envelope, told: Told) -> dict[str, JsonValue]:
    payload = payload_of(told) if envelope.accepts_response_payload else None
    return {"envelope_id": envelope.envelope_id, **({"payload": payload} if payload else {})}


def _read(message: aiohttp.WSMessage) -> _Hello | _Disconnect | _Envelope | None:
    if message.type is not aiohttp.WSMsgType.TEXT:
        return None
    try:
        return _READ.validate_json(message.data)
    except (ValidationError, ValueError):
        log.warning("something of Slack's was not understood", size=len(message.data))
        return None
