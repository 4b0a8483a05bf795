"""Does every call end, when whoever is called has gone without a word, or cannot even be found?"""

import asyncio
import ctypes
import os
import socket
import time
from datetime import timedelta
from pathlib import Path

from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried, broken
from tests.chaos.drills.machine import own_mounts
from tests.chaos.server import Ground
from tools.act.http import Endpoint, HttpExecutor
from tools.base import BackendError, Unsure

CALLS = 20
"""At once, in one try."""
DEADLINE = timedelta(seconds=2)
SLACK = 5.0
"""Seconds that a busy machine may take beyond the deadline."""
CALL = {"endpoint": "shop", "method": "POST", "path": "/services/cart/restart"}
_BIND = 4096


def half_open(_ground: Ground, _seed: int, _known: Known) -> Tried:
    """The connection stands, and nobody is at the other end of it."""
    return apart(_half_open)


def no_names(_ground: Ground, _seed: int, _known: Known) -> Tried:
    """The resolver takes questions and answers none."""
    return apart(_no_names)


def _half_open() -> Tried:
    with socket.create_server(("127.0.0.1", 0), backlog=2 * CALLS) as silent:
        return asyncio.run(_called(f"http://127.0.0.1:{silent.getsockname()[1]}"))


def _no_names() -> Tried:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((nowhere := _own_address(), 53))
        own_mounts()
        resolver = Path(f"/tmp/resolv-{os.getpid()}")
        resolver.write_text(f"nameserver {nowhere}\noptions timeout:1 attempts:1\n")
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.mount(bytes(resolver), b"/etc/resolv.conf", None, _BIND, None):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            return asyncio.run(_called("http://control.shop.example"))
        finally:
            resolver.unlink()


def _own_address() -> str:
    """On loopback, and no other process's: several try this at once, and name servers have one port."""
    pid = os.getpid()
    return f"127.{128 + (pid >> 16)}.{pid >> 8 & 255}.{pid & 255}"


async def _called(url: str) -> Tried:
    executor = HttpExecutor({"shop": Endpoint(url=url)}, deadline=DEADLINE)
    told = await asyncio.gather(*[_one(executor, f"key-{number}") for number in range(CALLS)])
    return Tried(CALLS, broken(*[wrong for wrong, _ in told]), recovered=[])


async def _one(executor: HttpExecutor, key: str) -> tuple[str, float]:
    """(what was wrong, how long it took in seconds)."""
    began = time.monotonic()
    try:
        result = await executor.run(CALL, key)
        wrong = "a call that nobody answered is said to be done" if result.ok else ""
    except (Unsure, BackendError):
        wrong = ""
    took = time.monotonic() - began
    late = took > DEADLINE.total_seconds() + SLACK
    return wrong or (f"a call took {took:.1f} s, its deadline is {DEADLINE}" if late else ""), took
