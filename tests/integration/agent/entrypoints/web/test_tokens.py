"""People who come with a JSON web token, over HTTP: what opens, what does not, and whose vote still counts."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.errors import ConfigurationError
from agent.entrypoints.web import create_app
from agent.settings import Settings
from agent.testing import NoMemory
from tests.farends.issuer import AUDIENCE, NAME, Issuer, broken

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = {"ann": {"subject": "ann@example.org", "scopes": ["read", "approve:high"]}}


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def settings(folder: Path, issuer: Issuer, **changed: Any) -> Settings:
    config = folder / "agent.yaml"
    config.write_text(json.dumps({"people": PEOPLE}))
    taken = Settings.model_construct(
        data=folder / "data",
        runbooks=folder / "none",
        config_file=config,
        jwt_keys=issuer.write_jwks(folder),
        jwt_issuer=NAME,
        jwt_audience=AUDIENCE,
    )
    return taken.model_copy(update=changed)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def application(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> AsyncIterator[Application]:
    folder = tmp_path_factory.mktemp("tokens")
    async with bootstrap(settings(folder, issuer), Replaced(memory=NoMemory())) as opened:
        yield opened


async def asked(application: Application, token: str, path: str = "/api/incidents") -> httpx2.Response:
    transport = httpx2.ASGITransport(create_app(application), client=("127.0.0.1", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        return await http.get(path, headers={"Authorization": f"Bearer {token}"})


async def test_a_person_with_a_token_gets_in_and_may_do_what_it_says(application: Application, issuer: Issuer) -> None:
    now = datetime.now(UTC)
    answers = [await asked(application, issuer.token(now, scope=scope)) for scope in ("read", "ask", "")]
    assert [answer.status_code for answer in answers] == [200, 403, 403]
    assert answers[2].json()["detail"] == "ann needs the scope read and has: none."


@pytest.mark.attack("S59")
async def test_every_broken_one_is_answered_with_401_in_the_same_words(
    application: Application, issuer: Issuer
) -> None:
    answers = {}
    for wrong, token in broken(issuer, datetime.now(UTC)).items():
        answer = await asked(application, token)
        answers[wrong] = (answer.status_code, answer.json()["detail"])
    nobody = (await asked(application, "nobody")).json()["detail"]
    assert answers == dict.fromkeys(answers, (401, nobody))


@pytest.mark.attack("S59")
async def test_a_token_in_the_address_or_of_an_agent_that_takes_none_opens_nothing(
    application: Application, issuer: Issuer, tmp_path: Path
) -> None:
    token = issuer.token(datetime.now(UTC))
    transport = httpx2.ASGITransport(create_app(application), client=("127.0.0.1", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        assert (await http.get(f"/api/incidents?access_token={token}")).status_code == 401
    async with bootstrap(
        settings(tmp_path, issuer, jwt_keys=None, jwt_issuer="", jwt_audience=""), Replaced(memory=NoMemory())
    ) as without:
        assert (await asked(without, token)).status_code == 401


async def test_with_tokens_there_is_no_local_operator_who_could_be_a_second_voice(application: Application) -> None:
    assert application.identity.local_operator is None


async def test_keys_without_issuer_and_audience_do_not_start(tmp_path: Path, issuer: Issuer) -> None:
    with pytest.raises(ConfigurationError, match="With AGENT_JWT_KEYS go AGENT_JWT_ISSUER and AGENT_JWT_AUDIENCE"):
        async with bootstrap(settings(tmp_path, issuer, jwt_audience=""), Replaced(memory=NoMemory())):
            raise AssertionError("it started")
