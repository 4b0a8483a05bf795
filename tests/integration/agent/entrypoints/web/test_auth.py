"""S33, S40, S60, S61: who gets in, and what each may do."""

import base64
import logging
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from agent.domain.key import Scope
from agent.entrypoints.matrix import needs
from agent.entrypoints.web import OPEN, create_app
from agent.identity.keys import LOCAL_OPERATOR
from tests.integration.agent.entrypoints.web.conftest import Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="module")

BODY = b'{"title": "x"}'


async def bare(served: Served, method: str, path: str, **what: Any) -> httpx2.Response:
    """Without the operator's key."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as http:
        return await http.request(method, path, **what)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_key_as_bearer_or_as_the_password_of_basic_auth(served: Served) -> None:
    key = await served.key("sender", "ingest")
    for header in (f"Bearer {key}", f"bearer {key}", basic("alertmanager", key), basic("", key)):
        answer = await bare(served, "POST", "/webhooks/generic", content=BODY, headers={"Authorization": header})
        assert answer.status_code == 202


@pytest.mark.attack("S33", "S60")
async def test_everything_else_is_refused_in_the_same_words(served: Served) -> None:
    key = await served.key("victim", "ingest")
    wrong = [
        "",
        "Bearer",
        f"Bearer {key[:-1]}",
        f"Bearer {key}x",
        f"Bearer {key[:20]}",
        f"Bearer {key[:-1]}" + ("A" if key[-1] != "A" else "B"),
        f"Bearer ia_{'0' * 16}_{'a' * 43}",
        f"Token {key}",
        key,
        basic(key, ""),
        basic("x", key + "x"),
        "Basic !!!",
        "Basic " + base64.b64encode(key.encode()).decode(),
        "Bearer " + "x" * 10_000,
    ]
    answers = []
    for header in wrong:
        answer = await bare(served, "POST", "/webhooks/generic", content=BODY, headers={"Authorization": header})
        answers.append((answer.status_code, answer.json()["detail"], answer.headers["www-authenticate"]))

    assert len(set(answers)) == 1
    assert answers[0][0] == 401


@pytest.mark.attack("S33")
async def test_no_header_and_two_headers_are_refused(served: Served) -> None:
    key = await served.key("twice", "ingest")
    two = httpx2.Headers([("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")])

    assert (await bare(served, "POST", "/webhooks/generic", content=BODY)).status_code == 401
    assert (await bare(served, "POST", "/webhooks/generic", content=BODY, headers=two)).status_code == 401


@pytest.mark.attack("S33", "S60")
async def test_key_in_the_address_is_refused_even_beside_a_good_header_and_never_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    key = await served.key("in-address", "ingest")
    caplog.set_level(logging.DEBUG)
    header = {"Authorization": f"Bearer {key}"}
    for path in (f"/webhooks/generic?key={key}", f"/webhooks/generic?k={key.replace('_', '%5F')}"):
        await bare(served, "POST", "/webhooks/generic", content=BODY, headers=header)
        for headers in ({}, header):
            answer = await bare(served, "POST", path, content=BODY, headers=headers)
            assert answer.status_code == 401
            assert key not in answer.text
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]

    assert ours
    assert [record for record in ours if key in str(vars(record)) or key in record.getMessage()] == []


@pytest.mark.attack("S60")
async def test_revoked_key_opens_nothing_and_sends_for_a_second_at_most(served: Served) -> None:
    minted = await served.application.identity.keys.create("leaver", "person", ["ingest", "read"])
    header = {"Authorization": f"Bearer {minted.token}"}
    assert (await bare(served, "GET", "/api/incidents", headers=header)).status_code == 200
    await served.application.identity.keys.revoke(minted.key.id)

    assert (await bare(served, "GET", "/api/incidents", headers=header)).status_code == 401
    assert (await bare(served, "POST", "/webhooks/generic", content=BODY, headers=header)).status_code == 401


async def test_refusal_comes_before_the_body_is_read(served: Served) -> None:
    answer = await bare(served, "POST", "/webhooks/alertmanager", content=b" " * 10**6)

    assert (answer.status_code, answer.headers["connection"]) == (401, "close")


NEEDS: dict[tuple[str, str], Scope] = {
    ("POST", "/webhooks/alertmanager"): "ingest",
    ("POST", "/webhooks/datadog"): "ingest",
    ("POST", "/webhooks/grafana"): "ingest",
    ("POST", "/webhooks/pagerduty"): "ingest",
    ("POST", "/webhooks/generic"): "ingest",
    ("POST", "/webhooks/changes"): "ingest",
    ("GET", "/api/receipts/{receipt}"): "read",
    ("GET", "/api/alerts"): "read",
    ("POST", "/api/alerts/place"): "approve:low",
    ("GET", "/api/alerts/{alert}"): "read",
    ("GET", "/api/incidents"): "read",
    ("GET", "/api/incidents/{incident}"): "read",
    ("POST", "/api/incidents/{incident}/ask"): "ask",
    ("POST", "/api/incidents/{incident}/feedback"): "ask",
    ("POST", "/api/incidents/{incident}/ack"): "ask",
    ("POST", "/api/incidents/{incident}/cancel"): "approve:low",
    ("POST", "/api/incidents/{incident}/takeover"): "approve:low",
    ("POST", "/api/incidents/{incident}/close"): "approve:low",
    ("POST", "/api/incidents/{incident}/merge"): "approve:low",
    ("POST", "/api/incidents/{incident}/split"): "approve:low",
    ("GET", "/api/approvals"): "read",
    ("GET", "/api/approvals/{approval}"): "read",
    ("POST", "/api/approvals/{approval}"): "approve:low",
    ("GET", "/api/effects"): "read",
    ("POST", "/api/effects/{effect}"): "approve:low",
    ("POST", "/api/actions/pause"): "approve:low",
    ("POST", "/api/actions/resume"): "approve:high",
    ("GET", "/api/silences"): "read",
    ("POST", "/api/silences"): "approve:low",
    ("DELETE", "/api/silences/{silence}"): "approve:low",
    ("GET", "/api/maintenance"): "read",
    ("POST", "/api/maintenance"): "approve:low",
    ("GET", "/api/memory"): "read",
    ("POST", "/api/memory"): "admin",
    ("DELETE", "/api/memory/{incident}"): "admin",
    ("GET", "/api/audit"): "read",
    ("GET", "/api/events"): "read",
    ("GET", "/metrics"): "read",
    ("POST", "/mcp"): "read",
    ("GET", "/openapi.json"): "read",
}
PAGE_OPEN = {"/login", "/enter/{code}", "/static/dashboard.css", "/static/dashboard.js"}
"""What a browser needs to sign in."""
BODIES = {
    "/api/silences": {"matchers": [{"label": "service", "value": "cart"}], "minutes": 5},
    "/api/maintenance": {
        "name": "new disks",
        "matchers": [{"label": "service", "value": "cart"}],
        "starts_at": "2099-01-01T00:00:00Z",
        "ends_at": "2099-01-01T01:00:00Z",
    },
    "/api/approvals/{approval}": {"decision": "deny"},
    "/api/effects/{effect}": {"found": "done", "reason": "seen"},
    "/api/incidents/{incident}/merge": {"into": "inc-2"},
    "/api/incidents/{incident}/split": {"alerts": ["al-1"]},
    "/api/incidents/{incident}/ask": {"question": "why?"},
    "/api/incidents/{incident}/feedback": {"verdict": "right"},
}


def routes(served: Served) -> set[tuple[str, str]]:
    """Every route of the application, as FastAPI would look for it."""
    found = set()
    for context in iter_route_contexts(served.running.config.app.routes):  # type: ignore[union-attr]
        route: Any = context.original_route
        found |= {(method, context.path or route.path) for method in route.methods or ()}
    return found


@pytest.mark.attack("S61")
async def test_every_route_is_in_the_table_or_open(served: Served) -> None:
    assert {
        one
        for one in routes(served)
        if one[1] not in OPEN and one[1].startswith(("/api", "/webhooks", "/metrics", "/openapi", "/mcp"))
    } == set(NEEDS)
    assert {path for _, path in routes(served)} >= OPEN


@pytest.mark.attack("S61")
async def test_the_published_table_says_of_every_route_what_it_asks_for(served: Served) -> None:
    told = {(one.method, one.path): one.takes for one in needs(served.running.config.app.routes)}  # type: ignore[union-attr]
    assert set(told) == routes(served)
    assert {route: takes for route, takes in told.items() if takes not in {"session", "open"}} == NEEDS
    assert {path for (_, path), takes in told.items() if takes == "open"} == OPEN | PAGE_OPEN


@pytest.mark.attack("S61")
async def test_no_route_but_the_open_ones_answers_without_a_key(served: Served) -> None:
    for method, path in sorted(NEEDS):
        answer = await bare(
            served,
            method,
            path.format(receipt="x", alert="x", incident="x", approval="x", silence="x", effect="x"),
            json={},
        )
        assert (path, answer.status_code) == (path, 401)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.attack("S61")
async def test_each_scope_opens_exactly_its_routes(served: Served) -> None:
    """Every route with every scope alone, of a person; `admin` includes all, `approve:high` includes low."""
    includes = {scope: {scope} for scope in get_args(Scope)}
    includes["admin"] = set(get_args(Scope))
    includes["approve:high"] = {"approve:high", "approve:low"}
    for number, scope in enumerate(get_args(Scope)):
        key = await served.key(f"only-{number}", scope, kind="person")
        refused = {route for route, status in (await _statuses(served, key)).items() if status == 403}
        assert refused == {route for route, needed in NEEDS.items() if needed not in includes[scope]}


@pytest.mark.attack("S25", "S61")
async def test_machine_cannot_approve_whatever_its_scopes(served: Served) -> None:
    key = await served.key("robot", "ingest", "read", "ask")
    refused = {route for route, status in (await _statuses(served, key)).items() if status == 403}

    assert refused == {route for route, needed in NEEDS.items() if needed.startswith(("approve:", "admin"))}


async def _statuses(served: Served, key: str) -> dict[tuple[str, str], int]:
    """How every route answers to this key, not waiting for a stream's end."""
    header = {"Authorization": f"Bearer {key}"}
    found = {}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", headers=header) as http:
        for method, path in NEEDS:
            asked = path.format(receipt="x", alert="x", incident="x", approval="x", silence="x", effect="x")
            what: dict[str, Any] = {"json": BODIES.get(path, {})} if method == "POST" else {}
            async with http.stream(method, asked, **what) as answer:
                found[method, path] = answer.status_code
    return found


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.169.254"]
)
async def test_on_loopback_only_this_machines_own_names_are_answered(served: Served, host: str) -> None:
    for path in ("/livez", "/api/incidents", "/nowhere"):
        answer = await served.http.get(path, headers={"Host": host})
        assert (answer.status_code, answer.headers["content-type"]) == (421, "application/problem+json")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "LOCALHOST:8080", "[::1]:8080"])
async def test_this_machines_own_names_are_answered(served: Served, host: str) -> None:
    assert (await served.http.get("/api/incidents", headers={"Host": host})).status_code == 200


async def test_behind_another_address_the_local_key_is_good_on_this_machine_alone(tmp_path: Path) -> None:
    async with serve(tmp_path, host="0.0.0.0") as served:
        assert (await served.http.get("/livez", headers={"Host": "agent.example"})).status_code == 200
        assert (await served.http.get("/api/incidents", headers={"Host": "agent.example"})).status_code == 403
        reader = {"Authorization": f"Bearer {await served.key('reader', 'read')}", "Host": "agent.example"}
        assert (await served.http.get("/api/incidents", headers=reader)).status_code == 200
        assert served.application.identity.local_operator is not None
        names = [key.name for key in await served.application.identity.keys.valid()]
        assert LOCAL_OPERATOR in names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//webhooks/generic", 404),
        ("/webhooks//generic", 404),
        ("/webhooks/generic/", 404),
        ("/webhooks/generic;/admin", 404),
        ("/webhooks/generic%2f..%2fchanges", 404),
        ("/webhooks/../api/actions/resume", 404),
        ("/webhooks/%2e%2e/api/actions/resume", 404),
        ("/WEBHOOKS/generic", 404),
        ("/webhooks/generic%00", 404),
    ],
)
@pytest.mark.attack("S40")
async def test_path_tricks_lead_nowhere(served: Served, path: str, status: int) -> None:
    from tests.integration.agent.entrypoints.web.wire import exchange

    key = served.application.identity.local_operator
    request = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 2\r\n\r\n{{}}"
    answer = await exchange(served.port, request.encode())

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.attack("S40")
async def test_body_of_another_type_is_refused_where_people_and_programs_write(served: Served) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = await served.http.post("/api/approvals/x", content=b"{}", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["title"]) == (415, "Unsupported Media Type")


async def test_application_opens_and_closes_nothing(served: Served) -> None:
    before = len(await served.application.identity.keys.list())
    create_app(served.application)

    assert len(await served.application.identity.keys.list()) == before
