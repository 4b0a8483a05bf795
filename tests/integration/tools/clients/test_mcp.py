"""Other people's MCP servers, made with the SDK and badly behaved: whatever they do, one call fails with a sentence."""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.farends.mcp_server import INJECTION, LOOKUP, served
from tools.base import BackendError
from tools.clients.mcp import McpServer, Offer, Said
from tools.clients.mcp_wires import Place
from tools.clients.outcome import Answered, Unanswered

ROOT = Path(__file__).parents[4]
PATIENT = timedelta(seconds=60)


def program(script: str) -> McpServer:
    """A program without the SDK: it starts in no time, and does as little as it likes."""
    return McpServer(Place("x", command=(sys.executable, "-I", "-c", script)), PATIENT)


async def digest_of(server: McpServer, tool: str = "lookup") -> str:
    return next(offer.digest for offer in await server.offers() if offer.name == tool)


async def test_over_pipes_a_program_is_asked_and_told_nothing_but_what_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_SECRET_KEY", "root of everything")
    said = tmp_path / "description"
    said.write_text("Look a service up.")
    environment = {"PYTHONPATH": str(ROOT), "MCP_SECRET": "theirs", "MCP_DESCRIPTION": str(said)}
    command = (sys.executable, "-m", "tests.farends.mcp_server", "chatty")
    server = McpServer(Place("x", command=command, environment=environment), PATIENT)

    digest = Offer("lookup", "Look a service up.", LOOKUP).digest
    answer = await server.call("lookup", {"service": "cart"}, digest)

    assert answer == Said(
        ok=True,
        text="cart is \x1b[31mfine\x1b[0m",
        data={"asked": {"service": "cart"}, "secret": "theirs", "home": None},
    )


async def test_over_http_it_is_asked_with_its_own_header() -> None:
    async with served("well", token="s3cret") as url:
        stranger = McpServer(Place("x", url=url), PATIENT)
        with pytest.raises(BackendError, match=r"x: what it offers: http://127.* answered 401: who are you"):
            await stranger.offers()
        server = McpServer(Place("x", url=url, headers={"Authorization": "Bearer s3cret"}), PATIENT)
        answer = await server.call("lookup", {"service": "cart"}, await digest_of(server))
    assert answer.data == {"asked": {"service": "cart"}, "secret": None, "home": None}


async def test_a_tool_that_is_not_as_it_was_is_not_called() -> None:
    async with served("well") as url:
        server = McpServer(Place("x", url=url), PATIENT)
        before = await digest_of(server)
    async with served("well", description=INJECTION) as url:
        server = McpServer(Place("x", url=url), PATIENT)
        with pytest.raises(Answered, match="its description has changed since it was allowed"):
            await server.call("lookup", {"service": "cart"}, before)
        with pytest.raises(Answered, match="does not offer it any more"):
            await server.call("look_up", {"service": "cart"}, before)


async def test_hanging_in_the_call_leaves_it_open_whether_it_was_done() -> None:
    calls: list[str] = []
    async with served("hang", calls=calls) as url:
        digest = await digest_of(McpServer(Place("x", url=url), PATIENT), "purge")
        with pytest.raises(BackendError, match=r"x: purge: no answer within 2 s") as caught:
            await McpServer(Place("x", url=url), timedelta(seconds=2)).call("purge", {}, digest)
    # On a very busy machine the two seconds may be over before it is called.
    assert isinstance(caught.value, Unanswered) or calls == []


async def test_more_than_fits_is_not_read() -> None:
    async with served("huge") as url:
        server = McpServer(Place("x", url=url), PATIENT)
        with pytest.raises(Unanswered, match="answered more than 8,388,608 bytes: ask for less"):
            await server.call("lookup", {"service": "cart"}, await digest_of(server))


@pytest.mark.parametrize(
    ("mode", "sentence"), [("elsewhere", "answered 307"), ("gibberish", "the answer is no message of the protocol")]
)
async def test_an_address_that_is_no_mcp_server_is_told_as_such(mode: str, sentence: str) -> None:
    async with served(mode) as url:
        with pytest.raises(BackendError, match=sentence):
            await McpServer(Place("x", url=url), PATIENT).offers()


async def test_nobody_at_the_address() -> None:
    with pytest.raises(BackendError, match=r"x: what it offers: http://127\.0\.0\.1:9/mcp: "):
        await McpServer(Place("x", url="http://127.0.0.1:9/mcp"), PATIENT).offers()


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("import sys; sys.exit(3)", "ended without an answer"),
        ("import sys; sys.stdout.write('x' * 9_000_000)", "answered more than 8,388,608 bytes"),
        ("print('{}\\nnot json\\n[1]', flush=True)", "ended without an answer"),
    ],
)
async def test_a_program_that_dies_or_floods_or_babbles_fails_with_a_sentence(script: str, sentence: str) -> None:
    with pytest.raises(BackendError, match=sentence):
        await program(script).offers()


def _runs(pid: str) -> bool:
    """A killed process may stay as an entry of the table until somebody asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_program_that_never_answers_is_ended_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)"
    )
    server = McpServer(Place("x", command=(sys.executable, "-I", "-c", script)), timedelta(seconds=2))
    with pytest.raises(BackendError, match="no answer within 2 s"):
        await server.offers()
    if mark.exists() and (pid := mark.read_text()):
        async with asyncio.timeout(PATIENT.total_seconds()):
            while _runs(pid):
                await asyncio.sleep(0.01)


async def test_a_server_that_asks_its_client_for_something_gets_nothing() -> None:
    """Sampling, roots and elicitation would let it use our model, see files or pretend to be us."""
    script = (
        "import sys, json\n"
        "asked = json.loads(sys.stdin.readline())\n"
        "print(json.dumps({'jsonrpc': '2.0', 'id': 7, 'method': 'sampling/createMessage', 'params': {}}), flush=True)\n"
        "told = {'protocolVersion': '2025-06-18', 'capabilities': {}, 'serverInfo': {'name': 'x', 'version': '1'}}\n"
        "print(json.dumps({'jsonrpc': '2.0', 'id': asked['id'], 'result': told}), flush=True)\n"
        "lines = [json.loads(sys.stdin.readline()) for _ in range(2)]\n"
        "tool = {'name': json.dumps([line.get('method') for line in lines]), 'inputSchema': {'type': 'object'}}\n"
        "print(json.dumps({'jsonrpc': '2.0', 'id': lines[1]['id'], 'result': {'tools': [tool]}}), flush=True)\n"
    )
    (offer,) = await program(script).offers()
    assert json.loads(offer.name) == ["notifications/initialized", "tools/list"]


async def test_a_program_that_is_not_there() -> None:
    with pytest.raises(BackendError, match="/nonexistent/server cannot be started: No such file or directory"):
        await McpServer(Place("x", command=("/nonexistent/server",)), PATIENT).offers()
