"""Whose memory does a command look into?  The running agent's; while none runs, that of this machine's folder."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from agent.entrypoints.cli.options import running_agent

if TYPE_CHECKING:
    from agent.entrypoints.cli.client import Client
    from agent.identity.roles import Caller
    from agent.service.remembering import Remembering
    from agent.settings import Settings

Result = TypeVar("Result")
_MOST = 500
"""Lines or tickets of one request."""
_SENT = 40_000
"""Characters that one request brings, below what the agent takes."""


@dataclass(frozen=True)
class Past:
    """Past incidents, as they were found."""

    lines: Sequence[bytes] = ()
    tickets: Sequence[Any] = ()


class Here:
    """The memory of a stopped agent. Whoever may open the folder may do anything with it."""

    def __init__(self, remembering: "Remembering", who: "Caller") -> None:
        self._remembering = remembering
        self._who = who

    async def search(self, text: str, limit: int) -> list[Any]:
        found = await self._remembering.search(text, limit, self._who)
        return [{**lesson.model_dump(mode="json"), "similarity": near} for lesson, near in found]

    async def bring_in(self, past: Past) -> dict[str, Any]:
        from agent.bootstrap.machine import SystemClock
        from agent.memory.importing import from_jira, from_jsonl

        now = SystemClock().now()
        found = from_jsonl(past.lines, now) if past.lines else from_jira(past.tickets, now)
        await self._remembering.bring_in(found.lessons, self._who)
        unusable = [{"where": one.where, "reason": one.reason} for one in found.unusable]
        return {"imported": len(found.lessons), "unusable": unusable}

    async def forget(self, incidents: Sequence[str]) -> int:
        return await self._remembering.forget(incidents, self._who)


def with_memory(here: Callable[[Here], Awaitable[Result]], there: "Callable[[Client], Result]") -> Result:
    """By AGENT_URL, or when an agent has this machine's folder open, `there`: two owners of one index would differ."""
    import asyncio

    from agent.domain.errors import DataFolderInUse
    from agent.settings import load

    settings = load()

    async def run() -> Result:
        async with _opened(settings) as memory:
            return await here(memory)

    if not settings.url:
        try:
            return asyncio.run(run())
        except DataFolderInUse:
            pass
    with running_agent() as agent:
        return there(agent)


def sought(agent: "Client", text: str, limit: int) -> list[Any]:
    found = agent.get("/api/memory", q=text, limit=limit)["lessons"]
    return [{**one["lesson"], "similarity": one["similarity"]} for one in found]


def brought_in(agent: "Client", past: Past) -> dict[str, Any]:
    told: dict[str, Any] = {"imported": 0, "unusable": []}
    for body in _bodies(past):
        answer = agent.post("/api/memory", body)
        told["imported"] += answer["imported"]
        told["unusable"] += answer["unusable"]
    return told


def forgotten(agent: "Client", incidents: Sequence[str]) -> int:
    from agent.domain.errors import NotFound

    gone = 0
    for incident in incidents:
        try:
            agent.delete(f"/api/memory/{incident}")
            gone += 1
        except NotFound:
            continue
    if not gone:
        raise NotFound("None of these was remembered.")
    return gone


def _bodies(past: Past) -> Iterator[dict[str, Any]]:
    for first, lines in _parts([line.decode("utf-8", "replace") for line in past.lines]):
        yield {"lines": lines, "first": first}
    for _, tickets in _parts(past.tickets):
        yield {"tickets": tickets}


def _parts(whole: Sequence[Any]) -> Iterator[tuple[int, list[Any]]]:
    """(the number of its first, as many as one request brings); what is too long for any goes alone, to be refused."""
    import json

    first, part, size = 1, list[Any](), 0
    for number, one in enumerate(whole, 1):
        length = len(json.dumps(one))
        if part and (size + length > _SENT or len(part) == _MOST):
            yield first, part
            first, part, size = number, [], 0
        part.append(one)
        size += length
    if part:
        yield first, part


@asynccontextmanager
async def _opened(settings: "Settings") -> AsyncIterator[Here]:
    from agent.bootstrap.knowledge import open_memory
    from agent.bootstrap.machine import SystemClock, data_folder
    from agent.bootstrap.record import open_record
    from agent.bootstrap.roots import secrets_of
    from agent.identity.keys import LOCAL_OPERATOR
    from agent.identity.roles import Caller
    from agent.service.remembering import Remembering

    clock = SystemClock()
    operator = Caller(name=LOCAL_OPERATOR, kind="person", scopes=frozenset({"admin"}))
    with data_folder(settings.data) as folder:
        secrets = secrets_of(settings, folder)
        async with (
            open_record(settings, clock, secrets) as record,
            open_memory(settings, folder, record.lessons, clock, secrets.derive("pseudonyms")) as memory,
        ):
            yield Here(Remembering(record.lessons, memory, record.journal), operator)
