"""What comes of a delivery of Slack's, by whichever door it came?  Done once for all processes, and told in time.

It is on the disk before it is answered, and stays there until it is done: what a process that died had heard, the next
one does.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from hashlib import sha256

from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError

from agent.bootstrap import Application
from agent.bootstrap.tokens import people_with_tokens
from agent.domain.errors import AgentError
from agent.entrypoints.slack.clicks import FIELD, Clicks
from agent.entrypoints.slack.commands import Commands
from agent.entrypoints.slack.incoming import (
    Click,
    Command,
    Delivered,
    Event,
    Submitted,
    again,
    id_of,
    kept,
    workspace_of,
)
from agent.entrypoints.slack.members import Members
from agent.entrypoints.slack.questions import Asked
from agent.notify.render_slack import worded
from agent.notify.slack import SlackChannel
from agent.notify.slack_api import Text
from agent.storage.deliveries import SqlDeliveries
from agent.telemetry import Log
from tools.base import BackendError, Unsure

log = Log(__name__)

WAITS = timedelta(seconds=2)
"""How long an answer waits for the work; Slack gives up after three seconds."""
_DONE_BY_NOW = timedelta(seconds=150)
"""Nothing takes longer, answers of a model included: whoever heard it has died, or failed, and it is done again."""
_LOOK = timedelta(seconds=15)
"""How often it is looked whether there is such a thing."""
_GRACE = timedelta(seconds=20)
"""How long a stop waits for what is under way."""
_ROOM = 200
"""Questions, commands and forms under way at once; more wait for their turn."""
_CLICKS = 2
"""Clicks under way at once: however many there are, the next one is answered first."""
_REPLIES = 2
"""Replies under way at once: however many people click, the next click comes first."""

Told = Text | str | None
"""A command's answer; what is wrong with a form; nothing to tell."""


class Deliveries:
    def __init__(self, application: Application, slack: SlackChannel) -> None:
        self._application = application
        self._slack = slack
        secrets = application.identity.secrets
        self._heard = SqlDeliveries(
            application.record.database, application.clock, secrets.derive("deliveries"), secrets.former("deliveries")
        )
        self._room = asyncio.Semaphore(_ROOM)
        self._clicks = asyncio.Semaphore(_CLICKS)
        self._replying = asyncio.Semaphore(_REPLIES)
        self._under_way: set[asyncio.Task[Told]] = set()
        self._in_line: set[str] = set()
        """Ids of what waits for its turn here, or has it: however long that takes, it is not done beside itself."""

    async def take(self, delivered: Delivered) -> Told:
        """What came of it, if that is there in time; otherwise it is told later, and this says nothing.

        For a click it is always later: that is shown on the card, and to the person when it could not be done.
        Raises what kept it from being kept: it may be delivered again.
        """
        workspace = self._application.config.slack.workspace
        if workspace and workspace_of(delivered) != workspace:
            return None
        id_ = sha256(id_of(delivered).encode()).hexdigest()
        if not await self._heard.first_time(id_, kept(delivered)):
            return None
        work = self._begin(self._in_turn(id_, delivered))
        if not isinstance(delivered, Click):
            await asyncio.wait({work}, timeout=WAITS.total_seconds())
            if work.done() and not work.exception():
                return work.result()
        work.add_done_callback(partial(self._tell_later, delivered))
        return None

    def tell(self, delivered: Delivered, told: Told) -> None:
        """To the person alone, where an answer could not be given any more."""
        if isinstance(delivered, Click | Command) and isinstance(told, Text):
            self._later(self._slack.api.respond(delivered.response_url, told))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Until the block ends, what was heard and not done is done as well; at its end, what is under way."""
        looking = asyncio.create_task(self._look_after_what_is_left())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await self.end()

    async def end(self) -> None:
        """Let what is under way come to its end, for a while; the rest is on the record, for the next process."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE.total_seconds()):
                while self._under_way:
                    await asyncio.wait(self._under_way)
        for work in self._under_way:
            work.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _look_after_what_is_left(self) -> None:
        while True:
            try:
                for left in await self._heard.left(_DONE_BY_NOW):
                    if left.id in self._in_line:
                        continue
                    delivered = again(left.delivery)
                    work = self._begin(self._in_turn(left.id, delivered))
                    work.add_done_callback(partial(self._tell_later, delivered))
            except (AgentError, SQLAlchemyError) as error:
                log.warning("what Slack delivered earlier could not be looked for", because=error)
            await self._application.clock.sleep(_LOOK)

    async def _in_turn(self, id_: str, delivered: Delivered) -> Told:
        self._in_line.add(id_)
        try:
            async with self._clicks if isinstance(delivered, Click) else self._room:
                told = await self._work(delivered)
                await self._heard.done(id_)
                return told
        finally:
            self._in_line.discard(id_)

    async def _work(self, delivered: Delivered) -> Told:
        settings, config = self._application.settings, self._application.config
        members = Members(self._application.identity.keys, config.slack.people, people_with_tokens(settings, config))
        clicks = Clicks(self._application, self._slack, members, self._later)
        match delivered:
            case Click():
                await clicks.click(delivered)
            case Submitted():
                return await clicks.submit(delivered)
            case Command():
                return await Commands(self._application, self._slack, members, clicks).run(delivered)
            case Event():
                await Asked(self._application, self._slack, members).answer(delivered.event)
        return None

    def _begin(self, work: Coroutine[None, None, Told]) -> asyncio.Task[Told]:
        """It is kept until it is done: asyncio itself holds its tasks loosely."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    def _later(self, reply: Coroutine[None, None, None]) -> None:
        """What a person is shown beside the answer: no click waits for it."""
        self._begin(self._replied(reply))

    async def _replied(self, reply: Coroutine[None, None, None]) -> Told:
        try:
            async with self._replying:
                await reply
        except (AgentError, BackendError, Unsure) as error:
            log.warning("a reply did not reach Slack", reason=str(error))
        return None

    def _tell_later(self, delivered: Delivered, work: asyncio.Task[Told]) -> None:
        if work.cancelled():
            return
        if error := work.exception():
            log.error("a delivery of Slack's was not done", because=error)
            sentence = "That could not be done at the moment. It is tried again within minutes; the page works too."
            self.tell(delivered, worded(sentence))
        else:
            self.tell(delivered, work.result())


def payload_of(told: Told) -> dict[str, JsonValue] | None:
    """As Slack reads it in an answer; None for an empty one."""
    match told:
        case Text():
            return {"response_type": "ephemeral", "text": told.text, "blocks": list(told.blocks)}
        case str():
            return {"response_action": "errors", "errors": {FIELD: told}}
    return None
