"""Which tools of other people's does the agent use?  `tools list`, `pin` and `import`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import say_json, say_table

if TYPE_CHECKING:
    from agent.bootstrap.mcp import Known
    from agent.catalogue.toolsets import Mapped

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


@tools.command("import", epilog="Example: incident-agent tools import holmes.yaml --to proposed")
def import_toolsets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A tool set of HolmesGPT, as YAML.")],
    to: Annotated[
        Path | None, typer.Option(help="Write the proposals here, one folder each; without: only tell.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what of a HolmesGPT tool set can be used here, and why the rest cannot. Nothing in it is ever run."""
    from dataclasses import asdict

    from agent.catalogue.toolsets import read_toolsets

    mapped = read_toolsets(file)
    if to:
        _write(mapped, to)
    if as_json:
        say_json(asdict(mapped))
        return
    rows = [
        *((variable, "set it", value) for variable, value in mapped.settings),
        *((name, "name it under `mcp`, with the tools you allow", url) for name, url in mapped.servers),
        *((one.name, "a proposal to review", " ".join((one.program, *one.arguments))) for one in mapped.drafts),
        *((one.what, "not mapped", one.why) for one in mapped.left),
    ]
    say_table(("what", "becomes", ""), rows, empty="There is nothing in it.")


def _write(mapped: "Mapped", to: Path) -> None:
    """Beside the catalogue, not in it: a file that is not called action.yaml is never read as an action."""
    from agent.catalogue.toolsets import written
    from agent.domain.errors import AgentError

    for draft in mapped.drafts:
        skill, action = written(draft)
        try:
            (to / draft.name).mkdir(parents=True, exist_ok=True)
            (to / draft.name / "SKILL.md").write_text(skill, encoding="utf-8")
            (to / draft.name / "action.yaml.proposed").write_text(action, encoding="utf-8")
        except OSError as error:
            raise AgentError(f"{to / draft.name} cannot be written: {error.strerror}.") from error


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
