"""Who is answered when the server stops?  Whoever has connected by then, also those whom uvicorn would reset."""

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FIRST_WITHIN = 1.0
"""Seconds that a connection without a request so far may take for its first once the server stops."""
NEXT_WITHIN = 0.1
"""The same for one that has been answered before; uvicorn waits as long in any case."""
_TURNS = 3
"""Of the event loop, until asyncio has made a connection of what it has accepted."""


class Draining(HttpToolsProtocol):
    """A connection that ends, when the server stops, with the answer to what is on its way to it."""

    _last = False
    """What it is asked from now on is answered with `connection: close`."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._last:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        self._last = True
        if self._idle:
            self.loop.call_later(FIRST_WITHIN if self.cycle is None else NEXT_WITHIN, self._end)
        else:
            self.cycle.keep_alive = False

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _end(self) -> None:
        if self._idle and not self.transport.is_closing():
            self.transport.close()


class DrainingServer(uvicorn.Server):
    """Takes what has connected before it closes the door."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop, doors = asyncio.get_running_loop(), sockets or []
        for door in doors:
            loop.remove_reader(door)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        waiting = [connection for door in doors for connection in _waiting(door)]
        for server in self.servers:
            server.close()
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


def _waiting(door: socket.socket) -> list[socket.socket]:
    """Connections that nobody has accepted yet."""
    found: list[socket.socket] = []
    while True:
        try:
            connection, _ = door.accept()
        except OSError:
            return found
        connection.setblocking(False)
        found.append(connection)
