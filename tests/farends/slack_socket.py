"""What does Slack do at the other end of a Socket Mode line?  A real WebSocket server that keeps Slack's rules.

It greets, sends envelopes down one of the open lines, takes acknowledgements, and sends again what got none.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

T = TypeVar("T")
MOST_LINES = 10
_FAREWELL = 0.2
"""Seconds between the word that a line will be closed and its end; Slack takes ten."""
_PATIENCE = 120
"""Seconds that an acknowledgement may take: a line that is lost is opened again within one minute."""


@dataclass(eq=False)
class _Line:
    response: web.WebSocketResponse
    request: web.Request
    stale: bool = False
    leaving: bool = False

    @property
    def usable(self) -> bool:
        return not (self.leaving or self.response.closed)


@dataclass
class Sent:
    """An envelope, and what was said to it."""

    body: dict[str, Any]
    acknowledged: "Future[dict[str, Any]]" = field(default_factory=Future)
    times: int = 0


class SocketEnd:
    """From `start` to `stop`, in a thread of its own."""

    def __init__(self) -> None:
        self.opened = 0
        """Lines there have been."""
        self.sent: list[Sent] = []
        self._lines: list[_Line] = []
        self._tickets: set[str] = set()
        self._counter = count(1)
        self._lose = 0
        self._twice = False
        self._loop = asyncio.new_event_loop()
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._port.result(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the lines could not be closed"

    def ticket(self) -> str:
        """The address of a line, good once."""
        name = f"{next(self._counter)}"
        self._tickets.add(name)
        return f"ws://127.0.0.1:{self._port.result(30)}/link/?ticket={name}"

    @property
    def lines(self) -> int:
        return sum(one.usable for one in self._lines)

    def lose_acknowledgements(self, number: int) -> None:
        """The next ones do not arrive, and Slack sends again."""
        self._lose = number

    def send_twice(self) -> None:
        """From now on each envelope comes twice, as it may."""
        self._twice = True

    async def deliver(self, kind: str, payload: dict[str, Any], *, answers: bool) -> dict[str, Any]:
        """The acknowledgement of an envelope; `answers`: it may carry an answer."""
        sent = Sent(
            {
                "envelope_id": f"envelope-{next(self._counter)}",
                "type": kind,
                "payload": payload,
                "accepts_response_payload": answers,
            }
        )
        self.sent.append(sent)
        for _ in range(2 if self._twice else 1):
            self._there(self._send(sent))
        async with asyncio.timeout(_PATIENCE):
            return await asyncio.wrap_future(sent.acknowledged)

    def say(self, text: str | bytes) -> None:
        """Anything, down every line."""
        self._there(self._to_all(lambda line: _say(line, text))).result(30)

    def disconnect(self, reason: str) -> None:
        """Tells it on every line, and closes them a little later."""
        self._there(self._to_all(lambda line: self._farewell(line, reason))).result(30)

    def drop(self) -> None:
        """Every line breaks without a word."""
        self._there(self._to_all(_cut)).result(30)

    def go_stale(self) -> None:
        """The lines stay open, and nobody listens or answers any more."""
        for line in self._lines:
            line.stale = True

    def _there(self, work: Coroutine[None, None, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _to_all(self, act: Callable[[_Line], Coroutine[None, None, None]]) -> None:
        for line in [one for one in self._lines if one.usable]:
            with suppress(ConnectionError):
                await act(line)

    async def _farewell(self, line: _Line, reason: str) -> None:
        await _say(line, json.dumps({"type": "disconnect", "reason": reason}))
        line.leaving = True
        self._loop.call_later(_FAREWELL, lambda: self._loop.create_task(_close(line)))

    async def _send(self, sent: Sent) -> None:
        """Down any line; again while it is not acknowledged."""
        while not sent.acknowledged.done():
            usable = [one for one in self._lines if one.usable and not one.stale]
            if usable:
                line = usable[sent.times % len(usable)]
                try:
                    await line.response.send_json({**sent.body, "retry_attempt": sent.times})
                    sent.times += 1
                except ConnectionError:
                    line.leaving = True  # It is as good as closed: the next one is taken.
            for _ in range(40):  # Slack waits three seconds
                await asyncio.sleep(0.05 if usable else 0.01)
                if sent.acknowledged.done() or (usable and line.response.closed) or not usable:
                    break
            if self._twice and sent.times >= 1:
                break

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self._serve())
        self._port.set_result(runner.addresses[0][1])
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _serve(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/link/", self._link)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        line = _Line(web.WebSocketResponse(timeout=0.5, autoping=False), request)
        await line.response.prepare(request)
        if self.lines >= MOST_LINES:
            await _say(line, json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
            return line.response
        self._lines.append(line)
        self.opened += 1
        hello = {"type": "hello", "num_connections": self.lines, "connection_info": {"app_id": "A0"}}
        await line.response.send_json(hello)
        await self._listen(line)
        return line.response

    async def _listen(self, line: _Line) -> None:
        async for message in line.response:
            if line.stale:
                continue
            if message.type is WSMsgType.PING:
                await line.response.pong(message.data)
            if message.type is WSMsgType.TEXT:
                self._acknowledged(json.loads(message.data))

    def _acknowledged(self, answer: dict[str, Any]) -> None:
        if self._lose:
            self._lose -= 1
            return
        for sent in self.sent:
            if sent.body["envelope_id"] == answer["envelope_id"] and not sent.acknowledged.done():
                sent.acknowledged.set_result(answer)


async def _say(line: _Line, text: str | bytes) -> None:
    await (line.response.send_str(text) if isinstance(text, str) else line.response.send_bytes(text))


async def _close(line: _Line) -> None:
    await line.response.close()


async def _cut(line: _Line) -> None:
    line.leaving = True
    if line.request.transport is not None:
        line.request.transport.abort()
