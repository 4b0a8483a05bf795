"""Which tools of other people's does the agent use?  `tools list`, `pin` and `import`."""

from typing import TYPE_CHECKING, Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import say_json, say_table

if TYPE_CHECKING:
    from agent.bootstrap.mcp import Known

tools = typer.Typer(help="Tools of MCP servers, and of other agents' tool sets.", no_args_is_help=True)


@tools.command("list", epilog="Example: incident-agent tools list")
def list_tools(as_json: Json = False) -> None:
    """Ask the configured MCP servers, and say which of their tools are used and why others are not."""
    _show(_look(), as_json=as_json)


@tools.command(epilog="Example: incident-agent tools pin grafana")
def pin(
    server: Annotated[str, typer.Argument(help="Its name under `mcp` in AGENT_CONFIG.")],
    as_json: Json = False,
) -> None:
    """Allow the tools of a server as they are now: you have read what they say of themselves."""
    from agent.domain.errors import NotFound

    known = [one for one in _look(server) if one.server == server]
    if not known:
        raise NotFound(f"AGENT_CONFIG has no MCP server {server!a}.")
    _show(known, as_json=as_json)


def _look(again: str = "") -> "list[Known]":
    import asyncio

    from agent.bootstrap.mcp import mcp_of
    from agent.settings import load

    async def look() -> "list[Known]":
        settings = load()
        settings.pins.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return list(await mcp_of(settings, settings.config()).look(again))

    return asyncio.run(look())


def _show(known: "list[Known]", *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        say_json([asdict(one) for one in known])
        return
    rows = [
        (one.server, one.tool, "investigations" if one.read_only else "actions", one.standing.value, one.says)
        for one in known
    ]
    say_table(("server", "tool", "for", "state", ""), rows, empty="AGENT_CONFIG names no MCP server.")
