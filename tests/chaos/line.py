"""How is something put between the agent and what it calls?  A process of its own, which takes the connections."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def line(connected: Connected) -> Iterator[int]:
    """Its port; what is done there with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        if (child := os.fork()) == 0:
            try:
                asyncio.run(_listen(listening, connected))
            finally:
                os._exit(0)
        here = int(listening.getsockname()[1])
    try:
        yield here
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


async def _listen(listening: socket.socket, connected: Connected) -> None:
    async with await asyncio.start_server(connected, sock=listening) as server:
        await server.serve_forever()
