"""How does one service of the shop run: what it is given, what it serves, how it is told of faults and flags?"""

import asyncio
import json
import random
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import aiohttp
from aiohttp import web
from pydantic import BaseModel, JsonValue

from evals.lab.shop import faults
from evals.lab.shop.calls import CallFailed, Calls
from evals.lab.shop.layout import HOST, Layout
from evals.lab.shop.pool import StorePool
from evals.lab.shop.telemetry import Stopwatch, Telemetry
from evals.lab.shop.versions import bug_of


class Start(BaseModel):
    """With what a process of a service is started."""

    service: str
    version: str
    pod: str
    flags: dict[str, bool] = {}
    pool_size: int = 0
    """0: it holds no connections to the store."""


class Order(BaseModel):
    """One line from the supervisor, on standard input."""

    kind: str
    """`flag`, `pool`, `fault` or `job`."""
    name: str = ""
    enabled: bool = True
    size: int = 0
    seconds: float = 0.0


@dataclass
class Running:
    """What a handler has at hand."""

    start: Start
    telemetry: Telemetry
    calls: Calls
    pool: StorePool
    memory: faults.MemoryLeak
    pool_leak: faults.PoolLeak
    chance: random.Random
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def bug(self) -> str:
        return bug_of(self.start.service, self.start.version)

    def flag(self, name: str) -> bool:
        return self.start.flags.get(name, False)


@dataclass(frozen=True)
class Reply:
    status: int
    body: JsonValue


@dataclass(frozen=True)
class Asked:
    """One request, as far as a handler needs it."""

    trace: str
    path: Mapping[str, str] = field(default_factory=dict)
    """The parts of the path that have a name."""
    body: Any = None


Handler = Callable[[Running, Asked], Awaitable[Reply]]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    label: str
    """The `route` label; never holds an id."""
    handler: Handler


def measured(running: Running, route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The route's handler, timed, counted, and with every failure turned into a logged 5xx."""

    async def serve(request: web.Request) -> web.Response:
        watch = Stopwatch()
        trace = request.headers.get("x-trace-id") or secrets.token_hex(4)
        body = await request.json() if request.can_read_body else None
        reply = await _reply(running, route, Asked(trace, request.match_info, body))
        running.telemetry.served(route.label, reply.status, watch.seconds)
        return web.json_response(reply.body, status=reply.status)

    return serve


async def _reply(running: Running, route: Route, asked: Asked) -> Reply:
    what = f"{route.method} {route.label}"
    try:
        running.memory.touch(asked.trace)
        return await route.handler(running, asked)
    except CallFailed as failed:
        running.telemetry.log("ERROR", f"{what} failed: {failed}", asked.trace)
        return Reply(failed.status, {"error": "upstream"})
    except faults.OutOfMemory as error:
        running.telemetry.log("ERROR", f"{what} refused: {error}", asked.trace)
        return Reply(503, {"error": "out of memory"})
    except (KeyError, ValueError) as error:
        running.telemetry.log("ERROR", f"{what} failed: unhandled {type(error).__name__}: {error}", asked.trace)
        return Reply(500, {"error": "internal"})


def application(running: Running, routes: tuple[Route, ...]) -> web.Application:
    """The service's routes and `/metrics`."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=running.telemetry.exposition(), content_type="text/plain")

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    for route in routes:
        app.router.add_route(route.method, route.path, measured(running, route))
    return app


async def obey(running: Running, order: Order) -> None:
    """Do what the supervisor says."""
    match order.kind, order.name:
        case "flag", name:
            running.start.flags[name] = order.enabled
        case "pool", _:
            await running.pool.resize(order.size)
        case "fault", "leak":
            running.memory.on = order.enabled
        case "fault", "pool-leak":
            running.pool_leak.on = order.enabled
        case "fault", "hog":
            running.tasks.append(asyncio.create_task(faults.hog_cpu(running.telemetry)))
        case "job", "rebuild-index":
            running.tasks.append(asyncio.create_task(faults.rebuild_index(running.telemetry, order.seconds)))
        case kind, name:
            running.telemetry.log("WARN", f"unknown order {kind} {name}")


async def orders() -> asyncio.StreamReader:
    """Standard input, where the supervisor's orders come; its end is the order to stop."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def check_scratch(layout: Layout, start: Start, telemetry: Telemetry) -> None:
    """The local cache that a process reads at its start; a broken one ends it, as often as it is started."""
    cache = cache_file(layout, start.pod)
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps({"built": time.time()}), encoding="utf-8")
    try:
        json.loads(cache.read_text(encoding="utf-8"))
    except ValueError:
        telemetry.log("FATAL", "cannot start: local cache is corrupt (checksum mismatch in warm-cache.json)")
        raise SystemExit(1) from None


def cache_file(layout: Layout, pod: str) -> Path:
    return layout.scratch(pod) / "warm-cache.json"


def ready() -> None:
    """Tell the supervisor that requests are served from now on."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


async def run_service(layout: Layout, start: Start, routes: tuple[Route, ...], log: TextIO) -> None:
    """Serve until standard input ends."""
    telemetry = Telemetry(start.service, start.pod, start.version, log)
    check_scratch(layout, start, telemetry)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        running = _running(layout, start, telemetry, session)
        stack.callback(running.pool.close)
        runner = web.AppRunner(application(running, routes), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, layout.http_ports[start.service]).start()
        telemetry.log("INFO", f"{start.service} {start.version} started")
        ready()
        reader = await orders()
        while line := await reader.readline():
            await obey(running, Order.model_validate_json(line))


def _running(layout: Layout, start: Start, telemetry: Telemetry, session: aiohttp.ClientSession) -> Running:
    chance = random.Random()
    pool_leak = faults.PoolLeak(chance)
    return Running(
        start=start,
        telemetry=telemetry,
        calls=Calls(session, {name: layout.url(name) for name in layout.http_ports}, telemetry),
        pool=StorePool((HOST, layout.store_port), start.pool_size, telemetry, pool_leak),
        memory=faults.MemoryLeak(telemetry, faults.resident_mb),
        pool_leak=pool_leak,
        chance=chance,
    )
