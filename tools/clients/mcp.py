"""How is somebody else's MCP server asked?  One short conversation a call, bounded in time and size, told no secrets.

The SDK's session speaks the protocol; what carries it is in `mcp_wires`. Nothing is kept between two calls, so that a
server which hangs, dies or changes its mind spoils one call and no more.
https://modelcontextprotocol.io/specification/2025-06-18
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import JsonValue

from tools.base import BackendError
from tools.clients.http import quoted
from tools.clients.mcp_wires import Place, wire
from tools.clients.outcome import Answered, Unanswered

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult

DEADLINE = timedelta(seconds=15)
"""For one whole conversation: connecting, agreeing on a version, looking at the tools, the call."""
MOST_TOOLS = 500
"""Tools of one server that are looked at."""

T = TypeVar("T")


@dataclass(frozen=True)
class Offer:
    """A tool as its server describes it. Every word of it is somebody else's."""

    name: str
    description: str
    schema: Mapping[str, JsonValue]
    """The JSON Schema of its arguments."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that a model or a person is told of it, in hexadecimal: changes when any of it does."""
        written = json.dumps([self.name, self.description, self.schema], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True)
class Said:
    """What a tool answered."""

    ok: bool
    text: str
    data: JsonValue


class McpServer:
    """One configured server. Raises BackendError alone; its messages name the server and never a credential."""

    def __init__(self, place: Place, deadline: timedelta = DEADLINE) -> None:
        self.name = place.name
        self.shown = place.shown
        """Where it is, for people."""
        self._place = place
        self._deadline = deadline.total_seconds()

    async def offers(self) -> list[Offer]:
        """Every tool it has, at the moment."""
        return await self._held(f"{self.name}: what it offers", _offers)

    async def call(self, tool: str, arguments: Mapping[str, JsonValue], digest: str) -> Said:
        """Call the tool as it was when it had this digest.

        Answered when it is another by now, or refuses; Unanswered when the call was sent and nothing usable came.
        """
        asked = f"{self.name}: {tool}"
        sent = False

        async def talk(session: "ClientSession") -> Said:
            nonlocal sent
            _unchanged(asked, tool, await _offers(session), digest)
            sent = True
            return _said(await session.call_tool(tool, dict(arguments)))

        try:
            return await self._held(asked, talk)
        except Answered:
            raise
        except BackendError as error:
            raise (Unanswered(str(error)) if sent else error) from error

    async def _held(self, asked: str, talk: "Callable[[ClientSession], Awaitable[T]]") -> T:
        # A second of work the first time: beside the event loop, and outside of the deadline.
        await asyncio.to_thread(import_module, "mcp")
        from mcp.shared.exceptions import McpError

        try:
            async with asyncio.timeout(self._deadline), _session(self._place) as session:
                return await talk(session)
        except TimeoutError as error:
            raise BackendError(f"{asked}: no answer within {self._deadline:g} s", retry=True) from error
        except McpError as error:
            raise _refusal(asked, error.error.code, error.error.message) from error
        except (BackendError, OSError, ValueError, RuntimeError) as error:
            raise _named(asked, error) from error
        except ExceptionGroup as group:
            raise _named(asked, _first(group)) from group


@asynccontextmanager
async def _session(place: Place) -> "AsyncIterator[ClientSession]":
    from anyio import create_memory_object_stream, create_task_group
    from mcp import ClientSession
    from mcp.shared.message import SessionMessage
    from mcp.types import Implementation

    us = Implementation(name="incident-agent", version="1")
    async with wire(place) as carry:
        to_us, inbox = create_memory_object_stream[SessionMessage | Exception](0)
        outbox, from_us = create_memory_object_stream[SessionMessage](0)
        async with to_us, inbox, outbox, from_us, create_task_group() as group:
            group.start_soon(carry, from_us, to_us)
            async with ClientSession(inbox, outbox, client_info=us) as session:
                await session.initialize()
                yield session
            group.cancel_scope.cancel()


async def _offers(session: "ClientSession") -> list[Offer]:
    from mcp.types import PaginatedRequestParams

    found: list[Offer] = []
    cursor: str | None = None
    while len(found) < MOST_TOOLS:
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += [Offer(one.name, one.description or "", one.inputSchema) for one in page.tools]
        cursor = page.nextCursor
        if not cursor:
            return found
    raise BackendError(f"it offers more than {MOST_TOOLS} tools")


def _unchanged(asked: str, tool: str, offers: list[Offer], digest: str) -> None:
    """The tool may have been replaced since people looked at it: then what they allowed is gone."""
    known = next((offer for offer in offers if offer.name == tool), None)
    if known is None:
        raise Answered(f"{asked}: the server does not offer it any more", 404)
    if known.digest != digest:
        raise Answered(f"{asked}: its description has changed since it was allowed; it is not called", 409)


def _said(result: "CallToolResult") -> Said:
    from mcp.types import TextContent

    texts = [block.text if isinstance(block, TextContent) else f"({block.type}, not shown)" for block in result.content]
    text = "\n".join(texts)
    data: JsonValue = result.structuredContent if result.structuredContent is not None else _parsed(text)
    return Said(ok=not result.isError, text=text, data=data)


def _parsed(text: str) -> JsonValue:
    """Many servers answer with JSON as text; what is none stays the text it is."""
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return parsed


def _refusal(asked: str, code: int, message: str) -> BackendError:
    # A closed connection is the SDK's own error, not the server's word.
    if "Connection closed" in message:
        return BackendError(f"{asked}: the server ended in the middle of it", retry=True)
    return Answered(f"{asked}: refused ({code}): {quoted(message)}", 400)


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """The failure that brought the others about."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _named(asked: str, error: BaseException) -> BackendError:
    if not isinstance(error, BackendError):
        return BackendError(f"{asked}: {quoted(str(error)) or type(error).__name__}")
    return error if str(error).startswith(asked) else BackendError(f"{asked}: {error}", retry=error.retry)
