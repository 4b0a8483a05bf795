from pathlib import Path

import httpx2
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.integration.agent.entrypoints.web.bodies import GOOD
from tests.integration.agent.entrypoints.web.conftest import Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="module")

_READ_ONLY = "PRAGMA query_only=ON"


async def without_key(served: Served, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as http:
        return await http.get(path)


async def test_alive_and_ready_say_no_more_without_a_key(served: Served) -> None:
    assert (await without_key(served, "/livez")).json() == {"status": "alive"}
    assert (await without_key(served, "/readyz")).json() == {"status": "ready"}
    assert (await served.http.get("/readyz")).json() == {
        "status": "ready",
        "checks": {"record": "answers", "writing": "works"},
    }
    wrong = await served.http.get("/readyz", headers={"Authorization": "Bearer wrong"})
    assert wrong.json() == {"status": "ready"}


async def test_asked_for_the_headers_alone_it_answers_the_same_without_a_body(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(path: str) -> list[tuple[int, str, bytes]]:
        """Over a connection of their own: what a body left behind would be taken for the next answer."""
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as http:
            answers = [await http.request(method, path) for method in ("HEAD", "GET")]
        return [(answer.status_code, answer.headers["content-length"], answer.content) for answer in answers]

    assert await asked("/livez") == [(200, "18", b""), (200, "18", b'{"status":"alive"}')]
    assert await asked("/readyz") == [(200, "18", b""), (200, "18", b'{"status":"ready"}')]

    async def broken() -> bool:
        raise OperationalError("select 1", {}, Exception("disk I/O error"))

    monkeypatch.setattr(served.application.views, "alive", broken)
    assert await asked("/readyz") == [(503, "22", b""), (503, "22", b'{"status":"not ready"}')]


async def test_not_ready_but_alive_while_the_record_does_not_answer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> bool:
        raise OperationalError("select 1", {}, Exception("disk I/O error"))

    monkeypatch.setattr(served.application.views, "alive", broken)

    assert (await without_key(served, "/readyz")).status_code == 503
    assert (await without_key(served, "/readyz")).json() == {"status": "not ready"}
    assert (await without_key(served, "/livez")).status_code == 200


async def test_not_ready_while_the_record_can_be_read_and_not_written_and_what_to_do_is_told_with_a_key(
    tmp_path: Path,
) -> None:
    async with serve(tmp_path / "data") as served:
        # Of the engine itself, for whatever is opened from now on.
        event.listen(served.application.record.database.engine, "connect", lambda it, _: it.execute(_READ_ONLY))
        served.application.record.database.engine.dispose()
        without, told = await without_key(served, "/readyz"), await served.http.get("/readyz")
        refused = await served.post("generic", GOOD["generic"])

    assert (without.status_code, without.json()) == (503, {"status": "not ready"})
    assert (told.status_code, told.json()["checks"]) == (
        503,
        {
            "record": "answers",
            "writing": "refused: attempt to write a readonly database. Look at the disk of the data folder: make room "
            "when it is full; when it was mounted read-only, stop the agent, check and mount it again, and start. "
            "Alerts are answered 503 until then, so that their senders send them again.",
        },
    )
    assert refused.status_code == 503


async def test_failing_disk_answers_503_and_says_nothing_of_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> None:
        raise OperationalError("INSERT INTO alerts", {}, Exception("database or disk is full"))

    monkeypatch.setattr(served.application.record.database, "write", broken)
    answer = await served.post("generic", GOOD["generic"])

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"] == "The record cannot be written or read at the moment; try again."


async def test_numbers_count_what_came_in(served: Served) -> None:
    await served.post("grafana", GOOD["grafana"])
    answer = await served.http.get("/metrics")
    lines = answer.text.splitlines()

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'incident_agent_webhooks_total{code="202",integration="grafana"} 1.0' in lines
    assert 'incident_agent_intake_seconds_count{integration="grafana"} 1.0' in lines
    assert 'incident_agent_incidents{status="open"} 0.0' in lines
    assert "incident_agent_actions_paused 0.0" in lines
