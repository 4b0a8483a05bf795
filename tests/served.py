"""How is an application reached by a client, for the length of a block? As it is in earnest, on a free port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn

from agent.bootstrap import Application
from agent.entrypoints.server import listening_on, running, server
from agent.entrypoints.web import create_app


@asynccontextmanager
async def served(application: Application) -> AsyncIterator[uvicorn.Server]:
    """Its web side, listening."""
    web = server(create_app(application), "127.0.0.1", 0)
    async with running(web):
        yield web


@asynccontextmanager
async def reached(application: Application) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it that has shown no key."""
    async with served(application) as web:
        host, port = listening_on(web)
        async with httpx2.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as http:
            yield http
