"""What does the agent remember?  `memory import`, `search` and `forget`; the running agent's, or the folder's."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.past import Past, brought_in, forgotten, sought, with_memory
from agent.entrypoints.cli.say import complain, say, say_json, say_table

if TYPE_CHECKING:
    from agent.settings import Settings

memory = typer.Typer(help="Past incidents: bring them in, look, forget.", no_args_is_help=True)

_FIELDS = "summary,description,status,resolution,resolutiondate,components,labels,comment"
_MOST = 5000
"""Tickets one import reads."""


@memory.command(
    "import", epilog="Example: incident-agent memory import --jira 'project = OPS AND resolution is not EMPTY'"
)
def import_lessons(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="JSON lines: title, cause, closed_at, and more.")
    ] = None,
    jql: Annotated[str, typer.Option("--jira", metavar="JQL", help="Old tickets instead, found by this query.")] = "",
    as_json: Json = False,
) -> None:
    """Bring in past incidents. What cannot be used is told, with the reason; twice the same is harmless."""
    if (file is None) == (not jql):
        raise typer.BadParameter("name a file, or give --jira a query.")
    past = Past(lines=_read(file)) if file else Past(tickets=_tickets(jql))
    told = with_memory(lambda here: here.bring_in(past), lambda agent: brought_in(agent, past))
    if as_json:
        say_json(told)
        return
    say(f"Remembered: {told['imported']}. Not usable: {len(told['unusable'])}.")
    for one in told["unusable"]:
        complain(f"{one['where']}: {one['reason']}")


@memory.command(epilog='Example: incident-agent memory search "connection pool exhausted on checkout"')
def search(
    text: Annotated[str, typer.Argument(help="In your own words.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="At most this many.")] = 5,
    as_json: Json = False,
) -> None:
    """Look for past incidents by meaning."""
    found = with_memory(lambda here: here.search(text, limit), lambda agent: sought(agent, text, limit))
    if as_json:
        say_json(found)
        return
    rows = [
        (f"{one['similarity']:.2f}", *(one[name] for name in ("incident", "title", "cause", "remedy"))) for one in found
    ]
    say_table(("near", "incident", "title", "cause", "remedy"), rows, empty="Nothing is remembered yet.")


@memory.command(epilog="Example: incident-agent memory forget inc-7 jira:OPS-12")
def forget(
    incidents: Annotated[list[str], typer.Argument(metavar="INCIDENT...", help="Their ids, as `memory search` shows.")],
) -> None:
    """Forget what was learned from these incidents, in the record and in the index."""
    gone = with_memory(lambda here: here.forget(incidents), lambda agent: forgotten(agent, incidents))
    say(f"Forgotten: {gone} of {len(incidents)}.")


def _read(file: Path) -> list[bytes]:
    from agent.domain.errors import NotFound

    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
            return list(lines)
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error


def _tickets(jql: str) -> list[Any]:
    import asyncio

    from agent.domain.errors import AgentError
    from agent.settings import load
    from tools.base import BackendError

    try:
        return asyncio.run(_found(load(), jql))
    except BackendError as error:
        raise AgentError(str(error)) from error


async def _found(settings: "Settings", jql: str) -> list[Any]:
    from datetime import timedelta

    from agent.domain.errors import ConfigurationError
    from tools.clients.jira import Jira

    if not settings.jira_url:
        raise ConfigurationError("Set JIRA_URL and JIRA_TOKEN first; `incident-agent doctor` checks them.")
    token = settings.jira_token.get_secret_value() if settings.jira_token else ""
    jira = Jira(settings.jira_url, user=settings.jira_user, token=token, deadline=timedelta(seconds=60))
    try:
        return await jira.call("past incidents", lambda client: _search(client, jql))
    finally:
        await jira.close()


def _search(client: Any, jql: str) -> list[Any]:
    return [issue.raw for issue in client.search_issues(jql, maxResults=_MOST, fields=_FIELDS)]
