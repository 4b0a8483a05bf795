"""What does the agent remember?  `memory import`, `search` and `forget`, on the record of this machine."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import complain, say, say_json, say_table

if TYPE_CHECKING:
    from agent.memory.chroma import ChromaMemory
    from agent.memory.importing import Imported
    from agent.ports import Lesson
    from agent.settings import Settings
    from agent.storage.lessons import SqlLessons

memory = typer.Typer(help="Past incidents: bring them in, look, forget.", no_args_is_help=True)

Result = TypeVar("Result")

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
    found = _read(file) if file else _tickets(jql)

    async def remember(lessons: "SqlLessons", remembered: "ChromaMemory") -> None:
        for lesson in found.lessons:
            await lessons.save(lesson)
        await remembered.remember(found.lessons)

    if found.lessons:
        _with_memory(remember)
    _tell_import(found, as_json=as_json)


@memory.command(epilog='Example: incident-agent memory search "connection pool exhausted on checkout"')
def search(
    text: Annotated[str, typer.Argument(help="In your own words.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="At most this many.")] = 5,
    as_json: Json = False,
) -> None:
    """Look for past incidents by meaning."""

    async def look(_: "SqlLessons", remembered: "ChromaMemory") -> "list[tuple[Lesson, float]]":
        return await remembered.search(text, limit)

    found = _with_memory(look)
    if as_json:
        say_json([{**lesson.model_dump(mode="json"), "similarity": near} for lesson, near in found])
        return
    rows = [(f"{near:.2f}", lesson.incident, lesson.title, lesson.cause, lesson.remedy) for lesson, near in found]
    say_table(("near", "incident", "title", "cause", "remedy"), rows, empty="Nothing is remembered yet.")


@memory.command(epilog="Example: incident-agent memory forget inc-7 jira:OPS-12")
def forget(
    incidents: Annotated[list[str], typer.Argument(metavar="INCIDENT...", help="Their ids, as `memory search` shows.")],
) -> None:
    """Forget what was learned from these incidents, in the record and in the index."""
    from agent.domain.errors import NotFound

    async def drop(lessons: "SqlLessons", remembered: "ChromaMemory") -> int:
        known = {lesson.incident for lesson in await lessons.all()}
        await lessons.drop(incidents)
        await remembered.forget(incidents)
        return len(known & set(incidents))

    gone = _with_memory(drop)
    if gone == 0:
        raise NotFound("None of these was remembered.")
    say(f"Forgotten: {gone} of {len(incidents)}.")


def _with_memory(work: "Callable[[SqlLessons, ChromaMemory], Awaitable[Result]]") -> Result:
    import asyncio

    from agent.settings import load

    async def run() -> Result:
        async with _opened(load()) as (lessons, remembered):
            return await work(lessons, remembered)

    return asyncio.run(run())


@asynccontextmanager
async def _opened(settings: "Settings") -> "AsyncIterator[tuple[SqlLessons, ChromaMemory]]":
    """The record and the index of a stopped agent: two owners of one index would show each other stale answers."""
    from agent.bootstrap.knowledge import open_memory
    from agent.bootstrap.machine import SystemClock, data_folder
    from agent.bootstrap.record import open_record
    from agent.bootstrap.roots import secrets_of

    clock = SystemClock()
    with data_folder(settings.data) as folder:
        secrets = secrets_of(settings, folder)
        async with open_record(settings, clock, secrets) as record:
            pseudonyms = secrets.derive("pseudonyms")
            async with open_memory(settings, folder, record.lessons, clock, pseudonyms) as remembered:
                yield record.lessons, cast("ChromaMemory", remembered)  # what open_memory opens, said exactly


def _read(file: Path) -> "Imported":
    from agent.bootstrap.machine import SystemClock
    from agent.domain.errors import NotFound
    from agent.memory.importing import from_jsonl

    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
            return from_jsonl(lines, SystemClock().now())
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error


def _tickets(jql: str) -> "Imported":
    import asyncio

    from agent.bootstrap.machine import SystemClock
    from agent.domain.errors import AgentError
    from agent.memory.importing import from_jira
    from agent.settings import load
    from tools.base import BackendError

    try:
        return from_jira(asyncio.run(_found(load(), jql)), SystemClock().now())
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


def _tell_import(found: "Imported", *, as_json: bool) -> None:
    if as_json:
        unusable: list[Any] = [{"where": one.where, "reason": one.reason} for one in found.unusable]
        say_json({"imported": len(found.lessons), "unusable": unusable})
    else:
        say(f"Remembered: {len(found.lessons)}. Not usable: {len(found.unusable)}.")
        for one in found.unusable:
            complain(f"{one.where}: {one.reason}")
