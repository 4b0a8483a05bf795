"""Takes the pictures of the pages that docs/ shows, of a replayed incident: `python -m tests.e2e.pictures`."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import expect

from agent.domain.event import EventType
from tests.e2e.browsing import DESK, PHONE, Desk, chromium, dashboard, signed_in
from tests.e2e.line import PATIENCE, ROOT, Line, line

FOLDER = ROOT / "docs" / "images"
TALL = (1280, 1500)


async def take(folder: Path) -> None:
    """Before the decision, and after it."""
    with TemporaryDirectory() as data:
        async with (
            line(Path(data), policy="{autonomy: approve, approval_valid: 7200}") as running,
            dashboard(running.application) as address,
            chromium() as browser,
        ):
            application = running.application
            incident = await _asked(running)
            async with signed_in(browser, application, address, size=TALL) as desk:
                await _shoot(desk, f"/incidents/{incident}", folder / "incident.png")
            async with signed_in(browser, application, address, size=PHONE, dark=True) as desk:
                await _shoot(desk, f"/incidents/{incident}", folder / "incident-phone.png")
            async with signed_in(browser, application, address, size=(1280, 560)) as desk:
                await _shoot(desk, "/", folder / "incidents.png")
                await desk.goes_to(f"/incidents/{incident}")
                await desk.page.get_by_role("button", name="Approve").click()
                await running.until(EventType.REPORTED)
            async with signed_in(browser, application, address, size=TALL, dark=True) as desk:
                await _shoot(desk, f"/incidents/{incident}", folder / "incident-after.png")
            async with signed_in(browser, application, address, size=DESK) as desk:
                await _shoot(desk, f"/incidents/{incident}/report", folder / "report.png")


async def _asked(running: Line) -> str:
    await running.post_alert()
    async with asyncio.timeout(PATIENCE):
        while not (found := await running.application.views.approvals()):
            await running.application.clock.sleep(timedelta(seconds=1))
    return found[0].incident


async def _shoot(desk: Desk, path: str, to: Path) -> None:
    await desk.goes_to(path)
    drawn = desk.page.locator("main img")
    for at in range(await drawn.count()):
        if await drawn.nth(at).is_visible():
            await drawn.nth(at).scroll_into_view_if_needed()
            await expect(drawn.nth(at)).to_have_js_property("complete", True)
    await desk.page.evaluate("scrollTo(0, 0)")
    await desk.page.screenshot(path=to)


if __name__ == "__main__":
    asyncio.run(take(FOLDER))
