"""Can a person follow, decide and judge an incident in a real browser, whoever they are and whatever it can do?"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("axe_playwright_python", reason="needs the driver of a browser: make check installs it")

from axe_playwright_python.async_playwright import Axe
from fastapi.routing import APIRoute
from playwright.async_api import Browser, expect

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
from agent.entrypoints.dashboard.routes import router
from tests.e2e.browsing import PHONE, Desk, chromium, dashboard, signed_in
from tests.e2e.line import Line, line

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICY = "{autonomy: approve, approval_valid: 7200}"
OTHER_PAGES = ("/", "/approvals", "/silences", "/memory", "/noise", "/capacity", "/audit")
OF_AN_INCIDENT = ("/incidents/{incident}", "/incidents/{incident}/alerts", "/incidents/{incident}/report", "/login")
NO_PAGES = {
    "/enter/{code}",  # how everybody in these tests came in
    "/incidents/{incident}/charts/{evidence}-{theme}.svg",
    "/incidents/{incident}/report.md",
    "/live",
    "/static/dashboard.css",
    "/static/dashboard.js",
}
REPORT = "# A\n\n## B\n\n- one `code`\n- **two**\n\n| | c |\n|---|---|\n| 1 | d |\n"
HOSTILE = "</title><img src=x onerror=window.hacked=1><script>window.hacked=1</script>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def _asked(running: Line, after: int = 0) -> str:
    """Post the alert; the incident, once a human is asked."""
    before = await running.application.views.approvals()
    await running.post_alert(timedelta(seconds=after))
    while len(found := await running.application.views.approvals()) == len(before):
        await running.application.clock.sleep(timedelta(seconds=1))
    return found[0].incident


async def _sees(desk: Desk, text: str) -> None:
    await expect(desk.page.get_by_text(text).first).to_be_visible()


async def test_an_incident_arrives_is_read_denied_with_a_reason_and_its_successor_approved_verified_and_judged(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        line(tmp_path, policy=POLICY) as running,
        dashboard(running.application) as address,
        signed_in(browser, running.application, address) as desk,
    ):
        page, views = desk.page, running.application.views
        await desk.goes_to("/")
        await _sees(desk, "No incident yet.")

        # It arrives by itself, and is read.
        first = await _asked(running)
        await page.get_by_role("link", name="Roll payment back to its previous version?").click()
        await expect(page).to_have_url(f"{address}/incidents/{first}#approval")
        drawn = page.locator("#suspects ~ .suspects img").first
        await drawn.scroll_into_view_if_needed()
        await expect(drawn).to_have_js_property("complete", True)
        assert await drawn.evaluate("one => one.naturalWidth") > 0
        assert "failing share of payment" in (await drawn.get_attribute("alt") or "")
        await expect(page.get_by_role("img", name="It is felt in frontend and begins in payment")).to_be_visible()

        # Denied, with a reason: it is a human's now.
        await page.get_by_label("Reason, for the record").fill("the release is needed")
        await page.get_by_role("button", name="Deny").click()
        await _sees(desk, "Needs a human.")
        await _sees(desk, "“the release is needed”")
        assert ([one.status for one in await views.approvals()], running.shop.journal) == ([ApprovalStatus.DENIED], [])
        await page.get_by_role("button", name="Close").click()
        await expect(page.locator("#top .status")).to_have_text("closed")

        # The next one is approved, done and verified; the page follows.
        await desk.goes_to("/")
        second = await _asked(running, after=1)
        await page.get_by_role("link", name="Roll payment back to its previous version?").click()
        await page.get_by_role("button", name="Approve").click()
        await expect(page.locator("#effects-box")).to_contain_text("Recovered:")
        await expect(page.locator("#top .status")).to_have_text("resolved")
        assert [entry["what"] for entry in running.shop.journal] == ["rollback"]

        # It is judged, and told.
        await page.get_by_label("right", exact=True).check()
        await page.get_by_label("Anything else").fill("quick")
        await page.get_by_role("button", name="Tell the agent").click()
        await _sees(desk, "local-operator: the diagnosis is right.")
        await page.get_by_role("link", name="Report").click()
        await expect(page.get_by_role("heading", name="Remediation")).to_be_visible()
        assert (second != first, desk.complaints) == (True, [])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Line, str, str]]:
    """An installation in which a question waits: itself, its address and the incident."""
    async with (
        line(tmp_path_factory.mktemp("asked"), policy=POLICY) as running,
        dashboard(running.application) as address,
    ):
        yield running, address, await _asked(running)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_no_page_has_a_serious_obstacle_for_anybody(
    asked: tuple[Line, str, str], browser: Browser, dark: bool
) -> None:
    running, address, incident = asked
    await running.application.record.incidents.save_report(incident, f"{incident}.1", REPORT)
    found: dict[str, list[str]] = {}
    async with signed_in(browser, running.application, address, size=PHONE, dark=dark) as desk:
        for path in (*OTHER_PAGES, *OF_AN_INCIDENT):
            assert await desk.goes_to(path.format(incident=incident)) == 200
            found[path] = await _obstacles(desk)
        assert await desk.goes_to("/incidents/none") == 404
        found["refused"] = await _obstacles(desk)
        await desk.goes_to("/audit")
        await desk.page.get_by_role("button", name="Verify now").click()
        await _sees(desk, "The journal is sound.")
        found["verified"] = await _obstacles(desk)
        await desk.goes_to(f"/incidents/{incident}")
        await desk.page.get_by_label("Your question").fill("Since when?")
        await desk.page.get_by_role("button", name="Ask", exact=True).click()
        await _sees(desk, "Ask something else")
        found["answered"] = await _obstacles(desk)
    assert found == {path: [] for path in found}


async def _obstacles(desk: Desk) -> list[str]:
    """What axe finds serious or critical with everything unfolded; and that nothing sticks out on a phone."""
    await desk.page.eval_on_selector_all("details", "all => all.forEach((one) => { one.open = true })")
    violations = (await Axe().run(desk.page)).response["violations"]
    wide = await desk.page.evaluate("document.documentElement.scrollWidth")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ] + ([f"it is {wide} pixels wide"] if wide != PHONE[0] else [])


async def test_no_page_of_the_router_is_left_out_of_these_tests() -> None:
    pages = {one.path for one in router.routes if isinstance(one, APIRoute) and "GET" in (one.methods or ())}
    assert pages == {*OTHER_PAGES, *OF_AN_INCIDENT} | NO_PAGES


async def test_the_keyboard_reaches_the_content_the_pages_and_the_question_in_reading_order(
    asked: tuple[Line, str, str], browser: Browser
) -> None:
    running, address, incident = asked
    async with signed_in(browser, running.application, address) as desk:
        await desk.goes_to(f"/incidents/{incident}")
        reached = []
        for _ in range(18):
            await desk.page.keyboard.press("Tab")
            reached.append(
                await desk.page.evaluate("(document.activeElement.innerText || document.activeElement.name)")
            )
        told = [one.splitlines()[0] for one in reached if one]
        assert told[:9] == [
            "To the content",
            "incident-agent",
            "Incidents",
            "Approvals",
            "Silences",
            "Memory",
            "Noise",
            "Capacity",
            "Audit",
        ]
        assert [one for one in told if one in {"reason", "Approve", "Deny", "I have seen it"}] == [
            "reason",
            "Approve",
            "Deny",
            "I have seen it",
        ]


@pytest.mark.attack("S55")
async def test_what_arrives_while_somebody_looks_runs_nothing_in_their_browser(
    asked: tuple[Line, str, str], browser: Browser
) -> None:
    running, address, _ = asked
    alert = {
        "status": "firing",
        "labels": {"alertname": HOSTILE, "service": f"x{HOSTILE}", "severity": "low"},
        "annotations": {"summary": HOSTILE, "javascript:window.hacked=1": "javascript:window.hacked=1"},
        "startsAt": running.application.clock.now().isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "javascript:window.hacked=1",
        "fingerprint": HOSTILE,
    }
    body = json.dumps({"version": "4", "status": "firing", "receiver": "agent", "alerts": [alert]}).encode()
    async with signed_in(browser, running.application, address) as desk:
        await desk.goes_to("/")
        await running.application.service.intake.receive("alertmanager", "test", body)
        await desk.page.get_by_role("link", name=HOSTILE).first.click()
        await expect(desk.page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
        await expect(desk.page.locator("#evidence-box article").first).to_be_visible()
        assert await desk.page.evaluate("window.hacked") is None
        assert desk.complaints == []


async def test_a_decision_of_another_surface_shows_on_the_page_by_itself(tmp_path: Path, browser: Browser) -> None:
    async with (
        line(tmp_path, policy=POLICY) as running,
        dashboard(running.application) as address,
        signed_in(browser, running.application, address) as desk,
    ):
        incident = await _asked(running)
        await desk.goes_to(f"/incidents/{incident}")
        # Even while somebody is writing their own answer: the question is gone.
        await desk.page.get_by_label("Reason, for the record").fill("I am not sure")
        question = (await running.application.views.approvals())[0]
        caller = await running.application.identity.keys.authenticate(
            (await running.application.identity.keys.create("ann", "person", ["read", "approve:high"])).token
        )
        await running.application.service.people.decide(question.id, Decision.DENY, caller, "rest", "no")
        await expect(desk.page.get_by_role("button", name="Approve")).to_have_count(0)
        await _sees(desk, "“no”")


async def test_without_scripts_everything_but_the_live_updates_works(tmp_path: Path, browser: Browser) -> None:
    async with (
        line(tmp_path, policy=POLICY) as running,
        dashboard(running.application) as address,
        signed_in(browser, running.application, address, script=False) as desk,
    ):
        incident, page = await _asked(running), desk.page
        for path in OTHER_PAGES:
            assert (path, await desk.goes_to(path)) == (path, 200)
        await desk.goes_to("/silences")
        await page.get_by_label("Label").first.fill("service")
        await page.get_by_label("Value").first.fill("batch")
        await page.get_by_role("button", name="Silence", exact=True).click()
        await _sees(desk, 'service="batch"')
        await desk.goes_to("/audit")
        await page.get_by_role("button", name="Verify now").click()
        await _sees(desk, "The journal is sound.")
        await desk.goes_to("/approvals")
        await page.get_by_label("Reason, for the record").fill("seen")
        await page.get_by_role("button", name="Approve").click()
        await expect(page).to_have_url(f"{address}/incidents/{incident}#approval")
        await running.until(EventType.REPORTED)
        await desk.goes_to(f"/incidents/{incident}/report")
        await expect(page.get_by_role("heading", name="Remediation")).to_be_visible()
        known = await running.application.views.incident(incident)
        assert known.incident.status is IncidentStatus.RESOLVED
