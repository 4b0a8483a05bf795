"""The MCP server: the SDK's own client over HTTP and over a started `incident-agent mcp`, with keys of every kind."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from agent.domain.approval import Approval
from agent.domain.key import Scope
from agent.domain.remediation import Risk
from agent.entrypoints.mcp.desk import SERVICES
from agent.graph.question import interruption
from tests.integration.agent.entrypoints.web.conftest import Served, address
from tests.integration.agent.storage.proposals import VALID, incident, proposal

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEADERS = {"Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def assistant(served: Served, key: str) -> AsyncIterator[ClientSession]:
    """Whoever holds this key, with the client that MCP's own SDK brings."""
    async with (
        httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
        streamable_http_client(f"{address(served)}/mcp", http_client=http) as (reads, writes, _),
        ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        yield session


async def asked(served: Served, name: str, risk: Risk = Risk.LOW) -> Approval:
    record = served.application.record
    await incident(record.database, served.application.clock, name)
    return await record.approvals.request(proposal(name, risk=risk), "a human is asked", "Restart cart?", VALID)


async def person(served: Served, name: str, *scopes: Scope) -> str:
    return await served.key(name, *scopes, kind="person")


def told(result: CallToolResult) -> Any:
    assert isinstance(result.content[0], TextContent)
    return json.loads(result.content[0].text)


def refused(result: CallToolResult) -> str:
    assert isinstance(result.content[0], TextContent)
    assert result.isError
    return result.content[0].text


async def test_an_assistant_reads_and_approves_for_its_person_on_the_same_row(served: Served) -> None:
    waiting = await asked(served, "inc-mcp-1")
    async with assistant(served, await person(served, "ann", "read", "approve:low")) as session:
        names = {tool.name: tool.annotations for tool in (await session.list_tools()).tools}
        listed = told(await session.call_tool("list_incidents", {"text": "cart"}))
        shown = told(await session.call_tool("show_incident", {"incident": "inc-mcp-1"}))
        (one,) = [
            one
            for one in told(await session.call_tool("list_approvals", {}))["approvals"]
            if one["incident"] == "inc-mcp-1"
        ]
        arguments = {"approval": waiting.id, "digest": waiting.proposal.digest, "reason": "seen"}
        approved = told(await session.call_tool("approve", arguments))
        again = refused(await session.call_tool("approve", arguments))
        # A denial is heard until the approval is spent.
        denied = told(await session.call_tool("deny", {"approval": waiting.id, "reason": "no"}))

    assert {name for name, hints in names.items() if hints and hints.destructiveHint} == {"approve", "deny"}
    assert set(names) == set(SERVICES)
    assert "inc-mcp-1" in [found["id"] for found in listed["incidents"]]
    assert (shown["incident"]["id"], shown["approvals"][0]["id"]) == ("inc-mcp-1", waiting.id)
    assert one["interrupt"] == interruption(waiting)
    assert (approved["status"], approved["decided_by"], approved["interrupt"]) == ("approved", "ann", None)
    assert "approved by ann" in again
    row = await served.application.views.approval(waiting.id)
    assert [(vote.who, vote.decision, vote.via, vote.comment) for vote in row.votes] == [
        ("ann", "approve", "mcp", "seen"),
        ("ann", "deny", "mcp", "no"),
    ]
    assert (row.status, denied["status"]) == ("denied", "denied")


async def test_what_was_not_read_cannot_be_approved(served: Served) -> None:
    waiting = await asked(served, "inc-mcp-2")
    async with assistant(served, await person(served, "bob", "approve:high", "read")) as session:
        blind = refused(await session.call_tool("approve", {"approval": waiting.id, "digest": "0" * 64}))
        without = refused(await session.call_tool("approve", {"approval": waiting.id}))
        strange = refused(await session.call_tool("approve", {"approval": "x", "digest": "", "arguments": {}}))
    assert blind == "The digest is not that of what is asked: read it with list_approvals before you approve."
    assert (without, strange) == ("digest: Field required", "arguments: Extra inputs are not permitted")
    assert (await served.application.views.approval(waiting.id)).status == "pending"


@pytest.mark.attack("S25", "S61")
async def test_each_tool_asks_for_its_scope_and_a_machine_approves_nothing(served: Served) -> None:
    low, high = await asked(served, "inc-mcp-3"), await asked(served, "inc-mcp-4", Risk.HIGH)
    calls = {
        "list_incidents": {},
        "show_incident": {"incident": "inc-mcp-3"},
        "ask_incident": {"incident": "inc-mcp-3", "question": "why?"},
        "list_approvals": {},
        "approve": {"approval": low.id, "digest": low.proposal.digest},
    }
    reader = await person(served, "reader-mcp", "read")
    robot = await served.key("robot-mcp", "read", "ask")
    async with assistant(served, reader) as session:
        of_reader = {name: (await session.call_tool(name, one)).isError for name, one in calls.items()}
    async with assistant(served, robot) as session:
        of_robot = {name: (await session.call_tool(name, one)).isError for name, one in calls.items()}
        says = refused(await session.call_tool("deny", {"approval": low.id}))
    async with assistant(served, await person(served, "low-mcp", "read", "approve:low")) as session:
        too_risky = {"approval": high.id, "digest": high.proposal.digest}
        not_high = refused(await session.call_tool("approve", too_risky))

    assert of_reader == {
        "list_incidents": False,
        "show_incident": False,
        "ask_incident": True,
        "list_approvals": False,
        "approve": True,
    }
    assert of_robot == {**of_reader, "ask_incident": False}
    assert says == "robot-mcp is a machine, and only a person can approve."
    assert not_high.startswith("You cannot approve this: ")
    assert [
        one.status for one in await served.application.views.approvals("pending") if one.id in {low.id, high.id}
    ] == [
        "pending",
        "pending",
    ]


async def test_a_risky_action_still_takes_two_people(served: Served) -> None:
    waiting = await asked(served, "inc-mcp-5", Risk.HIGH)
    arguments = {"approval": waiting.id, "digest": waiting.proposal.digest}
    async with assistant(served, await person(served, "first-mcp", "read", "approve:high")) as session:
        one = told(await session.call_tool("approve", arguments))
        twice = refused(await session.call_tool("approve", arguments))
    async with assistant(served, await person(served, "second-mcp", "read", "approve:high")) as session:
        two = told(await session.call_tool("approve", arguments))
    assert [(one["status"], one["progress"]), (two["status"], two["progress"])] == [
        ("pending", "1 of 2"),
        ("approved", "2 of 2"),
    ]
    assert "first-mcp" in twice


async def test_a_decision_taken_elsewhere_is_what_the_assistant_hears(served: Served) -> None:
    waiting = await asked(served, "inc-mcp-6")
    key = await person(served, "carl", "read", "approve:low")
    rest = {"Authorization": f"Bearer {key}"}
    body = {"decision": "deny", "reason": "no"}
    assert (await served.http.post(f"/api/approvals/{waiting.id}", json=body, headers=rest)).status_code == 200
    async with assistant(served, key) as session:
        refused(await session.call_tool("approve", {"approval": waiting.id, "digest": waiting.proposal.digest}))
        (one,) = [
            one
            for one in told(await session.call_tool("list_approvals", {"status": "denied"}))["approvals"]
            if one["id"] == waiting.id
        ]
    assert (one["status"], one["decided_by"]) == ("denied", "carl")


async def test_without_a_session_one_message_is_one_answer_and_nothing_else_is_spoken(served: Served) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nosuch", "arguments": {}}}
    post = served.http.post
    answer = await post("/mcp", json=call, headers=HEADERS)
    assert answer.json()["result"]["content"][0]["text"].startswith("There is no tool 'nosuch'; there are: list_incid")
    statuses = {
        "no json": (await post("/mcp", content=b"{", headers={**HEADERS, "Content-Type": "application/json"})),
        "no message": await post("/mcp", json={"x": 1}, headers=HEADERS),
        "too long": await post("/mcp", json={**call, "x": "x" * 70_000}, headers=HEADERS),
        "a page elsewhere": await post("/mcp", json=call, headers={**HEADERS, "Origin": "https://evil.example"}),
        "no origin at all": await post("/mcp", json=call, headers={**HEADERS, "Origin": "http://["}),
        "get": await served.http.get("/mcp", headers=HEADERS),
        "delete": await served.http.delete("/mcp", headers=HEADERS),
    }
    assert {name: answer.status_code for name, answer in statuses.items()} == {
        "no json": 422,
        "no message": 400,
        "too long": 413,
        "a page elsewhere": 403,
        "no origin at all": 403,
        "get": 405,
        "delete": 405,
    }


async def test_an_assistant_that_starts_the_command_gets_the_same(served: Served, tmp_path: Path) -> None:
    waiting = await asked(served, "inc-mcp-7")
    key = await person(served, "dora", "read", "approve:low")
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "agent", "mcp"],
        env={"AGENT_URL": address(served), "AGENT_KEY": key, "AGENT_DATA": str(tmp_path)},
        cwd=Path(__file__).parents[5],
    )
    async with stdio_client(command) as (reads, writes), ClientSession(reads, writes) as session:
        begun = await session.initialize()
        denied = told(await session.call_tool("deny", {"approval": waiting.id, "reason": "a deploy is under way"}))
        strange = refused(await session.call_tool("nosuch", {}))
    assert (begun.serverInfo.name, denied["status"], denied["decided_by"]) == ("incident-agent", "denied", "dora")
    assert strange.startswith("There is no tool 'nosuch'")


async def test_the_command_says_what_is_wrong_to_the_assistant_and_goes_on(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", "mcp",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"AGENT_URL": "http://127.0.0.1:9", "AGENT_DATA": str(tmp_path)},
        cwd=Path(__file__).parents[5],
    )  # fmt: skip
    lines = b'no json\n{"jsonrpc": "2.0", "method": "notifications/initialized"}\n{"jsonrpc": "2.0", "id": 4}\n'
    out, err = await asyncio.wait_for(process.communicate(lines), 60)
    parse, unreachable = (json.loads(line) for line in out.splitlines())
    assert (process.returncode, err) == (0, b"")
    assert (parse["id"], parse["error"]["code"], unreachable["id"], unreachable["error"]["code"]) == (
        None,
        -32700,
        4,
        -32000,
    )
    assert unreachable["error"]["message"].startswith("No incident-agent answers at http://127.0.0.1:9 ")
