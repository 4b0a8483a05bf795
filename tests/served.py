"""How is the web side of an application reached, for the length of a block? As it is in earnest, on a free port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn

from agent.bootstrap import Application
from agent.entrypoints.server import listening_on, server
from agent.entrypoints.web import create_app


@asynccontextmanager
async def running(application: Application) -> AsyncIterator[uvicorn.Server]:
    """The server once it listens; it has ended when the block has."""
    web = server(create_app(application), "127.0.0.1", 0)
    task = asyncio.create_task(web.serve())
    try:
        while not web.started and not task.done():
            await asyncio.sleep(0.005)
        yield web
    finally:
        web.should_exit = True
        await task


@asynccontextmanager
async def reached(application: Application) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it that has shown no key."""
    async with running(application) as web:
        host, port = listening_on(web)
        async with httpx2.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as http:
            yield http
