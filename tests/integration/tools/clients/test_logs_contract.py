"""What `Logs` promises, held against every back end that keeps it."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from tests.farends.datadog import API_KEY, APPLICATION_KEY, DatadogFarEnd, Log
from tests.farends.loki import loki
from tests.farends.search import search_server
from tools.base import LogLine, Logs, LogSearch
from tools.clients.datadog import DatadogLogs
from tools.clients.elasticsearch import Elasticsearch
from tools.clients.log_files import LogFiles
from tools.clients.loki import Loki, nanoseconds
from tools.clients.recorded import RecordedLogs

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Written:
    second: int
    service: str
    level: str
    message: str

    @property
    def at(self) -> datetime:
        return T0 + self.second * SECOND


LINES = [
    Written(-1, "cart", "info", "just before the beginning"),
    Written(0, "cart", "info", "GET / took 3 ms"),
    Written(10, "front-end", "error", "connection to db refused"),
    Written(20, "mail", "warning", "queue is filling"),
    Written(30, "cart", "error", "connection to db refused (again)"),
    Written(60, "cart", "info", "just at the end"),
]


@asynccontextmanager
async def in_recording(lines: Sequence[Written], folder: Path) -> AsyncIterator[Logs]:
    rows = [
        json.dumps({"ts": line.at.timestamp(), "service": line.service, "level": line.level, "message": line.message})
        for line in lines
    ]
    (folder / "logs.jsonl").write_text("\n".join(rows))
    yield RecordedLogs(folder / "logs.jsonl")


@asynccontextmanager
async def in_files(lines: Sequence[Written], folder: Path) -> AsyncIterator[Logs]:
    for line in lines:
        with (folder / f"{line.service}.log").open("a") as file:
            file.write(f"{line.at.isoformat()} level={line.level} {line.message}\n")
            file.flush()
            os.utime(folder / f"{line.service}.log", (T0.timestamp() + 3600,) * 2)
    yield LogFiles([f"{folder}/*.log"])


@asynccontextmanager
async def in_loki(lines: Sequence[Written], _: Path) -> AsyncIterator[Logs]:
    async with loki(now=lambda: nanoseconds(T0 + 10 * MINUTE)) as server:
        for line in lines:
            labels = {"service_name": line.service, "level": line.level}
            server.store.push(labels, [(nanoseconds(line.at), line.message, {})])
        client = Loki(server.url)
        yield client
        await client.close()


@asynccontextmanager
async def in_elasticsearch(name: str, lines: Sequence[Written]) -> AsyncIterator[Logs]:
    with search_server(name) as address:
        for line in lines:
            document = {
                "@timestamp": line.at.isoformat(),
                "message": line.message,
                "service": {"name": line.service},
                "log": {"level": line.level},
            }
            httpx2.post(f"{address}/logs-app/_doc?refresh=true", json=document).raise_for_status()
        client = Elasticsearch(address)
        yield client
        await client.close()


@asynccontextmanager
async def in_datadog(lines: Sequence[Written], _: Path) -> AsyncIterator[Logs]:
    with DatadogFarEnd() as server:
        words = {"warning": "warn"}
        server.logs += [Log(one.at, one.service, one.message, words.get(one.level, one.level)) for one in lines]
        client = DatadogLogs("datadoghq.com", API_KEY, APPLICATION_KEY, url=server.url)
        yield client
        await client.close()


BACK_ENDS = {
    "recording": in_recording,
    "files": in_files,
    "loki": in_loki,
    "elasticsearch 8": lambda lines, _: in_elasticsearch("noida", lines),
    "opensearch": lambda lines, _: in_elasticsearch("osmem", lines),
    "datadog": in_datadog,
}


@pytest.fixture(params=BACK_ENDS)
async def logs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Logs]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(BACK_ENDS[request.param](LINES, tmp_path))


def shown(lines: Sequence[LogLine]) -> list[tuple[float, str, str]]:
    return [((line.at - T0).total_seconds(), line.service, line.level) for line in lines]


async def test_the_promise_is_kept(logs: Logs) -> None:
    """One test, since a server's start costs more than the questions."""
    everything = await logs.search(LogSearch(T0, T0 + MINUTE))
    assert shown(everything.lines) == [
        (30.0, "cart", "error"),
        (20.0, "mail", "warning"),
        (10.0, "front-end", "error"),
        (0.0, "cart", "info"),
    ]
    assert (everything.total, everything.truncated) == (4, False)
    assert everything.query

    some = await logs.search(
        LogSearch(T0, T0 + MINUTE, services=("cart", "front-end"), levels=("error",), text="db refused")
    )
    assert shown(some.lines) == [(30.0, "cart", "error"), (10.0, "front-end", "error")]
    assert [line.message.removeprefix("level=error ") for line in some.lines] == [
        "connection to db refused (again)",
        "connection to db refused",
    ]

    newest = await logs.search(LogSearch(T0, T0 + MINUTE, limit=2))
    assert (shown(newest.lines), newest.truncated) == (
        [(30.0, "cart", "error"), (20.0, "mail", "warning")],
        True,
    )

    for nothing in (
        await logs.search(LogSearch(T0, T0 + MINUTE, services=("nobody",))),
        await logs.search(LogSearch(T0, T0 + MINUTE, text="nowhere to be found")),
        await logs.search(LogSearch(T0 - MINUTE, T0 - 2 * SECOND)),
    ):
        assert (nothing.lines, nothing.total, nothing.truncated) == ((), 0, False)
