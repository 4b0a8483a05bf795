import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.entrypoints.cli.checks.finding import Finding, State
from agent.entrypoints.cli.checks.run import findings
from agent.settings import Settings
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.schema import migrate, newest
from agent.storage.switches import switch_actions
from tests.clocks import Clock
from tests.farends.answers import PATIENT, Answer, Instead
from tests.farends.loopback import Asked, FarEnd
from tests.system import program

PATHS = {
    "/prom/api/v1/query": {"status": "success"},
    "/loki/loki/api/v1/labels": {"status": "success"},
    "/es/": {"version": {"number": "8"}},
    "/chroma/api/v2/heartbeat": {"nanosecond heartbeat": 1},
    "/v1/models": {"data": []},
    "/jira/rest/api/2/myself": {"name": "agent"},
    "/slack/auth.test": {"ok": True, "user": "agent", "team": "Ops"},
    "/slack/apps.connections.open": {"ok": True, "url": "wss://not-opened.example"},
    "/version/": {
        "gitVersion": "v1.34.0",
        "major": "1",
        "minor": "34",
        "platform": "linux/amd64",
        "compiler": "gc",
        "gitCommit": "c",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.25",
    },
}


class Everything(FarEnd):
    """Each back end's health question, on one port."""

    def answer(self, asked: Asked) -> Answer:
        return Answer(200, PATHS[asked.path]) if asked.path in PATHS else Answer(404, "no such path")


@pytest.fixture
def far_end() -> Iterator[Everything]:
    with Everything() as far_end:
        yield far_end


def settings(tmp_path: Path, **given: Any) -> Settings:
    """Only what is given; nothing of the machine's own environment."""
    own: dict[str, Any] = {"data": tmp_path / "data", "runbooks": Path(__file__).parents[5] / "runbooks"}
    return Settings.model_construct(**own | given)


def found(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in asyncio.run(findings(settings, PATIENT))}


def test_with_nothing_configured_nothing_is_broken_and_each_back_end_says_how_it_is_switched_on(
    tmp_path: Path,
) -> None:
    told = found(settings(tmp_path))
    assert {name: finding.state for name, finding in told.items()} == {
        **dict.fromkeys(
            ("configuration", "address", "data folder", "record", "clock", "queue", "memory", "runbooks"), State.OK
        ),
        **dict.fromkeys(
            (
                "teams",
                "model",
                "prometheus",
                "loki",
                "elasticsearch",
                "log files",
                "datadog",
                "kubernetes",
                "mcp",
                "jira",
                "slack",
            ),
            State.OFF,
        ),
    }
    assert [name for name, finding in told.items() if finding.state is State.OFF and "Set " not in finding.mend] == []
    assert not (tmp_path / "data").exists()


def test_everything_configured_and_answering_is_ok_and_each_is_asked_once_with_its_own_key(
    tmp_path: Path, far_end: Everything
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(far_end.url)))
    told = found(
        settings(
            tmp_path,
            chroma_url=f"{far_end.url}/chroma",
            model="openai:gpt-5-mini",
            openai_api_key=SecretStr("model-key"),
            openai_base_url=f"{far_end.url}/v1",
            prometheus_url=f"{far_end.url}/prom",
            loki_url=f"{far_end.url}/loki",
            elasticsearch_url=f"{far_end.url}/es",
            jira_url=f"{far_end.url}/jira",
            jira_token=SecretStr("jira-token"),
            slack_bot_token=SecretStr("xoxb-1"),
            slack_signing_secret=SecretStr("s"),
            slack_app_token=SecretStr("xapp-1"),
            slack_api_url=f"{far_end.url}/slack/",
            kubeconfig=str(kubeconfig),
        )
    )
    assert {name: one.says for name, one in told.items() if one.state is not State.OFF and name in ASKED} == {
        "memory": f"{far_end.url}/chroma",
        "model": "openai:gpt-5-mini",
        "prometheus": f"{far_end.url}/prom",
        "loki": f"{far_end.url}/loki",
        "elasticsearch": f"{far_end.url}/es",
        "kubernetes": "Kubernetes v1.34.0",
        "jira": f"{far_end.url}/jira",
        "slack": "agent in Ops, by Socket Mode",
    }
    assert sorted(asked.path for asked in far_end.asked) == sorted(PATHS)
    assert {
        asked.path: asked.headers["authorization"] for asked in far_end.asked if "authorization" in asked.headers
    } == {
        "/v1/models": "Bearer model-key",
        "/jira/rest/api/2/myself": "Bearer jira-token",
        "/slack/auth.test": "Bearer xoxb-1",
        "/slack/apps.connections.open": "Bearer xapp-1",
    }


def test_what_answers_wrongly_is_broken_with_its_own_words_and_a_way_to_mend_it(
    tmp_path: Path, far_end: Everything
) -> None:
    far_end.plan(Instead(Answer(401, "no org id")))
    told = found(settings(tmp_path, loki_url=f"{far_end.url}/loki"))["loki"]
    assert told == Finding("loki", State.BROKEN, "HTTP 401: no org id", "Check LOKI_URL.")


@pytest.mark.parametrize(
    ("name", "given", "mend"),
    [
        ("prometheus", {"prometheus_url": "http://127.0.0.1:1"}, "Check PROMETHEUS_URL."),
        ("prometheus", {"prometheus_url": "nonsense"}, "Check PROMETHEUS_URL."),
        ("jira", {"jira_url": "http://127.0.0.1:1"}, "Set JIRA_TOKEN, or take JIRA_URL away."),
        ("datadog", {"dd_api_key": SecretStr("k")}, "Set DD_APP_KEY if it should be."),
        ("model", {"model": "openai:gpt-5-mini"}, "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own"),
        (
            "slack",
            {"slack_bot_token": SecretStr("t")},
            "Set one of them beside SLACK_BOT_TOKEN; until then, decide on the page.",
        ),
        ("kubernetes", {"kubeconfig": "/nonexistent"}, "Name a kubeconfig, or unset it."),
        ("memory", {"chroma_path": Path("/etc/passwd")}, "Name a folder that the agent may write to."),
        ("memory", {"embeddings": "openai:text-embedding-3-small"}, "Set OPENAI_API_KEY, or OPENAI_BASE_URL"),
        ("memory", {"embeddings": "foo:bar"}, "Mend AGENT_EMBEDDINGS, or unset it."),
        ("model", {"model": "qwen3:8b"}, "Mend AGENT_MODEL or AGENT_MODEL_FALLBACKS."),
        ("configuration", {"mcp_pins": Path("/nonexistent/pins")}, "Name a file that the agent may write to."),
        ("configuration", {"smtp_host": "mail.example"}, "Set SMTP_FROM, or take SMTP_HOST away."),
        ("runbooks", {"runbooks": Path("/nonexistent")}, "Run: incident-agent runbooks lint"),
        ("configuration", {"config_file": Path("/nonexistent")}, "docs/configuration.md has every key."),
        ("record", {"database_url": "postgresql://127.0.0.1:1/x"}, "Check AGENT_DATABASE_URL"),
        ("queue", {"redis_url": SecretStr("redis://127.0.0.1:1")}, "Check AGENT_REDIS_URL"),
        ("queue", {"redis_url": SecretStr("127.0.0.1:6379")}, "Set AGENT_REDIS_URL to redis://"),
    ],
)
def test_what_is_half_configured_or_away_is_broken_and_says_how_to_mend_it(
    tmp_path: Path, name: str, given: dict[str, Any], mend: str
) -> None:
    told = found(settings(tmp_path, **given))[name]
    assert (told.state, told.mend[: len(mend)], "\n" in told.says) == (State.BROKEN, mend, False)


def test_the_record_is_ok_at_its_newest_shape(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    configured = settings(tmp_path)
    database = Database(configured.database)
    migrate(database)
    database.close()
    assert found(configured)["record"] == Finding("record", State.OK, f"sqlite at {newest()}")


def test_that_every_action_is_paused_is_said_with_the_way_out(tmp_path: Path) -> None:
    configured = settings(tmp_path)
    configured.data.mkdir(mode=0o700)
    database = Database(configured.database)
    try:
        migrate(database)
        chain = Chain(b"k" * 32, Clock())
        database.write_now(lambda connection: switch_actions(connection, chain, paused=True, who="ann"))
    finally:
        database.close()

    told = found(configured)["record"]
    assert (told.state, "every action is paused" in told.says) == (State.OK, True)
    assert told.mend.endswith("incident-agent actions resume")


def test_a_data_folder_that_others_can_read_is_broken(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    told = found(settings(tmp_path))["data folder"]
    assert (told.state, told.mend) == (State.BROKEN, f"Run: chmod -R go= {tmp_path / 'data'}")


def test_a_real_redis_is_asked_for_its_version(tmp_path: Path) -> None:
    server = program("redis-server", "apt-get install redis-server")
    socket = tmp_path / "redis.sock"
    command = [server, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            next(line for line in process.stdout if "ready to accept connections" in line.lower())
            told = found(settings(tmp_path, redis_url=SecretStr(f"unix://{socket}")))["queue"]
        finally:
            process.terminate()
    assert (told.state, told.says.startswith("Redis ")) == (State.OK, True)


ASKED = {"memory", "model", "prometheus", "loki", "elasticsearch", "kubernetes", "jira", "slack"}


def _kubeconfig(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
