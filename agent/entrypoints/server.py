"""How are requests taken off the wire?  By uvicorn, with the limits it lacks: time and size of a request's headers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

from agent.entrypoints.draining import Draining, DrainingServer

HEADERS_WITHIN = 10.0
"""Seconds from the connection, or from a request's first byte, to the end of its headers."""
MOST_HEADERS = 64 * 1024
"""Bytes of one request's headers, address included."""
MOST_WAITING = 16
"""Requests of one connection that may wait for the one before them: thousands fit into what is read at once."""
IDLE = 65
"""Seconds a connection is kept between two requests; longer than nginx keeps its own, so that it never loses one."""
DRAIN = 10
"""Seconds that requests under way have to end when the server stops."""
_LOOK_AGAIN = 0.01
"""Seconds."""


def server(app: Starlette, host: str, port: int) -> uvicorn.Server:
    """Ready to `serve()`; it ends when `should_exit` is set."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Patient,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        # Whoever connects says nothing about who they are: only the peer's own address counts.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=DRAIN,
    )
    return DrainingServer(config)


class Patient(Draining):
    """uvicorn's protocol, patient only for so long, with only so much."""

    _deadline: asyncio.TimerHandle | None = None
    _header_bytes = 0
    """That came so far; a body's first may be among them."""
    _parsed_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        # Addresses are never logged, whatever logging is set to: a key that was put into one by mistake would be.
        self.access_log = False
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is not None:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._deadline is not None and self._header_bytes > MOST_HEADERS:
            self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:
            self._await_headers()

    def on_url(self, url: bytes) -> None:
        self._take(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._take(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headers_came()
        if len(self.pipeline) >= MOST_WAITING:
            self.transport.close()
            raise ValueError("too many requests wait")  # The parser reads no further.
        super().on_headers_complete()

    def _take(self, size: int) -> None:
        """Of headers that all came at once."""
        self._parsed_bytes += size
        if self._parsed_bytes > MOST_HEADERS:
            self._refuse()
            raise ValueError("the headers are too long")  # The parser takes it for the end of the request.

    def _await_headers(self) -> None:
        self._header_bytes = self._parsed_bytes = 0
        self._deadline = self.loop.call_later(HEADERS_WITHIN, self._too_late)

    def _headers_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self) -> None:
        self._headers_came()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()


@asynccontextmanager
async def running(web: uvicorn.Server, sockets: list[socket.socket] | None = None) -> AsyncIterator[None]:
    """It listens for the length of the block, then stops; what is under way ends first."""
    task = asyncio.create_task(web.serve(sockets=sockets))
    try:
        while not web.started and not task.done():  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(_LOOK_AGAIN)
        yield
    finally:
        web.should_exit = True
        await task


def listening_on(running: uvicorn.Server) -> tuple[str, int]:
    """Address and port of a server that was started with port 0."""
    sockets: list[Any] = [socket for server in running.servers for socket in server.sockets]
    host, port = sockets[0].getsockname()[:2]
    return str(host), int(port)
