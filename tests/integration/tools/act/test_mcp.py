from datetime import timedelta

import pytest

from tests.farends.mcp_server import served
from tools.act.mcp import McpExecutor
from tools.base import ActResult, BackendError, Unsure
from tools.clients.mcp import McpServer
from tools.clients.mcp_wires import Place

PURGE = {"server": "shop", "tool": "purge", "arguments": {}}
PATIENT = timedelta(seconds=60)


async def executor(url: str, deadline: timedelta = PATIENT, digest: str = "") -> McpExecutor:
    server = McpServer(Place("shop", url=url), deadline)
    known = digest or next(one.digest for one in await server.offers() if one.name == "purge")
    return McpExecutor({"shop": server}, {"shop": frozenset({"purge"})}, lambda _, __: (server, known))


async def _run(mcp: McpExecutor) -> str:
    try:
        done = await mcp.run(PURGE, "key-1")
    except Unsure:
        return "unsure"
    return "done" if done.ok else "not done"


async def test_an_allowed_tool_is_called_once_and_what_is_sent_is_shown_before() -> None:
    calls: list[str] = []
    async with served("well", calls=calls) as url:
        mcp = await executor(url)
        shown = mcp.describe(PURGE)
        done = await mcp.run(PURGE, "key-1")
    assert shown == f"purge of the MCP server shop ({url.rstrip('/')}) with {{}}"
    assert done == ActResult(ok=True, detail='shop: purge: {"purged": 1}', data={"purged": 1})
    assert calls == ["purge"]


async def test_whether_it_was_done_cannot_be_looked_up_so_that_a_human_decides() -> None:
    async with served("well") as url:
        assert await (await executor(url)).read_back(PURGE, "key-1") is None


async def test_without_an_answer_nobody_knows_whether_it_was_done() -> None:
    calls: list[str] = []
    async with served("hang", calls=calls) as url:
        patient = await executor(url)
        _, digest = patient._digest("shop", "purge")
        hasty = await executor(url, timedelta(seconds=2), digest)
        done = await _run(hasty)
    # On a very busy machine the two seconds may be over before it is called.
    assert done == "unsure" or calls == []


async def test_a_tool_that_has_changed_since_people_allowed_it_is_not_called() -> None:
    calls: list[str] = []
    async with served("well", calls=calls) as url:
        done = await (await executor(url, digest="0" * 64)).run(PURGE, "key-1")
    assert (done.ok, calls) == (False, [])
    assert "changed since it was allowed" in done.detail


@pytest.mark.parametrize(
    "call",
    [
        {"server": "shop", "tool": "lookup"},
        {"server": "other", "tool": "purge"},
        {"server": "shop"},
        {**PURGE, "more": 1},
        {**PURGE, "arguments": "x"},
    ],
)
async def test_what_the_configuration_does_not_allow_is_refused_before_anything_is_sent(
    call: dict[str, object],
) -> None:
    mcp = await executor("http://127.0.0.1:9/mcp", digest="0" * 64)
    with pytest.raises(BackendError):
        mcp.describe(call)
    assert (await mcp.run(call, "key-1")).ok is False
    with pytest.raises(BackendError):
        await mcp.read(call)
