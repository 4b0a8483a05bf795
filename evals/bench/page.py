"""How soon is a page there, and how soon does everybody who watches hear the news? Its server is another process."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles

import httpx2

from evals.bench.children import PATIENCE, child
from evals.bench.row import Row, in_turn

INCIDENTS = 10_000
_NEWS = 5
"""Things that happen while everybody watches, in one run."""


@dataclass(frozen=True)
class Server:
    """`our_page`, as it tells of itself."""

    url: str
    key: str
    cookie: str
    incident: str
    pid: int


async def rows(folder: Path, runs: int, looks: int, watchers: int) -> Sequence[Row]:
    """Each page is asked for `looks` times a run, one after the other; the reference is an answer without a page.

    Of the watchers' lag the reference is one of them alone; of their memory, none.
    """
    async with child("evals.bench.our_page", str(folder / "page"), str(INCIDENTS)) as told:
        server = Server(**told)
        bare = partial(_first_byte, server, "/livez", looks)
        return [
            await in_turn(
                f"those parked of {INCIDENTS:,}, p95",
                "s",
                runs,
                partial(_first_byte, server, "/?status=parked", looks),
                bare,
            ),
            await in_turn(f"list of {INCIDENTS:,}, p95", "s", runs, partial(_first_byte, server, "/", looks), bare),
            await in_turn(
                "incident page, p95",
                "s",
                runs,
                partial(_first_byte, server, f"/incidents/{server.incident}", looks),
                bare,
            ),
            await _memory(server, watchers),
            await in_turn(
                f"worst lag of {watchers} watchers",
                "s",
                runs,
                partial(_lag, server, watchers),
                partial(_lag, server, 1),
            ),
        ]


async def _first_byte(server: Server, path: str, looks: int) -> float:
    """The 95th percentile, in seconds, on a connection that stands."""
    took = []
    async with httpx2.AsyncClient(base_url=server.url, headers={"Cookie": server.cookie}, timeout=PATIENCE) as client:
        await client.get(path)
        for _ in range(looks):
            began = time.perf_counter()
            async with client.stream("GET", path) as answer:
                answer.raise_for_status()
                first = 0.0
                async for _ in answer.aiter_raw():
                    first = first or time.perf_counter() - began
                took.append(first)
    return quantiles(took, n=20)[-1]


async def _lag(server: Server, watchers: int) -> float:
    """From the request that changes something until the last of them has heard; the worst of several, in seconds."""
    async with AsyncExitStack() as stack:
        listening = [await stack.enter_async_context(_Watcher(server)) for _ in range(watchers)]
        worst = 0.0
        for _ in range(_NEWS):
            began = time.perf_counter()
            heard = [asyncio.create_task(one.news()) for one in listening]
            await _change(server)
            worst = max(worst, *(at - began for at in await asyncio.gather(*heard)))
        return worst


async def _memory(server: Server, watchers: int) -> Row:
    """What the server takes while so many watch, beside what it took before. Once: a process gives little back."""
    before = _resident(server.pid)
    async with AsyncExitStack() as stack:
        listening = [await stack.enter_async_context(_Watcher(server)) for _ in range(watchers)]
        heard = [asyncio.create_task(one.news()) for one in listening]
        await _change(server)
        await asyncio.gather(*heard)
        return Row(f"memory with {watchers} watchers", "MB", (_resident(server.pid),), (before,))


class _Watcher:
    """A page that somebody has open."""

    def __init__(self, server: Server) -> None:
        self._client = httpx2.AsyncClient(headers={"Cookie": server.cookie}, timeout=PATIENCE)
        self._url = f"{server.url}/live"
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "_Watcher":
        await self._stack.enter_async_context(self._client)
        answer = await self._stack.enter_async_context(self._client.stream("GET", self._url))
        answer.raise_for_status()
        self._lines = answer.aiter_lines()
        await anext(self._lines)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def news(self) -> float:
        """When the next came."""
        async for line in self._lines:
            if line.startswith("data: "):
                return time.perf_counter()
        raise RuntimeError("the stream ended")


async def _change(server: Server) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {server.key}"}, timeout=PATIENCE) as client:
        answer = await client.post(f"{server.url}/api/incidents/{server.incident}/ack", json={})
        answer.raise_for_status()


def _resident(pid: int) -> float:
    """MB."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
