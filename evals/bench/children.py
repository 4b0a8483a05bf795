"""How are the programs that are measured started and ended? None of them lives for longer than LONGEST."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

LONGEST = 600
"""Seconds a program may live, whatever becomes of us."""
PATIENCE = 60.0
"""Seconds a program has to start, to answer or to end."""


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncIterator[Any]:
    """`python -m module`, and the JSON of its first line; it is ended with the block, at the latest when we are."""
    process = await start("-m", module, *arguments)
    try:
        yield json.loads(await _first_line(process, module))
    finally:
        await end(process)


async def start(
    *arguments: str, environment: Mapping[str, str] | None = None, output: int = PIPE, errors: int | None = None
) -> Process:
    """This Python with those arguments, and of our environment only what every program needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=PIPE,
        stdout=output,
        stderr=errors,
        env=kept | dict(environment or {}),
        # An alarm outlives exec: a program of ours ends also when we were killed and nobody tells it to.
        preexec_fn=lambda: signal.alarm(LONGEST),
    )


async def answer(module: str, *arguments: str) -> Any:
    """`python -m module` until it ends; its last line is JSON."""
    process = await start("-m", module, *arguments)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        await end(process)
    if process.returncode != 0:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    return json.loads(said.splitlines()[-1])


async def end(process: Process) -> None:
    """Told to end, then made to."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()


async def until_told() -> None:
    """In a child: until whoever started it closes our standard input, or is gone."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), told.set)
    await told.wait()
    loop.remove_reader(sys.stdin.fileno())


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


async def _first_line(process: Process, module: str) -> bytes:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    if not line:
        raise RuntimeError(f"{module} did not start")
    return line
