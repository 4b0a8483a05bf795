"""S37 and S38: what is too much is cut, counted and kept, and costs no more than its share."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from agent.domain.errors import QueueFull
from agent.ingest.body import MAX_BODY, MAX_ITEMS
from tests.integration.agent.entrypoints.web.bodies import GOOD, group
from tests.integration.agent.entrypoints.web.conftest import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.attack("S38")
async def test_hundred_thousand_alerts_are_stored_up_to_the_cap_and_the_rest_kept(served: Served) -> None:
    one = '{"status":"firing","labels":{"alertname":"A","n":"%d"},"startsAt":"2026-11-21T19:36:08Z"}'
    body = f'{{"alerts":[{",".join(one % n for n in range(100_000))}]}}'.encode()
    told = (await served.post("alertmanager", body)).json()

    assert told["accepted"] == MAX_ITEMS
    assert told["quarantined"] > 50_000
    kept = (await served.http.get(f"/api/receipts/{told['receipt']}")).json()["quarantined"]
    assert any("over the cap of 5000" in part["reason"] for part in kept)


@pytest.mark.attack("S38")
async def test_ten_thousand_labels_and_a_label_of_a_megabyte_are_capped(served: Served) -> None:
    many = {"labels": {f"l{n}": "v" for n in range(10_000)}, "startsAt": "2026-11-21T19:36:08Z"}
    big = {"labels": {"alertname": "A", "big": "x" * 2**20}, "startsAt": "2026-11-21T19:36:08Z"}
    told = (await served.post("alertmanager", json.dumps({"alerts": [many, big]}).encode())).json()
    receipt = (await served.http.get(f"/api/receipts/{told['receipt']}")).json()

    assert (told["accepted"], told["quarantined"]) == (2, 2)
    assert [len(one["alert"]["labels"]) for one in receipt["alerts"]] == [64, 2]
    assert sorted(part["reason"] for part in receipt["quarantined"]) == [
        "It has 10000 labels; the first 64 by name were used.",
        "The label 'big' has more than 1024 characters; they were cut.",
    ]


async def endless(chunk: bytes, first: bytes = b"") -> AsyncIterator[bytes]:
    yield first
    for _ in range(40 * 2**20 // len(chunk)):
        yield chunk


@pytest.mark.attack("S37")
async def test_body_without_a_length_over_the_cap_is_used_up_to_it(served: Served) -> None:
    first = group("before")[:-2] + b","
    answer = await served.http.post("/webhooks/alertmanager", content=endless(b" " * 2**20, first))
    told = answer.json()

    assert (answer.status_code, told["accepted"]) == (202, 1)
    assert answer.headers["connection"] == "close"
    kept = (await served.http.get(f"/api/receipts/{told['receipt']}")).json()["quarantined"]
    assert [str(MAX_BODY) in part["reason"] for part in kept] == [True]


@pytest.mark.attack("S64")
async def test_burst_beyond_the_room_is_told_to_come_again(served: Served) -> None:
    room = served.running.config.app.state.room  # type: ignore[union-attr]
    room.take(32 * 2**20)
    refused = await served.post("generic", GOOD["generic"])
    room._taken -= 32 * 2**20
    again = await served.post("generic", GOOD["generic"])

    assert (refused.status_code, refused.headers["retry-after"], again.status_code) == (503, "5", 202)
    assert refused.headers["content-type"] == "application/problem+json"


async def test_room_is_given_back_whatever_happened(served: Served) -> None:
    room = served.running.config.app.state.room  # type: ignore[union-attr]
    for body in (GOOD["generic"], b"not json", b" " * (MAX_BODY + 10)):
        await served.post("generic", body)
    await asyncio.gather(*(served.post("generic", GOOD["generic"]) for _ in range(50)))

    assert room._taken == 0


async def test_full_queue_of_the_disk_answers_503(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise QueueFull

    monkeypatch.setattr(served.application.record.database, "_submit", full)
    answer = await served.post("generic", GOOD["generic"])

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"] == "The queue is at its limit; the sender should try again."
