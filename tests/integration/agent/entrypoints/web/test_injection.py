"""Can a question steer the database? Every parameter of every list is given SQL, and stays a value or is refused."""

import pytest

from tests.integration.agent.entrypoints.web.conftest import Served
from tests.integration.agent.entrypoints.web.test_rest import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = [
    "' OR '1'='1",
    "x'; DROP TABLE incidents; --",
    '") UNION SELECT secret FROM keys --',
    "%",
    "_",
    "\\",
    "\x00",
    "🔥' --",
    "1 OR 1=1",
    "a" * 5_000,
]


@pytest.mark.attack("S50")
@pytest.mark.parametrize("name", ["q", "status", "cursor", "sort", "q' OR 1=1 --", "limit"])
async def test_a_parameter_is_a_value_or_refused(served: Served, name: str) -> None:
    incident = await opened(served, "Omega")
    for hostile in HOSTILE:
        answer = await served.http.get("/api/incidents", params={name: hostile})
        assert answer.status_code in {200, 400, 414, 422}, answer.text
        assert "secret" not in answer.text.replace(hostile, "")
    still = (await served.http.get(f"/api/incidents/{incident}")).json()
    assert still["incident"]["id"] == incident


@pytest.mark.attack("S50")
@pytest.mark.parametrize("hostile", HOSTILE[:3])
async def test_an_id_is_looked_up_and_nothing_else(served: Served, hostile: str) -> None:
    for path in ("/api/incidents/", "/api/approvals/", "/api/receipts/", "/api/alerts/"):
        answer = await served.http.get(path + hostile.replace("/", ""))
        assert answer.status_code in {404, 405, 422}, (path, answer.text)
