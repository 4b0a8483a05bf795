"""A real Chromium in front of the dashboard of a running installation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from agent.bootstrap import Application
from agent.entrypoints.dashboard import one_time_code
from agent.entrypoints.server import listening_on
from tests.served import served
from tests.system import program

PATIENCE = 60_000.0
"""Milliseconds a browser waits for what takes about one second."""
PHONE = (390, 844)
DESK = (1280, 900)


@dataclass
class Desk:
    """Somebody who is signed in, and the browser they look with."""

    address: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    """What the browser's console said: errors of the script, and what the pages' policy refused."""

    async def goes_to(self, path: str) -> int:
        answer = await self.page.goto(f"{self.address}{path}")
        return answer.status if answer else 0


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """That of the operating system; ended with the block."""
    path = program("chromium", "apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    async with asyncio.timeout(PATIENCE / 1000):
        driver = await async_playwright().start()
    try:
        # The sandbox needs rights that a container lacks; everything that is loaded is ours.
        browser = await driver.chromium.launch(executable_path=path, args=["--no-sandbox"], timeout=PATIENCE)
        try:
            yield browser
        finally:
            async with asyncio.timeout(PATIENCE / 1000):
                await browser.close()
    finally:
        async with asyncio.timeout(PATIENCE / 1000):
            await driver.stop()


@asynccontextmanager
async def dashboard(application: Application) -> AsyncIterator[str]:
    """The web side on a port of its own; its address."""
    async with served(application) as web:
        host, port = listening_on(web)
        yield f"http://{host}:{port}"


@asynccontextmanager
async def signed_in(
    browser: Browser,
    application: Application,
    address: str,
    *,
    script: bool = True,
    size: tuple[int, int] = DESK,
    dark: bool = False,
) -> AsyncIterator[Desk]:
    """The local operator."""
    context = await browser.new_context(
        java_script_enabled=script,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(PATIENCE)
    try:
        desk = Desk(address, context, await context.new_page())
        desk.page.on("console", lambda said: desk.complaints.append(said.text) if said.type == "error" else None)
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        assert await desk.goes_to(f"/enter/{one_time_code(application)}") == 200
        # That page goes on by itself; who does not wait for it is taken away from where they went.
        await desk.page.wait_for_url(f"{address}/")
        yield desk
    finally:
        await context.close()
