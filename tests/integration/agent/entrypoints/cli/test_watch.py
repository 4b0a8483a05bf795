"""`incidents watch` over the events of a running agent, as a program reads them and as a person does."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.domain.event import Event, EventType
from tests.integration.agent.entrypoints.web.conftest import Served, address, serve

ROOT = Path(__file__).parents[5]


@asynccontextmanager
async def watching(served: Served, data: Path, *options: str) -> AsyncIterator[asyncio.StreamReader]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", "incidents", "watch", *options,
        stdout=asyncio.subprocess.PIPE,
        env={"AGENT_URL": address(served), "AGENT_KEY": await served.key("watcher", "read"), "AGENT_DATA": str(data)},
        cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def _told(served: Served, heard: asyncio.StreamReader) -> str:
    """The first line, once the command listens: events from before are not told again."""
    line = asyncio.create_task(heard.readline())
    async with asyncio.timeout(60):
        while not line.done():
            event = Event(type=EventType.INCIDENT_OPENED, incident="inc-1", text="Opened: \x1b[2Jcart is slow.")
            await served.application.record.journal.record(event)
            await asyncio.wait({line}, timeout=0.2)
    return line.result().decode()


async def test_a_program_gets_the_journal_as_it_grows(
    tmp_path: Path,
) -> None:
    async with serve(tmp_path / "data") as served, watching(served, tmp_path, "--json") as heard:
        entry = json.loads(await _told(served, heard))
    assert (entry["event"]["type"], entry["event"]["incident"]) == (EventType.INCIDENT_OPENED, "inc-1")


async def test_a_person_reads_a_line_that_cannot_steer_the_terminal(tmp_path: Path) -> None:
    async with serve(tmp_path / "data") as served, watching(served, tmp_path) as heard:
        line = await _told(served, heard)
    assert line.endswith("  inc-1  Opened: \\u001b[2Jcart is slow. (agent)\n")
