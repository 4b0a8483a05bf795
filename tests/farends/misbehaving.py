"""An HTTP server that fails in the way it is told to: it hangs, drips, cuts, redirects, floods or answers nonsense.

async with misbehaving() as server:
    server.mode = "drip"
    ...  # base URL: server.url; what was asked: server.journal
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web

from tests.farends.serving import serving

_PACKED = gzip.compress(b" " * (64 << 20), 1)


def deadline_in(mode: str) -> timedelta:
    """How long a client waits: short where nothing whole comes in time, patient where an answer does."""
    return timedelta(seconds=0.5 if mode in {"hang", "drip"} else 30)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    fields: dict[str, str]
    """Of the query string and of a form."""
    headers: dict[str, str]
    """Names in lower case."""


@dataclass
class Misbehaving:
    url: str = ""
    mode: str = "hang"
    """`hang`, `drip`, `cut`, `redirect`, `flood`, `bomb`, `nonsense`, or a status such as `503`."""
    body: bytes = b"no"
    """What a status comes with."""
    content_type: str = "text/plain"
    journal: list[Asked] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form = await request.post() if request.method == "POST" else {}
        fields = {**request.query, **{name: str(value) for name, value in form.items()}}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.journal.append(Asked(request.method, request.path, fields, headers))
        if self.mode.isdigit():
            return web.Response(status=int(self.mode), body=self.body, content_type=self.content_type)
        ways: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "hang": self._hang,
            "drip": self._drip,
            "cut": self._cut,
            "redirect": self._redirect,
            "flood": self._flood,
            "bomb": self._bomb,
            "nonsense": self._nonsense,
        }
        return await ways[self.mode](request)

    async def _hang(self, _: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise web.HTTPOk

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = await self._begun(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"status": "succ')
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _redirect(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        response = await self._begun(request)
        while True:
            await response.write(b"[" * 65_536)

    async def _bomb(self, _: web.Request) -> web.StreamResponse:
        """64 MB of blanks in 300 kB."""
        return web.Response(body=_PACKED, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    async def _nonsense(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Sign in\x1b[31m</html>", content_type="text/html")

    async def _begun(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        return response


@asynccontextmanager
async def misbehaving() -> AsyncIterator[Misbehaving]:
    server = Misbehaving()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", server.answer)
    async with serving(app) as server.url:
        yield server
