"""A running web side on a loopback port, over a real record; nothing is patched."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
import uvicorn

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.key import Kind, Scope
from agent.entrypoints.server import listening_on, server
from agent.entrypoints.web import create_app
from agent.settings import Settings
from agent.testing import NoMemory


@dataclass
class Served:
    application: Application
    running: uvicorn.Server
    http: httpx2.AsyncClient
    """With the local operator's key."""
    port: int

    async def key(self, name: str, *scopes: Scope, kind: Kind = "machine", teams: Sequence[str] | None = None) -> str:
        return (await self.application.identity.keys.create(name, kind, scopes, teams)).token

    async def post(self, integration: str, body: bytes) -> httpx2.Response:
        return await self.http.post(f"/webhooks/{integration}", content=body)

    async def placed(self) -> None:
        while await self.application.service.placement.place_waiting():
            pass


def address(served: Served) -> str:
    return f"http://127.0.0.1:{served.port}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("data")
    async with serve(folder) as found:
        yield found


class serve:  # noqa: N801 (used like a function)
    """The web side on this data folder, for the length of the block."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", config: str = "") -> None:
        """`config`: what stands in its configuration file."""
        folder.mkdir(exist_ok=True)
        file = folder / "agent.yaml"
        file.write_text(config)
        self._settings = Settings.model_construct(data=folder, runbooks=folder / "none", host=host, config_file=file)
        self._opened = bootstrap(self._settings, Replaced(memory=NoMemory()))

    async def __aenter__(self) -> Served:
        application = await self._opened.__aenter__()
        self._server = server(create_app(application), "127.0.0.1", 0)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.005)
        host, port = listening_on(self._server)
        headers = {"Authorization": f"Bearer {application.identity.local_operator}"}
        self._http = httpx2.AsyncClient(base_url=f"http://{host}:{port}", headers=headers, timeout=60)
        return Served(application, self._server, self._http, port)

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        self._server.should_exit = True
        await self._task
        await self._opened.__aexit__(None, None, None)


def scopes_of(text: str) -> Sequence[str]:
    return text.split()
