"""The whole line on a recorded incident, in one process: all of it real but the clock's speed."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import uvicorn

from agent.bootstrap import Application, Replaced, bootstrap
from agent.bootstrap.actions import executors_for
from agent.domain.event import EventType, Recorded
from agent.entrypoints.demo.recording import Recording
from agent.entrypoints.demo.replay import Replay
from agent.entrypoints.demo.shop import ReplayedShop
from agent.entrypoints.worker import Worker
from agent.ports import Memory, Model
from agent.settings import Settings
from agent.testing import NoMemory
from tests.clocks import FastClock

ROOT = Path(__file__).parents[2]
CASES = ROOT / "evals" / "cases" / "lab"
PATIENCE = 150.0
"""Seconds a test waits for something that takes about two."""


@dataclass
class Line:
    """A running application on a replayed incident."""

    application: Application
    recording: Recording
    replay: Replay
    shop: ReplayedShop

    async def post_alert(self, later: timedelta = timedelta(0)) -> None:
        """`later`: as if it had begun so much later, so that it is another one."""
        body = self.recording.alert(self.replay.shift + later)
        await self.application.service.intake.receive("alertmanager", "test", body)

    async def until(self, kind: EventType) -> Recorded:
        """The first event of that kind, once it is in the journal."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for entry in await self.application.record.journal.after(0):
                    if entry.event.type is kind:
                        return entry
                await asyncio.sleep(0.02)


@asynccontextmanager
async def line(
    data: Path,
    case: str = "deploy-payment",
    policy: str = "{autonomy: approve}",
    model: Model | None = None,
    *,
    memory: Memory | None = None,
    config_too: str = "",
    variables: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Line]:
    """`config_too` are more lines of the file, `variables` more fields of the settings."""
    clock = FastClock()
    recording = Recording(CASES / case)
    replay = Replay(recording, clock)
    shop = ReplayedShop(recording.services, recording.heals, replay.heal)
    async with served(shop) as url:
        config = data / "agent.yaml"
        config.write_text(f"policy: {policy}\n{config_too}")
        settings = Settings.model_validate(
            {"data": data / "data", "config_file": config, "runbooks": ROOT / "runbooks", **variables}
        )
        executors = executors_for("shop-control", url, shop.token)
        replaced = Replaced(
            clock=clock, sources=replay.sources, executors=executors, memory=memory or NoMemory(), model=model
        )
        async with bootstrap(settings, replaced) as application, _working(application):
            yield Line(application, recording, replay, shop)


@asynccontextmanager
async def _working(application: Application) -> AsyncIterator[None]:
    worker = Worker(application.service, application.queue, application.clock)
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await running


@asynccontextmanager
async def served(shop: ReplayedShop) -> AsyncIterator[str]:
    """The shop's control API over HTTP, in a thread of its own: it must not share the agent's event loop."""
    config = uvicorn.Config(shop.app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=10)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    async with asyncio.timeout(PATIENCE):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, PATIENCE)
        assert not thread.is_alive()
