"""A Loki on a loopback port: what was pushed is stored, what is asked is computed, over real HTTP.

    async with loki() as server:
        server.store.push({"app": "shop"}, [(nanoseconds, "a line", {})])
        ...  # base URL: server.url; what was asked: server.journal

It is held against 33 captured answers of Loki 3.4.2, which lie in `loki_captures`.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.farends.logql import ParseError, parse
from tests.farends.loki_store import Refused, Store, push_error

CHUNKED_FROM = 2048
"""Bytes from which Go's server sends without a length."""


@dataclass
class LokiServer:
    store: Store
    url: str = ""
    tenants: bool = False
    """Demand X-Scope-OrgID."""
    journal: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """(path, fields, headers) of each request."""


@dataclass(frozen=True)
class _Web:
    loki: LokiServer

    async def push(self, request: web.Request) -> web.StreamResponse:
        await self._noted(request)
        body = await request.text()
        for stream in json.loads(body)["streams"]:
            for value in stream["values"]:
                if not isinstance(value[0], str):
                    raise Refused(push_error(body))
            values = [(int(value[0]), value[1], value[2] if len(value) > 2 else {}) for value in stream["values"]]
            self.loki.store.push(stream["stream"], values)
        return web.Response(status=204)

    async def query_range(self, request: web.Request) -> web.StreamResponse:
        return await _json(request, self.loki.store.range_query(await self._noted(request)))

    async def query(self, request: web.Request) -> web.StreamResponse:
        return await _json(request, self.loki.store.instant_query(await self._noted(request)))

    async def labels(self, request: web.Request) -> web.StreamResponse:
        return await _json(request, _listed(self.loki.store.labels(await self._noted(request))))

    async def label_values(self, request: web.Request) -> web.StreamResponse:
        fields = await self._noted(request)
        return await _json(request, _listed(self.loki.store.label_values(request.match_info["label"], fields)))

    async def series(self, request: web.Request) -> web.StreamResponse:
        fields = await self._noted(request)
        return await _json(request, _listed(self.loki.store.series(request.query.getall("match[]", []), fields)))

    async def index_stats(self, request: web.Request) -> web.StreamResponse:
        await self._noted(request)
        # The index counts flushed chunks, and nothing is ever flushed here.
        return await _json(request, dict.fromkeys(("streams", "chunks", "bytes", "entries"), 0))

    async def volume(self, request: web.Request) -> web.StreamResponse:
        return await _json(request, self.loki.store.volume(await self._noted(request)))

    async def format_query(self, request: web.Request) -> web.StreamResponse:
        fields = await self._noted(request)
        answer = {"status": "success", "data": str(parse(fields["query"]))}
        return await _json(request, answer, "application/json; charset=utf-8")

    async def buildinfo(self, request: web.Request) -> web.StreamResponse:
        names = ("version", "revision", "branch", "buildUser", "buildDate", "goVersion")
        return await _json(request, {**dict.fromkeys(names, ""), "version": "3.4.2"}, "application/json")

    async def ready(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="ready\n")

    async def _noted(self, request: web.Request) -> dict[str, str]:
        form = await request.post() if "form" in request.content_type else {}
        fields = {**request.query, **{name: str(value) for name, value in form.items()}}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.loki.journal.append((request.path, fields, headers))
        if self.loki.tenants and "x-scope-orgid" not in headers:
            raise Refused("no org id\n", 401)
        return fields


def _listed(found: Sequence[Any]) -> dict[str, Any]:
    return {"status": "success", "data": found} if found else {"status": "success"}


async def _json(
    request: web.Request, answer: Any, content_type: str = "application/json; charset=UTF-8"
) -> web.StreamResponse:
    body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    if len(body) <= CHUNKED_FROM:
        return web.Response(body=body, headers={"Content-Type": content_type})
    response = web.StreamResponse(headers={"Content-Type": content_type})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(body)
    await response.write_eof()
    return response


@web.middleware
async def _plain_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """Loki's errors are text, not JSON."""
    try:
        answer: web.StreamResponse = await handler(request)
    except (Refused, ParseError) as error:
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
        status = error.status if isinstance(error, Refused) else 400
        return web.Response(status=status, body=str(error).encode(), headers=headers)
    return answer


@asynccontextmanager
async def loki(now: Callable[[], int] = time.time_ns) -> AsyncIterator[LokiServer]:
    """`now`: nanoseconds since 1970."""
    server = LokiServer(Store(now=now))
    pages, base = _Web(server), "/loki/api/v1"
    app = web.Application(middlewares=[_plain_errors])
    app.router.add_post(f"{base}/push", pages.push)
    for path, page in {
        f"{base}/query_range": pages.query_range,
        f"{base}/query": pages.query,
        f"{base}/labels": pages.labels,
        f"{base}/label/{{label}}/values": pages.label_values,
        f"{base}/series": pages.series,
        f"{base}/index/stats": pages.index_stats,
        f"{base}/index/volume": pages.volume,
        f"{base}/format_query": pages.format_query,
        f"{base}/status/buildinfo": pages.buildinfo,
        "/ready": pages.ready,
    }.items():
        app.router.add_get(path, page)
        app.router.add_post(path, page)
    async with _serving(app) as server.url:
        yield server


@asynccontextmanager
async def _serving(app: web.Application) -> AsyncIterator[str]:
    """Its address, on a free port of the loopback."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
