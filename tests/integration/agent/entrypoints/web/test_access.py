"""Is it on the record who looked at which incident, before they see it?"""

import json
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import delete

from agent.storage import reads
from agent.storage.reads import Read
from agent.storage.tables import reads as table
from tests.integration.agent.entrypoints.web.conftest import Served, address
from tests.integration.agent.entrypoints.web.test_mcp import assistant

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY = json.dumps({"alerts": [{"labels": {"alertname": "Looked", "service": "front"}, "status": "firing"}]}).encode()


async def _incident(served: Served) -> str:
    await served.post("alertmanager", BODY)
    await served.placed()
    [one] = (await served.application.views.incidents(text="Looked")).incidents
    return one.id


async def _noted(served: Served, who: str) -> list[tuple[str, str]]:
    found = await served.application.record.database.read(lambda connection: reads.listed(connection, who=who))
    return [(one.incident, one.what) for one in found]


async def test_whoever_looks_is_noted_once_a_minute_and_whoever_may_not_is_not(served: Served) -> None:
    incident = await _incident(served)
    reader = {"Authorization": f"Bearer {await served.key('looker', 'read')}"}
    sender = {"Authorization": f"Bearer {await served.key('sender', 'ingest')}"}
    async with httpx2.AsyncClient(base_url=address(served)) as http:
        path = f"/api/incidents/{incident}"
        assert [(await http.get(path, headers=reader)).status_code for _ in range(3)] == [200, 200, 200]
        assert (await http.get(path, headers=sender)).status_code == 403
        assert (await http.get("/api/incidents/inc-none", headers=reader)).status_code == 404
        assert (await http.get("/api/incidents", headers=reader)).status_code == 200
        assert (await http.get("/api/audit", headers=reader)).status_code == 200
    assert sorted(set(await _noted(served, "looker"))) == [("", "/api/audit"), (incident, "/api/incidents/{incident}")]
    assert await _noted(served, "sender") == []


async def test_an_answer_is_noted_like_a_look_by_api_and_by_mcp(served: Served) -> None:
    incident = await _incident(served)
    key = await served.key("asker", "read", "ask")
    async with httpx2.AsyncClient(base_url=address(served), headers={"Authorization": f"Bearer {key}"}) as http:
        asked = await http.post(f"/api/incidents/{incident}/ask", json={"question": "why?"})
        assert (
            asked.status_code,
            (await http.post("/api/incidents/none/ask", json={"question": "x"})).status_code,
        ) == (
            200,
            404,
        )
    async with assistant(served, key) as session:
        for tool, more in (("show_incident", {}), ("ask_incident", {"question": "why?"})):
            assert not (await session.call_tool(tool, {"incident": incident, **more})).isError
        assert (await session.call_tool("show_incident", {"incident": "inc-none"})).isError
    assert sorted(set(await _noted(served, "asker"))) == [
        (incident, "/api/incidents/{incident}/ask"),
        (incident, "mcp ask_incident"),
        (incident, "mcp show_incident"),
    ]


async def test_several_processes_note_one_minute_once(served: Served) -> None:
    database = served.application.record.database
    seen = Read(at=served.application.clock.now() - timedelta(days=1), who="twice", incident="inc-1", what="page")
    for _ in range(2):
        await database.write(lambda connection: reads.note(connection, [seen, seen]))
    assert await database.read(lambda connection: reads.listed(connection, who="twice", incident="inc-1")) == [seen]
    await database.write(lambda connection: connection.execute(delete(table).where(table.c.who == "twice")))
