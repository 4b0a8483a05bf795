"""Configured MCP servers from the first look to a tool that is replaced behind our back."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.bootstrap.mcp import Known, McpTools, Pins, Standing, mcp_of
from agent.bootstrap.toolbox import Toolbox
from agent.config import Config, McpPlace
from agent.domain.errors import ConfigurationError
from agent.entrypoints.cli.checks.finding import State
from agent.entrypoints.cli.checks.mcp import mcp as check
from agent.graph.context import Sources
from agent.settings import Settings
from tests.farends.mcp_server import INJECTION, served
from tools.base import BackendError
from tools.observe.window import Window
from tools.wrap import Wrapped


def reading(url: str, *tools: str) -> McpPlace:
    return McpPlace(name="shop", url=url, tools=tools, read_only=True)


def standings(known: tuple[Known, ...]) -> dict[str, Standing]:
    return {one.tool: one.standing for one in known}


async def test_only_what_is_listed_joins_and_only_when_it_is_declared_to_read(tmp_path: Path) -> None:
    async with served("well") as url:
        acting = McpPlace(name="ops", url=url, tools=("purge",))
        found = McpTools([reading(url, "lookup", "nosuch"), acting], Pins(tmp_path / "pins"))
        known = await found.look()
    assert standings(known) == {"lookup": Standing.READY, "nosuch": Standing.MISSING, "purge": Standing.READY}
    assert [tool.name for tool in found.tools()] == ["shop__lookup"]
    assert found.acting() == {"ops": frozenset({"purge"})}
    assert found.allowed("ops", "purge")[0].name == "ops"
    with pytest.raises(BackendError):
        found.allowed("ops", "lookup")


@pytest.mark.attack("S05")
async def test_a_changed_tool_is_switched_off_until_somebody_pins_it_again(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "pins")
    async with served("well") as url:
        first = McpTools([reading(url, "lookup", "purge")], pins)
        assert set(standings(await first.look()).values()) == {Standing.READY}
    async with served("well", description=INJECTION) as url:
        later = McpTools([reading(url, "lookup", "purge")], pins)
        assert standings(await later.look()) == {"lookup": Standing.CHANGED, "purge": Standing.READY}
        assert [tool.name for tool in later.tools()] == ["shop__purge"]
        assert standings(await later.look()) == {"lookup": Standing.CHANGED, "purge": Standing.READY}

        await later.look(again="shop")
        assert [tool.name for tool in later.tools()] == ["shop__lookup", "shop__purge"]


async def test_a_dead_server_costs_its_tools_and_nothing_else(tmp_path: Path) -> None:
    async with served("well") as url:
        dead = McpPlace(name="dead", url="http://127.0.0.1:9/mcp", tools=("lookup",), read_only=True)
        found = McpTools([dead, reading(url, "lookup")], Pins(tmp_path / "pins"))
        known = await found.look()
    assert [(one.server, one.standing) for one in known] == [
        ("dead", Standing.UNREACHABLE),
        ("shop", Standing.READY),
    ]
    assert [tool.name for tool in found.tools()] == ["shop__lookup"]


async def test_a_spoilt_file_of_pins_switches_everything_off(tmp_path: Path) -> None:
    (tmp_path / "pins").write_text("{")
    async with served("well") as url:
        found = McpTools([reading(url, "lookup")], Pins(tmp_path / "pins"))
        with pytest.raises(ConfigurationError, match="move it away"):
            await found.look()
        keeping = asyncio.create_task(found.keep_looking())
        await asyncio.wait_for(found.looked.wait(), 60)
        keeping.cancel()
    assert found.tools() == ()


async def test_where_nothing_can_be_pinned_no_tool_is_used_and_nobody_waits(tmp_path: Path) -> None:
    async with served("well") as url:
        found = McpTools([reading(url, "lookup")], Pins(tmp_path / "none" / "pins"))
        with pytest.raises(ConfigurationError, match="lookup of the MCP server shop cannot be pinned"):
            await found.look()
        keeping = asyncio.create_task(found.keep_looking())
        await asyncio.wait_for(found.looked.wait(), 60)
        keeping.cancel()
    assert found.tools() == ()


async def test_an_investigation_has_them_among_its_own_with_the_same_limits(tmp_path: Path) -> None:
    async with served("well") as url:
        found = McpTools([reading(url, "lookup")], Pins(tmp_path / "pins"))
        now = datetime(2026, 11, 21, tzinfo=UTC)
        box = Toolbox(sources=Sources(), runbooks=tmp_path, foreign=found.tools)
        before = [tool.name for tool in box.tools(Window(alert_at=now, now=now))]
        await found.look()
        (runbooks, lookup) = box.tools(Window(alert_at=now, now=now))
        answer = await lookup(lookup.arguments.model_validate({"service": "cart"}))
        wrong = await Wrapped(lookup).ask({"place": "cart"})
    assert (before, runbooks.name) == (["read_runbook"], "read_runbook")
    assert (type(lookup), answer.text, answer.trust) == (Wrapped, "cart is fine", "user-controlled")
    assert wrong.text.startswith('shop__lookup {"place": "cart"}: service: Field required; place: Extra inputs')


async def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    place = reading("http://127.0.0.1:9/mcp", "lookup").model_copy(update={"headers": {"Authorization": "NO_SUCH"}})
    with pytest.raises(ConfigurationError, match="shop needs the environment variable NO_SUCH"):
        mcp_of(Settings.model_construct(data=tmp_path, mcp_pins=None), Config(mcp=(place,)))


async def test_doctor_says_what_changed_and_what_to_do(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    settings = Settings.model_construct(data=tmp_path, mcp_pins=None, config_file=config)
    config.write_text("{}")
    assert (await check(settings)).state is State.OFF
    async with served("well") as url:
        config.write_text(f"mcp: [{{name: shop, url: '{url}', tools: [lookup], read_only: true}}]")
        assert (await check(settings)).says == "1 tools of 1 servers"
    async with served("well", description="Another.") as url:
        config.write_text(f"mcp: [{{name: shop, url: '{url}', tools: [lookup], read_only: true}}]")
        found = await check(settings)
    assert (found.state, found.mend) == (
        State.BROKEN,
        "Look at it: `incident-agent tools list`. `incident-agent tools pin shop` allows it as it is now.",
    )
    assert "lookup of shop is changed: its description or its arguments have changed" in found.says
