"""Can a person see, decide and nothing else in a browser?  The whole web application over real records."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import httpx2
import pytest
from fastapi.routing import APIRoute

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.approval import ApprovalStatus
from agent.domain.event import EventType
from agent.domain.key import Scope
from agent.entrypoints.dashboard import one_time_code, router
from agent.entrypoints.web import create_app
from agent.identity.sessions import issue
from agent.settings import Settings
from agent.testing import NoMemory
from tests.e2e.line import Line, line

OPEN = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/enter/{code}"),
    ("GET", "/static/dashboard.css"),
    ("GET", "/static/dashboard.js"),
}
PAGES = ("/", "/approvals", "/silences", "/memory", "/noise", "/capacity", "/audit")
OF_AN_INCIDENT = ("", "/alerts", "/report", "/report.md", "/charts/{evidence}-{theme}.svg")
FORMS: dict[str, Scope] = {
    "/incidents/{incident}/ack": "ask",
    "/incidents/{incident}/ask": "ask",
    "/incidents/{incident}/feedback": "ask",
    "/incidents/{incident}/merge": "approve:low",
    "/incidents/{incident}/split": "approve:low",
    "/incidents/{incident}/{step}": "approve:low",
    "/incidents/{incident}/approvals/{approval}": "approve:low",
    "/silences": "approve:low",
    "/silences/{silence}/end": "approve:low",
    "/maintenance": "approve:low",
    "/actions/{switch}": "approve:low",
    "/audit": "read",
    "/logout": "read",
}
"""Each form, and what it takes to send it."""
PATIENT = "{autonomy: approve, approval_valid: 7200}"


@asynccontextmanager
async def _installation(folder: Path, host: str = "127.0.0.1") -> AsyncIterator[Application]:
    """One that has received nothing and works on nothing."""
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none", "host": host})
    async with bootstrap(settings, Replaced(memory=NoMemory())) as application:
        yield application


@asynccontextmanager
async def _browser(application: Application, peer: str = "127.0.0.1") -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(application), client=(peer, 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8080") as browser:
        yield browser


@asynccontextmanager
async def _signed_in(application: Application) -> AsyncIterator[httpx2.AsyncClient]:
    async with _browser(application) as browser:
        assert (await browser.get(f"/enter/{one_time_code(application)}")).status_code == 200
        yield browser


async def _with_key(browser: httpx2.AsyncClient, application: Application, name: str, *scopes: Scope) -> str:
    """Sign in with a new key; its id."""
    minted = await application.identity.keys.create(name, "person", scopes)
    answer = await browser.post("/login", data={"key": f" {minted.token}\n", "to": "/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return minted.key.id


def _token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def _asked(running: Line) -> str:
    """The address at which the question of the replayed incident is answered."""
    await running.post_alert()
    entry = await running.until(EventType.APPROVAL_REQUESTED)
    return f"/incidents/{entry.event.incident}/approvals/{entry.event.facts['approval']}"


async def test_whoever_is_not_signed_in_is_asked_to_and_told_nothing(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _browser(application) as browser:
        answers = {
            (method, route.path): (await browser.request(method, re.sub(r"{\w+}", "x", route.path))).status_code
            for route in router.routes
            if isinstance(route, APIRoute)
            for method in route.methods or ()
        }
        assert {known: code for known, code in answers.items() if known not in OPEN} == {
            **{("GET", address): 303 for address in (*PAGES, "/live")},
            **{("GET", f"/incidents/{{incident}}{part}"): 303 for part in OF_AN_INCIDENT},
            **{("POST", address): 401 for address in FORMS},
        }
        assert (await browser.get("/incidents/inc-1")).headers["location"] == "/login?to=/incidents/inc-1"


async def test_the_printed_address_signs_the_local_operator_in_once(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _browser(application) as browser:
        address = f"/enter/{one_time_code(application)}"
        async with _browser(application, peer="192.0.2.7") as elsewhere:
            assert (await elsewhere.get(address)).status_code == 421
        rebound = await browser.get(address, headers={"Host": "evil.example"})
        first = await browser.get(address)
        assert (rebound.status_code, first.status_code) == (421, 200)
        cookie = first.headers["set-cookie"]
        assert [part for part in ("HttpOnly", "SameSite=Strict", "Path=/") if part not in cookie] == []
        assert "local-operator" in (await browser.get("/")).text
        assert ((await browser.get(address)).status_code, (await browser.get("/enter/" + "0" * 32)).status_code) == (
            410,
            410,
        )


async def test_an_empty_installation_says_where_alerts_go_and_looks_again(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        page = (await browser.get("/")).text
        assert "No incident yet" in page
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


async def test_a_key_opens_a_session_that_ends_with_the_key(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _browser(application) as browser:
        wrong = await browser.post("/login", data={"key": "ia_" + "0" * 16 + "_" + "x" * 43})
        assert (wrong.status_code, "That is not a valid key." in wrong.text) == (401, True)
        key = await _with_key(browser, application, "ann", "read")
        assert ">ann<" in (await browser.get("/")).text
        await application.identity.keys.revoke(key)
        assert (await browser.get("/")).status_code == 303


async def test_a_key_that_may_not_read_opens_nothing_and_nobody_is_sent_elsewhere(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _browser(application) as browser:
        sender = (await application.identity.keys.create("prometheus", "machine", ["ingest"])).token
        refused = await browser.post("/login", data={"key": sender})
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
        reader = (await application.identity.keys.create("ann", "person", ["read"])).token
        for to in ("https://evil.example/", "//evil.example", "/incidents/../x", "/logout"):
            assert (await browser.post("/login", data={"key": reader, "to": to})).headers["location"] == "/"


async def test_the_local_operators_session_is_good_on_this_machine_alone(tmp_path: Path) -> None:
    async with _installation(tmp_path, host="192.0.2.1") as application, _signed_in(application) as browser:
        async with _browser(application, peer="192.0.2.7") as elsewhere:
            elsewhere.cookies = browser.cookies
            stolen = await elsewhere.get("/")
            code = one_time_code(application)
            entered = await elsewhere.get(f"/enter/{code}")
        assert (stolen.status_code, entered.status_code) == (403, 403)
        assert (await browser.get(f"/enter/{code}")).status_code == 200


async def test_a_session_of_a_key_that_may_not_read_shows_nothing(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _browser(application) as browser:
        sender = (await application.identity.keys.create("prometheus", "machine", ["ingest"])).key
        secret = application.identity.secrets.derive("sessions")
        browser.cookies.set("incident-agent", issue(sender.id, secret, application.clock.now()))
        of_one = [re.sub(r"{\w+}", "light", f"/incidents/x{part}") for part in OF_AN_INCIDENT]
        answers = {address: (await browser.get(address)).status_code for address in (*PAGES, "/live", *of_one)}
        assert answers == dict.fromkeys(answers, 403)


@pytest.mark.attack("S63")
async def test_a_form_of_another_site_signs_nobody_in(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _browser(application) as browser:
        key = application.identity.local_operator or ""
        origins = ("https://evil.example", "null", "http://[")
        for header in (*({"Origin": origin} for origin in origins), {"Sec-Fetch-Site": "cross-site"}):
            assert (await browser.post("/login", data={"key": key}, headers=header)).status_code == 403
        assert (await browser.post("/login", content=b"key", headers={"Content-Type": "text/plain"})).status_code == 415
        assert (await browser.post("/login", data={"key": "x" * 70_000})).status_code == 413


@pytest.mark.attack("S63")
async def test_signing_out_needs_the_sessions_own_form(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        assert (await browser.post("/logout", data={"csrf": "guessed"})).status_code == 403
        token = _token((await browser.get("/")).text)
        assert (await browser.post("/logout", data={"csrf": token})).headers["location"] == "/login"
        assert (await browser.get("/")).status_code == 303


@pytest.mark.attack("S55")
async def test_what_an_alert_says_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    hostile = "</h1><script>alert(1)</script>\u202egnp.exe"
    alert = {
        "status": "firing",
        "labels": {"alertname": hostile, "service": 'cart"><img src=x onerror=alert(1)>', "severity": "high"},
        "annotations": {"summary": hostile},
        "startsAt": "2026-11-21T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "javascript:alert(1)",
        "fingerprint": "f",
    }
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        body = json.dumps({"version": "4", "status": "firing", "receiver": "agent", "alerts": [alert]}).encode()
        await application.service.intake.receive("alertmanager", "test", body)
        while await application.service.placement.place_waiting():
            pass
        incident = (await application.views.incidents()).incidents[0]
        for address in ("/", f"/incidents/{incident.id}"):
            page = (await browser.get(address)).text
            assert [bad for bad in ("<script>", "<img src=x", "\u202e", 'href="javascript') if bad in page] == []
            assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202egnp.exe" in page


@pytest.mark.attack("S55")
async def test_the_pages_forbid_scripts_of_others_and_frames_and_the_files_are_what_they_say(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        page = await browser.get("/")
        policy = page.headers["content-security-policy"]
        assert policy == (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert page.headers["cache-control"] == "no-store"
        files = re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]+)"', page.text)
        kinds = [(await browser.get(address)).headers["content-type"] for address in files]
        assert kinds == ["text/css; charset=utf-8", "text/javascript; charset=utf-8"]


async def test_a_question_is_seen_whole_and_answered_once(tmp_path: Path) -> None:
    async with line(tmp_path, policy=PATIENT) as running, _signed_in(running.application) as browser:
        answer = await _asked(running)
        views = running.application.views
        page = (await browser.get(answer.partition("/approvals")[0])).text
        asked = (await views.approvals())[0]
        shown = re.search(r'<pre class="shown"[^>]*>(.*?)</pre>', page, re.DOTALL)
        assert shown is not None
        assert unescape(shown[1]) == asked.shown
        linked = set(re.findall(r'href="#(e\d+)"', page))
        assert linked
        assert linked <= set(re.findall(r'id="(e\d+)"', page))
        assert 'http-equiv="refresh"' not in page

        said = {"csrf": _token(page), "decision": "approve", "reason": "seen it before"}
        assert (await browser.post(answer, data=said)).status_code == 303
        again = await browser.post(answer, data=said)
        assert (again.status_code, "already" in again.text, "text/html" in again.headers["content-type"]) == (
            409,
            True,
            True,
        )
        await running.until(EventType.REPORTED)
        decided = (await views.approvals())[0]
        assert (decided.status, decided.decided_by, decided.decided_via, decided.comment) == (
            ApprovalStatus.SPENT,
            "local-operator",
            "dashboard",
            "seen it before",
        )
        assert [entry["what"] for entry in running.shop.journal] == ["rollback"]
        after = (await browser.get(answer.partition("/approvals")[0])).text
        assert "approved and carried out" in after
        assert "seen it before" in after
        report = (await browser.get(answer.partition("/approvals")[0] + "/report")).text
        assert [title for title in ("Suspects", "Remediation", "Timeline (UTC)") if f"<h2>{title}</h2>" in report] == [
            "Suspects",
            "Remediation",
            "Timeline (UTC)",
        ]
        written = await browser.get(answer.partition("/approvals")[0] + "/report.md")
        assert (written.headers["content-type"], written.text[:2]) == ("text/markdown; charset=utf-8", "# ")


@pytest.mark.attack("S63")
async def test_nothing_is_decided_by_looking_or_by_another_site(tmp_path: Path) -> None:
    async with line(tmp_path, policy=PATIENT) as running, _browser(running.application) as browser:
        application = running.application
        answer = await _asked(running)
        incident = answer.partition("/approvals")[0]
        await _with_key(browser, application, "ann", "read", "approve:high")
        before = await application.views.journal_head()
        for address in ("/", "/?q=front&status=parked", incident, f"{incident}/report", answer, "/login"):
            await browser.get(address)
        assert await application.views.journal_head() == before

        token = _token((await browser.get("/")).text)
        approve = {"csrf": token, "decision": "approve"}
        refused = [
            await browser.post(answer, data={"decision": "approve"}),
            await browser.post(answer, data=approve | {"csrf": token[:-1]}),
            await browser.post(answer, data=approve, headers={"Origin": "https://evil.example"}),
            await browser.post(answer.replace("inc-", "inc-0"), data=approve),
            await browser.post(answer, data=approve | {"decision": "maybe"}),
        ]
        assert [one.status_code for one in refused] == [403, 403, 403, 404, 422]
        assert (await application.views.approvals())[0].status is ApprovalStatus.PENDING


async def test_the_scopes_of_the_key_say_what_can_be_decided(tmp_path: Path) -> None:
    async with line(tmp_path, policy=PATIENT) as running, _browser(running.application) as browser:
        application = running.application
        answer = await _asked(running)
        incident = answer.partition("/approvals")[0]

        async def tries(decision: str) -> httpx2.Response:
            token = _token((await browser.get("/")).text)
            return await browser.post(answer, data={"csrf": token, "decision": decision})

        await _with_key(browser, application, "reader", "read")
        page = (await browser.get(incident)).text
        assert ('value="approve"' in page, 'value="deny"' in page) == (False, False)
        assert [(await tries(decision)).status_code for decision in ("approve", "deny")] == [403, 403]

        await _with_key(browser, application, "ann", "read", "approve:low")
        page = (await browser.get(incident)).text
        assert ('value="approve"' in page, 'value="deny"' in page) == (False, True)
        assert "needs the scope approve:high" in (await tries("approve")).text
        assert (await tries("deny")).status_code == 303
        await running.until(EventType.REPORTED)
        assert (running.shop.journal, "Needs a human." in (await browser.get(incident)).text) == ([], True)


async def test_an_answer_that_comes_too_late_is_told_so(tmp_path: Path) -> None:
    policy = "{autonomy: approve, approval_valid: 20}"
    async with line(tmp_path, policy=policy) as running, _signed_in(running.application) as browser:
        answer = await _asked(running)
        token = _token((await browser.get("/")).text)
        await running.until(EventType.APPROVAL_EXPIRED)
        late = await browser.post(answer, data={"csrf": token, "decision": "approve"})
        assert (late.status_code, "expired" in late.text) == (410, True)
        assert running.shop.journal == []


@pytest.mark.parametrize("address", ["/incidents/none", "/incidents/none/report"])
async def test_what_there_is_not_is_said_on_a_page(tmp_path: Path, address: str) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        answer = await browser.get(address)
        assert (answer.status_code, "There is no incident none." in answer.text) == (404, True)


@pytest.mark.attack("S61", "S63")
@pytest.mark.parametrize("scopes", [(), ("ask",), ("approve:low",), ("approve:high",), ("admin",)])
async def test_every_form_wants_its_token_first_and_then_its_scope(tmp_path: Path, scopes: tuple[Scope, ...]) -> None:
    holds = {"read", *scopes, *(["ask", "approve:low"] if "admin" in scopes else [])}
    holds |= {"approve:low"} if "approve:high" in scopes else set()
    async with _installation(tmp_path) as application, _browser(application) as browser:
        await _with_key(browser, application, "ann", "read", *scopes)
        token = _token((await browser.get("/")).text)
        for address, scope in FORMS.items():
            if address == "/logout":
                continue
            at = re.sub(r"{\w+}", "x", address.replace("{step}", "close").replace("{switch}", "pause"))
            assert (await browser.post(at, data={"csrf": token[:-1]})).status_code == 403, address
            assert (await browser.post(at, data={}, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
            refused = (await browser.post(at, data={"csrf": token})).status_code == 403
            assert (address, refused) == (address, scope not in holds)
