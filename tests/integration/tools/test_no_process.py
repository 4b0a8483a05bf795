"""Whatever a parameter holds, no tool starts a process, and the command executor starts the configured one alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, JsonValue, ValidationError

from tests.farends.endpoint import TOKEN, EndpointFarEnd
from tests.farends.jira import TOKEN as JIRA_TOKEN
from tests.farends.jira import JiraFarEnd
from tests.farends.kubernetes import KubernetesFarEnd
from tools.act.command import Command, CommandExecutor
from tools.act.http import Endpoint, HttpExecutor
from tools.act.jira import JiraTickets
from tools.act.kubernetes import KubernetesExecutor
from tools.base import BackendError, Executor, LogPage, LogSearch, Tool, Topology
from tools.clients.jira import Jira
from tools.clients.kubernetes import Cluster
from tools.clients.recorded import RecordedMetrics
from tools.observe.changes import changes_tools
from tools.observe.logs import logs_tools
from tools.observe.metrics import metrics_tools
from tools.observe.platform import platform_tools
from tools.observe.rollouts import RolloutChanges
from tools.observe.runbooks import ReadRunbook
from tools.observe.tickets import SearchTickets
from tools.observe.topology import topology_tools
from tools.observe.window import Window

NOW = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
WINDOW = Window(alert_at=NOW - timedelta(minutes=10), now=NOW)
METACHARACTERS = ["$(touch {mark})", "; touch {mark}", "| touch {mark}", "`touch {mark}`", "a\ntouch {mark}", "--help",
                  "'$(touch {mark})'", "& touch {mark} &", "> {mark}", "shop"]  # fmt: skip

STARTS = {
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "os.system",
    "pty.spawn",
}
_seen: list[tuple[str, Any]] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event in STARTS:
        _seen.append((event, arguments[0] if arguments else None))


sys.addaudithook(_hook)  # It cannot be taken away again; it looks on only inside `_watched`.


@contextmanager
def _watched() -> Iterator[list[tuple[str, Any]]]:
    global _seen  # noqa: PLW0603 (the hook is the process's own)
    _seen = []
    try:
        yield _seen
    finally:
        _seen = None


class _SilentLogs:
    async def search(self, asked: LogSearch) -> LogPage:
        return LogPage(lines=(), total=0, truncated=False, query="")


class _OneService:
    async def topology(self, at: datetime) -> Topology:
        return Topology(nodes=frozenset({"shop"}), edges=frozenset())


@pytest.fixture
def jira() -> Iterator[Jira]:
    with JiraFarEnd() as far_end:
        yield Jira(far_end.url, token=JIRA_TOKEN)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with KubernetesFarEnd(now=lambda: NOW) as far_end:
        yield far_end.cluster(tmp_path)


def _tools(jira: Jira, cluster: Cluster, folder: Path) -> list[Tool]:
    (folder / "metrics.om").write_text(f"up 1 {NOW.timestamp():.0f}\n# EOF\n")
    return [
        *platform_tools(cluster, WINDOW),
        *metrics_tools(RecordedMetrics(folder / "metrics.om"), WINDOW),
        *logs_tools(_SilentLogs(), WINDOW),
        *changes_tools([RolloutChanges(cluster)], WINDOW),
        *topology_tools([_OneService()], WINDOW),
        SearchTickets(jira),
        ReadRunbook(folder),
    ]


def _asked(model: type[BaseModel], text: str) -> BaseModel | None:
    """The tool's arguments with the text in every text; None when its own checks refuse that."""
    values = {
        name: [text] if get_origin(field.annotation) is list else text
        for name, field in model.model_fields.items()
        if str in (field.annotation, *get_args(field.annotation))
    }
    try:
        return model(**values)
    except ValidationError:
        return None


async def test_no_reading_tool_starts_a_process(jira: Jira, cluster: Cluster, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tools = _tools(jira, cluster, tmp_path)
    called = set()
    with _watched() as started:
        for tool in tools:
            for text in METACHARACTERS:
                if arguments := _asked(tool.arguments, text.format(mark=mark)):
                    await tool(arguments)
                    called.add(tool.name)
    assert (started, mark.exists()) == ([], False)
    assert called == {tool.name for tool in tools}


async def test_no_executor_but_the_commands_starts_a_process(jira: Jira, cluster: Cluster, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with EndpointFarEnd() as control, _watched() as started:
        calls: list[tuple[Executor, dict[str, JsonValue]]] = [
            (
                HttpExecutor({"control": Endpoint(control.url, TOKEN)}),
                {"endpoint": "control", "method": "POST", "path": "/services/{x}/restart", "body": {"note": "{x}"}},
            ),
            (KubernetesExecutor(cluster), {"operation": "restart", "namespace": "{x}", "deployment": "{x}"}),
        ]
        for text in METACHARACTERS:
            hostile = text.format(mark=mark)
            for executor, call in calls:
                await executor.run(_filled(call, hostile), "key-1")
                await executor.read_back(_filled(call, hostile), "key-1")
            tickets = JiraTickets(jira, "OPS")
            await tickets.create("key-1", hostile, hostile, {})
            with pytest.raises(BackendError):
                await tickets.transition(hostile, hostile)
    assert (started, mark.exists()) == ([], False)


async def test_the_command_executor_starts_the_configured_program_and_nothing_else(tmp_path: Path) -> None:
    mark, program = tmp_path / "mark", tmp_path / "program"
    program.write_text(f"#!{sys.executable} -I\nimport sys\nprint(sys.argv[1])\n")
    program.chmod(0o755)
    executor = CommandExecutor({"tool": Command(str(program))})
    outputs = []
    with _watched() as started:
        for text in METACHARACTERS:
            result = await executor.run({"command": "tool", "arguments": [text.format(mark=mark)]}, "key-1")
            outputs.append(result.data)
            await executor.run({"command": text.format(mark=mark)}, "key-1")
    assert started == [("subprocess.Popen", str(program))] * len(METACHARACTERS)
    assert outputs == [{"exit": 0, "output": f"{text.format(mark=mark)}\n"} for text in METACHARACTERS]
    assert not mark.exists()


async def test_the_hook_sees_a_process_that_is_started(tmp_path: Path) -> None:
    with _watched() as started:
        await CommandExecutor({"tool": Command("/bin/true")}).run({"command": "tool"}, "key-1")
    assert started == [("subprocess.Popen", "/bin/true")]


def _filled(call: dict[str, JsonValue], text: str) -> dict[str, Any]:
    return {
        key: _filled(value, text) if isinstance(value, dict) else str(value).replace("{x}", text)
        for key, value in call.items()
    }
