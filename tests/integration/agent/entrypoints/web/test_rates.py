"""S64, over HTTP: a noisy sender is told to come again, and the others do not notice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from agent.bootstrap import Application, Replaced, bootstrap
from agent.entrypoints.web import create_app
from agent.settings import Settings
from agent.testing import NoMemory
from tests.integration.agent.entrypoints.web.bodies import GOOD

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATES = {"source": 0.05, "intake": 0.01, "api": 0.01, "burst": "PT1000S"}
"""50 of an address, 10 of a key, and in the time that a test takes no more."""


@pytest_asyncio.fixture(loop_scope="module")
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    config = tmp_path / "agent.yaml"
    config.write_text(json.dumps({"rates": RATES}))
    settings = Settings.model_construct(data=tmp_path / "data", runbooks=tmp_path / "none", config_file=config)
    async with bootstrap(settings, Replaced(memory=NoMemory())) as opened:
        yield opened


class Door:
    """The web side of one process; whoever knocks has an address."""

    def __init__(self, application: Application) -> None:
        self._app = create_app(application)

    async def knock(self, method: str, path: str, key: str = "", peer: str = "127.0.0.1") -> httpx2.Response:
        transport = httpx2.ASGITransport(self._app, client=(peer, 4711))
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
            return await http.request(method, path, content=GOOD["generic"] if method == "POST" else None)


async def key(application: Application, name: str) -> str:
    return (await application.identity.keys.create(name, "machine", ("ingest", "read"))).token


@pytest.mark.attack("S64")
async def test_a_key_that_comes_too_often_is_refused_and_the_others_are_not(application: Application) -> None:
    door = Door(application)
    noisy, quiet = await key(application, "noisy"), await key(application, "quiet")
    posts = await asyncio.gather(*(door.knock("POST", "/webhooks/generic", noisy) for _ in range(20)))
    reads = [await door.knock("GET", "/api/incidents", noisy) for _ in range(15)]

    assert Counter(answer.status_code for answer in posts) == {202: 10, 503: 10}
    assert Counter(answer.status_code for answer in reads) == {200: 10, 429: 5}
    refused = [answer for answer in (*posts, *reads) if answer.status_code in {429, 503}]
    assert {1 <= int(answer.headers["retry-after"]) <= 100 for answer in refused} == {True}
    assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}
    others = [await door.knock("POST", "/webhooks/generic", quiet), await door.knock("GET", "/api/incidents", quiet)]
    assert [answer.status_code for answer in others] == [202, 200]
    numbers = application.meters.exposition()
    assert b'incident_agent_rate_limited_total{door="webhook",limit="key"} 10.0' in numbers
    assert b'incident_agent_rate_limited_total{door="api",limit="key"} 5.0' in numbers


@pytest.mark.attack("S64")
async def test_an_address_that_guesses_keys_is_refused_before_any_is_looked_at(application: Application) -> None:
    door, good = Door(application), await key(application, "good")
    guesses = [await door.knock("GET", "/api/incidents", f"guess-{n}") for n in range(60)]

    assert Counter(answer.status_code for answer in guesses) == {401: 50, 429: 10}
    assert (await door.knock("POST", "/webhooks/generic", good)).status_code == 503
    assert (await door.knock("GET", "/livez")).status_code == 200
    assert (await door.knock("POST", "/webhooks/generic", good, peer="127.0.0.2")).status_code == 202


@pytest.mark.attack("S64")
async def test_people_on_the_page_are_told_in_the_same_way(application: Application) -> None:
    door, reader = Door(application), await key(application, "reader")
    transport = httpx2.ASGITransport(door._app, client=("127.0.0.1", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        await http.post("/login", data={"key": reader})
        answers = [await http.get("/") for _ in range(12)]
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 2}
    assert "come again in" in answers[-1].text


@pytest.mark.attack("S64")
async def test_an_assistant_has_the_measure_of_its_key(application: Application) -> None:
    door, noisy = Door(application), await key(application, "assistant")
    # No JSON, so that nothing but the turnstile is in question.
    answers = [await door.knock("POST", "/mcp", noisy) for _ in range(12)]

    assert Counter(answer.status_code for answer in answers) == {415: 10, 429: 2}
