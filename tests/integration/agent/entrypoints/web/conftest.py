"""A running web side on a loopback port, over a real record; nothing is patched."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
import uvicorn

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.key import Kind, Scope
from agent.entrypoints.server import listening_on
from agent.ports import Clock
from agent.settings import Settings
from agent.testing import NoMemory
from tests import served as web_side


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


@asynccontextmanager
async def serve(
    folder: Path, host: str = "127.0.0.1", config: str = "", clock: Clock | None = None
) -> AsyncIterator[Served]:
    """The web side on this data folder. `config`: what stands in its configuration file."""
    folder.mkdir(exist_ok=True)
    file = folder / "agent.yaml"
    file.write_text(config)
    settings = Settings.model_construct(data=folder, runbooks=folder / "none", host=host, config_file=file)
    replaced = Replaced(memory=NoMemory(), clock=clock)
    async with bootstrap(settings, replaced) as application, web_side.served(application) as web:
        port = listening_on(web)[1]
        headers = {"Authorization": f"Bearer {application.identity.local_operator}"}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http:
            yield Served(application, web, http, port)


def scopes_of(text: str) -> Sequence[str]:
    return text.split()
