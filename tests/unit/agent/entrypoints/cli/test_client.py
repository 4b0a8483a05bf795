import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.domain.errors import AgentError, ConfigurationError, NotAllowed, NotFound, Unauthenticated
from agent.entrypoints.cli.client import Client, Unreachable
from agent.settings import Settings
from tests.farends.answers import Answer, Instead
from tests.farends.loopback import Asked, FarEnd


class Agent(FarEnd):
    def answer(self, asked: Asked) -> Answer:
        return Answer(200, {"path": asked.path, "body": asked.json()})


@pytest.fixture
def agent() -> Iterator[Agent]:
    with Agent() as agent:
        yield agent


def settings(tmp_path: Path, **given: object) -> Settings:
    own: dict[str, object] = {"data": tmp_path, **given}
    return Settings.model_construct(**own)  # type: ignore[arg-type]  # fields by name, as it takes them


def test_the_key_of_the_settings_is_sent_as_a_bearer_token_and_blank_questions_are_left_out(
    tmp_path: Path, agent: Agent
) -> None:
    with Client.of(settings(tmp_path, url=agent.url, key=SecretStr("ia_x"))) as client:
        assert client.get("/api/incidents", status="", limit=3) == {"path": "/api/incidents", "body": None}
        assert client.post("/api/approvals/a", {"decision": "deny"})["body"] == {"decision": "deny"}
    [listed, decided] = agent.asked
    assert (listed.query, listed.headers["authorization"]) == ({"limit": ["3"]}, "Bearer ia_x")
    assert (decided.method, decided.headers["authorization"]) == ("POST", "Bearer ia_x")


def test_without_a_key_the_one_in_the_data_folder_is_used(tmp_path: Path, agent: Agent) -> None:
    (tmp_path / "local-operator.key").write_text("ia_local\n")
    (tmp_path / "local-operator.key").chmod(0o600)
    with Client.of(settings(tmp_path, url=agent.url)) as client:
        client.get("/api/approvals")
    assert agent.asked[0].headers["authorization"] == "Bearer ia_local"


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "local-operator.key").write_text("ia_local\n")
    (tmp_path / "local-operator.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        Client.of(settings(tmp_path))


def test_an_id_that_somebody_typed_leads_to_no_other_door(tmp_path: Path, agent: Agent) -> None:
    with Client.of(settings(tmp_path, url=agent.url)) as client:
        client.post("/api/incidents/inc-1/close?x=#/ack")
    assert (agent.asked[0].path, agent.asked[0].query) == ("/api/incidents/inc-1/close?x=#/ack", {})


@pytest.mark.parametrize("id_", ["../actions/pause?", "..", ".", "inc-1/../../actions", ""])
def test_an_id_that_climbs_out_of_its_place_is_not_even_asked_for(tmp_path: Path, agent: Agent, id_: str) -> None:
    with Client.of(settings(tmp_path, url=agent.url)) as client, pytest.raises(NotFound, match="nothing with this id"):
        client.post(f"/api/incidents/{id_}")
    assert agent.asked == []


def test_a_key_follows_no_redirect(tmp_path: Path, agent: Agent) -> None:
    agent.plan(Instead(Answer(307, None, {"Location": "http://127.0.0.1:1/elsewhere"})))
    with Client.of(settings(tmp_path, url=agent.url, key=SecretStr("ia_x"))) as client, pytest.raises(AgentError):
        client.get("/api/incidents")
    assert len(agent.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, NotAllowed), (404, NotFound), (409, AgentError), (500, AgentError)],
)
def test_a_problem_document_becomes_the_error_it_speaks_of(
    tmp_path: Path, agent: Agent, status: int, kind: type[AgentError]
) -> None:
    problem = {"title": "No", "status": status, "detail": "Because of this."}
    agent.plan(Instead(Answer(status, json.dumps(problem), {"Content-Type": "application/problem+json"})))
    with Client.of(settings(tmp_path, url=agent.url)) as client, pytest.raises(kind) as raised:
        client.get("/api/incidents")
    assert (type(raised.value), str(raised.value)) == (kind, "Because of this.")


def test_an_answer_that_is_no_problem_document_is_told_by_its_status(tmp_path: Path, agent: Agent) -> None:
    agent.plan(Instead(Answer(502, "<html>Bad Gateway</html>")))
    with (
        Client.of(settings(tmp_path, url=agent.url)) as client,
        pytest.raises(AgentError, match=r"^The agent answered 502 "),
    ):
        client.get("/api/incidents")


def test_nobody_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with Client.of(settings(tmp_path, url="http://127.0.0.1:1")) as client, pytest.raises(Unreachable, match="serve"):
        client.get("/api/incidents")


def test_a_key_that_is_not_known_is_told_in_the_words_of_the_command_line(tmp_path: Path, agent: Agent) -> None:
    agent.plan(Instead(Answer(401, json.dumps({"detail": "Send a header."}))))
    with Client.of(settings(tmp_path, url=agent.url)) as client, pytest.raises(Unauthenticated, match="Set AGENT_KEY"):
        client.get("/api/incidents")
