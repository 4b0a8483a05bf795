"""Is what somebody decides in one place what every other place shows, and how soon?

`python -m tests.integration.agent.entrypoints.slack.everywhere 20` prints it for each pair of places.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent
from typer.testing import CliRunner

from agent.domain.approval import Approval
from agent.domain.incident import IncidentStatus
from agent.entrypoints.cli.commands import app
from agent.entrypoints.worker import Worker
from tests.integration.agent.entrypoints.slack.office import PATIENCE, Office, office
from tests.until import until, until_told

PLACES = ("slack", "dashboard", "rest", "cli", "mcp")
PERSON = "ann"


class Everywhere:
    """One person at every place at once."""

    def __init__(self, here: Office, key: str, assistant: ClientSession) -> None:
        self._here = here
        self._key = key
        self._assistant = assistant
        self._browser = httpx2.AsyncClient(base_url=here.http.base_url, timeout=PATIENCE)
        self._bearer = {"Authorization": f"Bearer {key}"}

    async def sign_in(self) -> None:
        assert (await self._browser.post("/login", data={"key": self._key, "to": "/"})).status_code == 303

    async def close(self) -> None:
        await self._browser.aclose()

    async def decide(self, place: str, asked: Approval) -> None:
        """Approve it there, and nowhere else."""
        ways: Mapping[str, Callable[[Approval], Awaitable[None]]] = {
            "slack": self._click,
            "dashboard": self._send_form,
            "rest": self._post,
            "cli": self._command,
            "mcp": self._call_tool,
        }
        await ways[place](asked)

    async def shown(self, place: str, asked: Approval, via: str) -> bool:
        """Does this place show it as approved, by whom, and where?"""
        match place:
            case "slack":
                card = next(one for one in self._here.slack.messages if asked.incident in one.shown)
                return (
                    f"Approved by {PERSON} at" in card.shown
                    and f"({via})" in card.shown
                    and "approve" not in card.buttons
                )
            case "dashboard":
                page = (await self._browser.get(f"/incidents/{asked.incident}")).text
                return f"By <strong>{PERSON}</strong> ({via})" in page
            case "rest":
                answer = await self._here.http.get(f"/api/approvals/{asked.id}", headers=self._bearer)
                return _decided(answer.json())
            case "cli":
                listed = json.loads(await self._run("approvals", "list", "--status", "approved", "--json"))
                return any(_decided(one) for one in listed["approvals"] if one["id"] == asked.id)
            case _:
                told = await self._assistant.call_tool("list_approvals", {"status": "approved"})
                assert isinstance(told.content[0], TextContent)
                listed = json.loads(told.content[0].text)
                return any(_decided(one) for one in listed["approvals"] if one["id"] == asked.id)

    async def _click(self, asked: Approval) -> None:
        card = next(one for one in self._here.slack.messages if asked.incident in one.shown)
        posted = self._here.slack.click("approve", "U0ANN", self._here.now, message=card)
        assert (await self._here.deliver(posted)).status_code == 200

    async def _send_form(self, asked: Approval) -> None:
        page = await self._browser.get(f"/incidents/{asked.incident}")
        [token, *_] = re.findall(r'name="csrf" value="([^"]+)"', page.text)
        form = {"csrf": token, "decision": "approve", "reason": ""}
        sent = await self._browser.post(f"/incidents/{asked.incident}/approvals/{asked.id}", data=form)
        assert sent.status_code == 303

    async def _post(self, asked: Approval) -> None:
        sent = await self._here.http.post(
            f"/api/approvals/{asked.id}", json={"decision": "approve", "reason": ""}, headers=self._bearer
        )
        assert sent.status_code == 200

    async def _command(self, asked: Approval) -> None:
        await self._run("approvals", "approve", asked.id, "--yes")

    async def _call_tool(self, asked: Approval) -> None:
        told = await self._assistant.call_tool("approve", {"approval": asked.id, "digest": asked.proposal.digest})
        assert not told.isError

    async def _run(self, *arguments: str) -> str:
        environment = {"AGENT_URL": str(self._here.http.base_url).rstrip("/"), "AGENT_KEY": self._key}
        ran = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
        assert ran.exit_code == 0, ran.output
        return ran.output


@asynccontextmanager
async def everywhere(folder: Path) -> AsyncIterator[tuple[Office, Everywhere]]:
    """An installation at work, and somebody who can be at every place."""
    async with office(folder, {"bert": ("approve:high",)}) as here:
        key = (await here.application.identity.keys.create(PERSON, "person", ["approve:high", "ask", "read"])).token
        application = here.application
        worker = Worker(
            application.service,
            application.queue,
            application.clock,
            concurrency=0,
            beside=application.dispatcher.rounds,
        )
        working = asyncio.create_task(worker.run())
        try:
            async with _assistant(here, key) as assistant:
                person = Everywhere(here, key, assistant)
                await person.sign_in()
                yield here, person
                await person.close()
        finally:
            worker.stop()
            await working


async def lags(here: Office, person: Everywhere, place: str, name: str) -> dict[str, float]:
    """Decide one question there; after how many seconds each place shows it."""
    await here.incident(name, status=IncidentStatus.AWAITING_APPROVAL)
    asked = await here.ask(name)
    await until(lambda: any(name in one.shown and "approve" in one.buttons for one in here.slack.messages))
    await person.decide(place, asked)
    began = time.perf_counter()

    async def lag(other: str) -> float:
        await until_told(lambda: person.shown(other, asked, place))
        return time.perf_counter() - began

    return dict(zip(PLACES, await asyncio.gather(*(lag(other) for other in PLACES)), strict=True))


@asynccontextmanager
async def _assistant(here: Office, key: str) -> AsyncIterator[ClientSession]:
    async with (
        httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE) as http,
        streamable_http_client(f"{str(here.http.base_url).rstrip('/')}/mcp", http_client=http) as (reads, writes, _),
        ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        yield session


def _decided(one: Mapping[str, object]) -> bool:
    return (one["status"], one["decided_by"]) == ("approved", PERSON)


async def _main(number: int) -> None:
    taken: dict[tuple[str, str], list[float]] = {}
    with TemporaryDirectory() as folder:
        async with everywhere(Path(folder)) as (here, person):
            for trial in range(number):
                for place in PLACES:
                    for other, seconds in (await lags(here, person, place, f"inc-{place}-{trial}")).items():
                        taken.setdefault((place, other), []).append(seconds)
    for (place, other), found in taken.items():
        print(f"{place:>9} -> {other:<9} median {median(found):.2f} s, longest {max(found):.2f} s of {number}")


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
