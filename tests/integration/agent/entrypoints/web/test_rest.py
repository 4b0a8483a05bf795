import json
from typing import Any

import pytest

from agent.domain.approval import Decision
from agent.views import Views
from tests.integration.agent.entrypoints.web.bodies import group
from tests.integration.agent.entrypoints.web.conftest import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(served: Served, name: str) -> str:
    """The incident that an alert of this name opens."""
    body = json.loads(group(name))
    body["alerts"][0]["labels"]["service"] = name.lower()
    told = (await served.post("alertmanager", json.dumps(body).encode())).json()
    await served.placed()
    (alert,) = (await served.http.get(f"/api/receipts/{told['receipt']}")).json()["alerts"]
    incident: str = alert["incident"]
    return incident


async def test_alert_tells_its_fate_reason_and_incident(served: Served) -> None:
    incident = await opened(served, "Alpha")
    (alert,) = (await served.http.get(f"/api/incidents/{incident}")).json()["alerts"]

    assert (await served.http.get(f"/api/alerts/{alert['id']}")).json() == alert
    assert (alert["fate"], alert["incident"], alert["reason"]) == (
        "incident",
        incident,
        "No open incident shares service=alpha within 10 min.",
    )


async def test_what_an_incident_tells_stands_under_the_names_that_were_promised(served: Served) -> None:
    incident = await opened(served, "Promised")
    told = (await served.http.get(f"/api/incidents/{incident}")).json()

    assert {"alerts", "evidence", "hypotheses", "actions", "timeline", "usage"} <= told.keys()
    assert (told["id"], told["status"]) == (incident, told["incident"]["status"])
    assert told["usage"] == {"calls": 0, "input_tokens": 0, "cached_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}


async def test_a_body_that_cannot_be_read_has_a_fate_too(served: Served) -> None:
    receipt = (await served.post("alertmanager", b'{"alerts": [')).json()["receipt"]
    (kept,) = (await served.http.get(f"/api/receipts/{receipt}")).json()["quarantined"]

    assert (kept["fate"], kept["body"]) == ("quarantined", '{"alerts": [')


async def test_incidents_are_listed_searched_and_paged(served: Served) -> None:
    for name in ("Beta", "Gamma", "Delta"):
        await opened(served, name)
    names = []
    cursor = ""
    while True:
        query: dict[str, str | int] = {"limit": 2, "cursor": cursor, "status": "open,investigating"}
        page = (await served.http.get("/api/incidents", params=query)).json()
        names += [one["title"] for one in page["incidents"]]
        if not (cursor := page["cursor"]):
            break

    assert [name.split()[0] for name in names][:3] == ["Delta", "Gamma", "Beta"]
    found = (await served.http.get("/api/incidents", params={"q": "gamma"})).json()["incidents"]
    assert [one["service"] for one in found] == ["gamma"]
    assert (await served.http.get("/api/incidents", params={"q": "%"})).json()["incidents"] == []
    assert (await served.http.get("/api/incidents", params={"status": "closed"})).json()["incidents"] == []


async def test_people_steer_an_incident_and_the_journal_names_them(served: Served) -> None:
    incident = await opened(served, "Epsilon")
    steps = [("ack", "open"), ("takeover", "parked"), ("cancel", "parked"), ("close", "closed")]
    told = [(await served.http.post(f"/api/incidents/{incident}/{step}")).json()["status"] for step, _ in steps]
    again = await served.http.post(f"/api/incidents/{incident}/close")
    timeline = (await served.http.get(f"/api/incidents/{incident}")).json()["timeline"]

    assert told == [status for _, status in steps]
    assert (again.status_code, again.json()["detail"]) == (409, f"{incident} is closed already.")
    assert {one["event"]["actor"] for one in timeline if one["event"]["type"] != "incident_opened"} == {
        "local-operator"
    }


async def test_feedback_is_kept(served: Served) -> None:
    incident = await opened(served, "Zeta")
    answer = await served.http.post(
        f"/api/incidents/{incident}/feedback", json={"verdict": "wrong", "cause": "a full disk", "comment": "seen"}
    )
    timeline = (await served.http.get(f"/api/incidents/{incident}")).json()["timeline"]

    assert (answer.status_code, answer.content) == (204, b"")
    assert timeline[-1]["event"]["facts"] == {"verdict": "wrong", "cause": "a full disk"}


async def test_one_switch_stops_every_action(served: Served) -> None:
    assert (await served.http.post("/api/actions/pause")).json() == {"actions_paused": True}
    assert (await served.application.views.load()).actions_paused
    assert (await served.http.post("/api/actions/resume")).json() == {"actions_paused": False}
    assert not (await served.application.views.load()).actions_paused


async def test_journal_is_read_page_by_page(served: Served) -> None:
    await opened(served, "Eta")
    first = (await served.http.get("/api/audit", params={"limit": 2})).json()["entries"]
    rest = (await served.http.get("/api/audit", params={"after": first[-1]["sequence"], "limit": 1_000})).json()[
        "entries"
    ]

    assert [one["sequence"] for one in first + rest] == list(range(1, 1 + len(first) + len(rest)))
    assert all(later["previous"] == one["hash"] for one, later in zip(first + rest, (first + rest)[1:], strict=False))


async def test_nothing_waits_for_approval_yet(served: Served) -> None:
    assert (await served.http.get("/api/approvals", params={"status": "pending"})).json() == {"approvals": []}
    assert (await served.http.get("/api/approvals/apr-1")).status_code == 404
    answer = await served.http.post("/api/approvals/apr-1", json={"decision": Decision.APPROVE, "reason": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


BAD: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/api/incidents/nope", {}, 404),
    ("GET", "/api/receipts/nope", {}, 404),
    ("GET", "/api/alerts/nope", {}, 404),
    ("GET", "/api/incidents/a%00b", {}, 422),
    ("GET", "/api/incidents/..%2f..", {}, 404),
    ("GET", "/api/incidents/" + "x" * 101, {}, 422),
    ("GET", "/api/incidents", {"params": {"limit": "0"}}, 422),
    ("GET", "/api/incidents", {"params": {"limit": "x"}}, 422),
    ("GET", "/api/incidents", {"params": {"status": "open';--"}}, 422),
    ("GET", "/api/incidents", {"params": {"status": "open,wrong"}}, 422),
    ("GET", "/api/incidents", {"params": {"q": "a\x00"}}, 422),
    ("GET", "/api/incidents", {"params": {"cursor": "' or 1=1"}}, 422),
    ("GET", "/api/approvals", {"params": {"status": "maybe"}}, 422),
    ("GET", "/api/audit", {"params": {"after": "-1"}}, 422),
    ("GET", "/api/audit", {"params": {"after": str(2**80)}}, 422),
    ("POST", "/api/approvals/x", {"json": {"decision": "maybe"}}, 422),
    ("POST", "/api/approvals/x", {"json": {}}, 422),
    ("POST", "/api/approvals/x", {"json": []}, 422),
    ("POST", "/api/approvals/x", {"json": {"decision": "deny", "arguments": {"replicas": 0}}}, 422),
    ("POST", "/api/approvals/x", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 422),
    ("POST", "/api/approvals/x", {"content": b"\xff", "headers": {"Content-Type": "application/json"}}, 400),
    ("POST", "/api/approvals/x", {"json": {"decision": "deny", "reason": "x" * 3_000}}, 422),
    ("POST", "/api/approvals/x", {"json": {"decision": "deny", "reason": "x" * 70_000}}, 413),
    ("POST", "/api/approvals/x", {"content": b"[" * 60_000, "headers": {"Content-Type": "application/json"}}, 400),
    ("POST", "/api/incidents/x/feedback", {"json": {"verdict": "perhaps"}}, 422),
    ("POST", "/api/incidents/nope/ack", {}, 404),
    ("POST", "/api/incidents/nope/merge", {"json": {"into": "inc-1"}}, 404),
    ("POST", "/api/incidents/nope/merge", {"json": {"reason": "no target"}}, 422),
    ("POST", "/api/incidents/nope/split", {"json": {"alerts": ["al-1"]}}, 404),
    ("POST", "/api/incidents/nope/split", {"json": {"alerts": []}}, 422),
    ("POST", "/api/incidents/nope/feedback", {"json": {"verdict": "right"}}, 404),
    ("PUT", "/api/incidents", {}, 405),
    ("DELETE", "/webhooks/generic", {}, 405),
    ("GET", "/nowhere", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "what", "status"), BAD, ids=range(len(BAD)))
async def test_every_refusal_is_a_problem_document(
    served: Served, method: str, path: str, what: dict[str, Any], status: int
) -> None:
    answer = await served.http.request(method, path, **what)
    told = answer.json()

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == status
    assert told["detail"]
    assert "Traceback" not in answer.text


async def test_answers_are_not_kept_framed_or_sniffed(served: Served) -> None:
    for path in ("/livez", "/api/incidents", "/nowhere"):
        headers = (await served.http.get(path)).headers
        assert {
            name: headers[name] for name in ("cache-control", "content-security-policy", "x-content-type-options")
        } == {
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "x-content-type-options": "nosniff",
        }
        assert "server" not in headers


async def test_interface_describes_itself(served: Served) -> None:
    described = (await served.http.get("/openapi.json")).json()

    assert described["openapi"].startswith("3.")
    assert {"/webhooks/alertmanager", "/v2/enqueue", "/api/incidents/{incident}", "/livez"} <= set(described["paths"])
    assert described["security"] == [{"bearer": []}, {"basic": []}]
    decision = described["components"]["schemas"]["DecisionAsked"]
    assert set(decision["properties"]) == {"decision", "reason"}


async def test_mistake_of_ours_is_one_sentence_and_one_log_line(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("sensitive detail")

    monkeypatch.setattr(Views, "alert", broken)
    answer = await served.http.get("/api/alerts/x")

    assert answer.status_code == 500
    assert answer.json()["detail"] == "This is a mistake in incident-agent, not yours. Its log says more."
    assert "sensitive" not in answer.text
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["a request failed"]


async def test_work_that_would_end_before_it_begins_is_not_understood(served: Served) -> None:
    asked = {"name": "disks", "matchers": [{"label": "service", "value": "cart"}]}
    answer = await served.http.post(
        "/api/maintenance", json={**asked, "starts_at": "2099-01-02T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}
    )
    assert (answer.status_code, answer.json()["detail"]) == (422, "ends_at must be later than starts_at")
    answer = await served.http.post(
        "/api/maintenance", json={**asked, "starts_at": "2099-01-02T00:00:00Z", "ends_at": "9999-12-31T23:00:00-12:00"}
    )
    says = "ends_at: a time lies in the years 1 to 9999, in UTC as well"
    assert (answer.status_code, answer.json()["detail"]) == (422, says)
