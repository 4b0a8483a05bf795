"""S51: an answer that points elsewhere sends nobody there, whichever library asks."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.bootstrap.tracing import _end, _provider
from agent.domain.errors import AgentError
from agent.llm.endpoints import chat_model, endpoint
from agent.llm.transport import http_client
from agent.memory.place import Server
from agent.notify.slack_api import SlackApi, Text
from tests.clocks import FastClock
from tests.farends.answers import PATIENT, Answer
from tests.farends.kubernetes import kubeconfig
from tests.farends.loopback import Asked, FarEnd, Saying
from tools.base import BackendError, Unsure
from tools.clients.http import Http
from tools.clients.jira import Jira
from tools.clients.kubernetes import Cluster
from tools.clients.mcp import McpServer
from tools.clients.mcp_wires import Place as McpPlace


class Pointing(FarEnd):
    """Answers everything with a redirect that keeps method and body."""

    to = ""

    def answer(self, asked: Asked) -> Answer:
        return Answer(307, None, {"Location": self.to + asked.raw_path})


async def _slack_writes(url: str, _: Path) -> None:
    await SlackApi("xoxb-1", FastClock(), base_url=f"{url}/api/").post("C1", Text("hello"), "k1")


async def _slack_is_answered(url: str, _: Path) -> None:
    await SlackApi("xoxb-1", FastClock(), base_url=f"{url}/api/").respond(f"{url}/respond/1", Text("hello"))


async def _slack_gets_a_picture(url: str, _: Path) -> None:
    await SlackApi("xoxb-1", FastClock(), base_url=f"{url}/api/")._send(f"{url}/upload/1", b"png")


async def _spans_are_exported(url: str, _: Path) -> None:
    provider = _provider("", url)
    with provider.get_tracer("test").start_as_current_span("secret step"):
        pass
    await _end(provider)


async def _a_model_is_asked(url: str, _: Path) -> None:
    async with http_client() as http:
        place = endpoint("openai:m", base_url=f"{url}/v1", api_key=SecretStr("k"), environ={})
        await chat_model(place, http, max_output_tokens=10).ainvoke("hello")


async def _an_index_is_opened(url: str, _: Path) -> None:
    Server(url).open("local", 3, fresh=False)


async def _metrics_are_read(url: str, _: Path) -> None:
    client = Http(url)
    try:
        await client.get("/api/v1/query", asked="a look")
    finally:
        await client.close()


async def _a_ticket_is_sought(url: str, _: Path) -> None:
    jira = Jira(url, token="t", deadline=PATIENT)
    try:
        await jira.keys("project = X", 1)
    finally:
        await jira.close()


async def _a_cluster_is_looked_at(url: str, folder: Path) -> None:
    cluster = Cluster(str(kubeconfig(url, folder)), deadline=PATIENT)
    try:
        await cluster.deployments("shop")
    finally:
        await cluster.close()


async def _tools_are_asked_for(url: str, _: Path) -> None:
    await McpServer(McpPlace("x", url=f"{url}/mcp", headers={"Authorization": "Bearer s"}), PATIENT).offers()


WAYS: tuple[Callable[[str, Path], Awaitable[None]], ...] = (
    _slack_writes,
    _slack_is_answered,
    _slack_gets_a_picture,
    _spans_are_exported,
    _a_model_is_asked,
    _an_index_is_opened,
    _metrics_are_read,
    _a_ticket_is_sought,
    _a_cluster_is_looked_at,
    _tools_are_asked_for,
)


@pytest.mark.attack("S51")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
async def test_nobody_goes_where_an_answer_points(way: Callable[[str, Path], Awaitable[None]], tmp_path: Path) -> None:
    from openai import OpenAIError

    with Saying(Answer(200, {"ok": True})) as elsewhere, Pointing() as pointing:
        pointing.to = elsewhere.url
        with suppress(AgentError, BackendError, Unsure, OpenAIError):
            await way(pointing.url, tmp_path)
        assert pointing.asked != []
        assert elsewhere.asked == []


@pytest.mark.attack("S51")
@pytest.mark.parametrize(
    "url",
    [
        "wss://evil.example/",
        "wss://evilslack.com/",
        "wss://a.slack.com@evil.example/",
        "wss://evil.example\\.slack.com/",
    ],
)
async def test_a_line_of_socket_mode_is_opened_to_slack_alone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(*_: object, **__: object) -> dict[str, str]:
        return {"url": url}

    monkeypatch.setattr(SlackApi, "_call", told)
    with pytest.raises(BackendError, match=r"no address of Slack's"):
        await SlackApi("xoxb-1", FastClock()).socket_address("xapp-1")
