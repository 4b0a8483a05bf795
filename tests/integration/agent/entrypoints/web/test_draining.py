"""Whoever has connected when the server stops gets its answer, and hears that the connection ends with it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from agent.entrypoints import draining
from agent.entrypoints.server import running, server

pytestmark = pytest.mark.asyncio

ASKED = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nhi"
"""Whoever asks so would keep the connection."""
LONG = 60.0


class Door:
    """A server that stops when it is told to, while the test goes on."""

    def __init__(self) -> None:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self.web: uvicorn.Server = server(Starlette(routes=[Route("/", _echo, methods=["POST"])]), "127.0.0.1", 0)
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._serve())

    async def open(self) -> None:
        while not self.web.started:
            await asyncio.sleep(0.01)

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that the server knows of."""
        line = await asyncio.open_connection(*self.address)
        while not self.web.server_state.connections:
            await asyncio.sleep(0.01)
        return line

    async def closed(self) -> None:
        """Told to stop, it takes no more connections."""
        self._stop.set()
        while self.web.servers[0].is_serving():
            await asyncio.sleep(0.01)

    async def ended(self) -> None:
        self._stop.set()
        await self._task

    async def _serve(self) -> None:
        async with running(self.web, [self._listening]):
            await self._stop.wait()


@asynccontextmanager
async def opened() -> AsyncIterator[Door]:
    async with asyncio.timeout(LONG):
        door = Door()
        await door.open()
        try:
            yield door
        finally:
            await door.ended()


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def answered(reader: asyncio.StreamReader) -> tuple[str, bool]:
    """What it was answered, and whether it was told that nothing follows."""
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(2)
    return f"{head.split()[1].decode()} {body.decode()}", b"connection: close" in head.lower()


async def test_who_has_connected_and_not_asked_yet_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "FIRST_WITHIN", LONG)
    async with opened() as door:
        reader, writer = await door.connected()
        await door.closed()
        writer.write(ASKED)
        assert await answered(reader) == ("200 hi", True)
        assert await reader.read() == b""
        writer.close()


async def test_who_asks_again_on_a_kept_connection_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "NEXT_WITHIN", LONG)
    async with opened() as door:
        reader, writer = await door.connected()
        writer.write(ASKED)
        assert await answered(reader) == ("200 hi", False)
        await door.closed()
        writer.write(ASKED)
        assert await answered(reader) == ("200 hi", True)
        writer.close()


async def test_who_was_not_accepted_yet_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as line:
        async with opened() as door:
            stop = door.web.shutdown

            async def just_before(sockets: list[socket.socket] | None = None) -> None:
                # The event loop has no turn between this and the stop: the connection waits in the kernel.
                line.connect(door.address)
                line.sendall(ASKED)
                await stop(sockets)

            monkeypatch.setattr(door.web, "shutdown", just_before)
        line.settimeout(LONG)
        head, _, body = line.recv(10_000).partition(b"\r\n\r\n")
        assert (head.split()[1], b"connection: close" in head.lower(), body) == (b"200", True, b"hi")


async def test_a_connection_that_asks_for_nothing_holds_no_stop_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "FIRST_WITHIN", 0.01)
    async with opened() as door:
        reader, writer = await door.connected()
        await door.ended()
        assert await reader.read() == b""
        writer.close()
