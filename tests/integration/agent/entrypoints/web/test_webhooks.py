import gzip
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.integration.agent.entrypoints.web.bodies import GOOD, group
from tests.integration.agent.entrypoints.web.conftest import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAPTURED = Path(__file__).parents[4] / "payloads" / "alertmanager"


@pytest.mark.parametrize("integration", GOOD)
async def test_good_body_is_accepted_with_a_receipt(served: Served, integration: str) -> None:
    answer = await served.post(integration, GOOD[integration])

    assert answer.status_code == 202
    assert {name: answer.json()[name] for name in ("accepted", "quarantined")} == {"accepted": 1, "quarantined": 0}
    receipt = (await served.http.get(f"/api/receipts/{answer.json()['receipt']}")).json()
    assert (receipt["receipt"]["integration"], receipt["quarantined"]) == (integration, [])


async def test_captured_group_travels_from_the_webhook_to_its_incident_and_back(served: Served) -> None:
    receipts = []
    for name in ("1-firing-3-alerts", "2-firing-4-alerts-group-grew", "3-firing-with-one-resolved", "4-resolved-group"):
        answer = await served.post("alertmanager", (CAPTURED / f"alertmanager-0.25-{name}.json").read_bytes())
        receipts.append(answer.json()["receipt"])
        await served.placed()
    fates = []
    for receipt in receipts:
        alerts = (await served.http.get(f"/api/receipts/{receipt}")).json()["alerts"]
        fates.append([(one["fate"], one["incident"]) for one in alerts])
        assert all(one["reason"] for one in alerts)

    incident = fates[0][0][1]
    joined, again = ("incident", incident), ("duplicate", incident)
    assert fates == [[joined] * 3, [joined, *[again] * 3], [joined, *[again] * 3], [joined] * 3]
    known = (await served.http.get(f"/api/incidents/{incident}")).json()["incident"]
    assert (known["status"], known["title"]) == ("resolved", "ShopHighErrorRate on shop (4 alerts)")


ODD_JSON = [
    b"",
    b"not json",
    b"null",
    b"<alerts/>",
    b'{"alerts": [{"labels": {"a": NaN}}]}',
    b'{"alerts": [{"labels": {"alertname": "A", "v": 1e400}}]}',
    b'{"title": 1, "title": 2, "alert_id": 1, "alert_id": 2, "alerts": [], "alerts": [1]}',
    b'{"alerts": [{"labels": {"alertname": "\\ud800"}}], "title": "\\ud800"}',
    b'{"alerts": [{"labels": {"alertname": "\\u0000"}}], "title": "\\u0000"}',
    b"\xef\xbb\xbf" + group("A"),
    b"\xff\xfe",
    b"[" * 10_000,
    b'{"alerts":' * 10_000,
    gzip.compress(b"[" + b" " * 50_000_000 + b"]"),
    group("A")[:-20],
]


@pytest.mark.parametrize("integration", GOOD)
@pytest.mark.parametrize("body", ODD_JSON, ids=range(len(ODD_JSON)))
async def test_body_that_cannot_be_read_is_accepted_kept_and_shown(
    served: Served, integration: str, body: bytes
) -> None:
    answer = await served.post(integration, body)
    told = answer.json()

    assert (answer.status_code, told["accepted"]) == (202, 0)
    assert told["quarantined"] >= 1
    kept = (await served.http.get(f"/api/receipts/{told['receipt']}")).json()["quarantined"]
    assert all(one["body"] in body.decode("utf-8", "replace") for one in kept)
    assert kept[0]["reason"].endswith(".")


BAD_ITEMS: dict[str, list[Any]] = {
    "alertmanager": [{"status": "firing", "labels": ["x"]}, {"labels": {"a": "b"}, "startsAt": "soon"}, None, "x"],
    "grafana": [{"status": "odd", "labels": {"a": "b"}}, 3],
    "generic": [{"severity": "high"}, {"title": "x", "starts_at": "soon"}],
}


@pytest.mark.parametrize("integration", BAD_ITEMS)
async def test_one_bad_alert_does_not_lose_the_others(served: Served, integration: str) -> None:
    good = json.loads(group(f"{integration}-1", f"{integration}-2"))["alerts"]
    body = json.dumps({"alerts": [good[0], *BAD_ITEMS[integration], good[1]]}).encode()
    told = (await served.post(integration, body)).json()

    assert (told["accepted"], told["quarantined"]) == (2, len(BAD_ITEMS[integration]))


async def test_any_content_type_is_read_as_json(served: Served) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "image/png"):
        answer = await served.http.post("/webhooks/generic", content=GOOD["generic"], headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1)


async def test_client_of_pagerduty_needs_nothing_but_another_address(served: Served) -> None:
    key = await served.key("paging", "ingest")
    event: dict[str, Any] = {"routing_key": key, "event_action": "trigger"}
    event["payload"] = {"summary": "Disk full", "source": "db-1", "severity": "critical"}
    fired = await _without_header(served, event)
    resolved = await _without_header(
        served, {"routing_key": key, "event_action": "resolve", "dedup_key": fired["dedup_key"]}
    )
    await served.placed()
    (first,) = (await served.http.get(f"/api/receipts/{fired['receipt']}")).json()["alerts"]
    (last,) = (await served.http.get(f"/api/receipts/{resolved['receipt']}")).json()["alerts"]

    assert (fired["status"], fired["message"], fired["accepted"]) == ("success", "Event processed", 1)
    assert (first["incident"], last["fate"], last["incident"]) == (first["incident"], "incident", first["incident"])
    assert key not in json.dumps([first, last])


async def _without_header(served: Served, event: dict[str, Any], status: int = 202) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as http:
        answer = await http.post("/v2/enqueue", json=event)
    assert answer.status_code == status
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("routing_key", [None, "", "wrong", "ia_0123456789abcdef_" + "x" * 43, 7, ["a"]])
async def test_client_of_pagerduty_without_a_key_of_ours_is_refused(served: Served, routing_key: Any) -> None:
    event = {"routing_key": routing_key, "event_action": "trigger", "payload": {"summary": "x"}}

    assert (await _without_header(served, event, 401))["title"] == "Unauthorized"


async def test_key_that_may_not_send_is_refused_as_a_routing_key_too(served: Served) -> None:
    key = await served.key("only-reads", "read")

    assert (await _without_header(served, {"routing_key": key}, 403))["status"] == 403


async def test_unknown_integration_is_not_found(served: Served) -> None:
    assert (await served.post("opsgenie", b"{}")).status_code == 404
