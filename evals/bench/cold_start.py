"""How long from a command to its first answer? Processes are new, data folders empty, the disk's cache as it is."""

import asyncio
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.bench.children import PATIENCE, end, free_port, start
from evals.bench.row import Row, in_turn


async def rows(folder: Path, runs: int) -> Sequence[Row]:
    """The service until it is ready, and the command line until it has told its commands."""
    return [
        await in_turn("cold start, serve to ready", "s", runs, partial(_serve, folder), _bare_web),
        await in_turn(
            "cold start, --help", "s", runs, partial(_ran, "-m", "agent", "--help"), partial(_ran, "-c", "pass")
        ),
    ]


async def _serve(folder: Path) -> float:
    with TemporaryDirectory(dir=folder) as data:
        return await _ready(free_port(), "-m", "agent", "serve", "--data", data)


async def _bare_web() -> float:
    port = free_port()
    return await _ready(port, "-m", "evals.bench.bare_web", str(port))


async def _ready(port: int, *arguments: str) -> float:
    """Seconds until `/readyz` answers 200."""
    began = time.perf_counter()
    process = await start(*arguments, environment={"AGENT_PORT": str(port)}, output=DEVNULL, errors=DEVNULL)
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _answers(port):  # noqa: ASYNC110 (another process; nothing tells us)
                await asyncio.sleep(0.01)
        return time.perf_counter() - began
    finally:
        await end(process)


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nconnection: close\r\n\r\n" % port)
        return (await reader.readline()).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()


async def _ran(*arguments: str) -> float:
    """Seconds until it ended."""
    began = time.perf_counter()
    process = await start(*arguments, output=DEVNULL)
    try:
        if await asyncio.wait_for(process.wait(), PATIENCE) != 0:
            raise RuntimeError(f"python {' '.join(arguments)} ended with {process.returncode}")
        return time.perf_counter() - began
    finally:
        await end(process)
