"""How do messages reach an MCP server?  Over HTTP or a process's pipes, each bounded; only answers come back.

The SDK's own transports read without a limit, and turn what goes wrong into silence. These end the conversation, with
the reason. What a server asks of its client (a model's time, files, a person's attention) is never handed on.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2

from tools.base import BackendError
from tools.clients.http import origin_of, quoted

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

    Carry = Callable[
        [MemoryObjectReceiveStream[SessionMessage], MemoryObjectSendStream[SessionMessage | Exception]],
        Coroutine[Any, Any, None],
    ]

MOST = 8 * 1024 * 1024
"""Bytes of all answers of one conversation."""
_GRACE = 1.0
"""Seconds a process has to end by itself once its input is closed."""
_SESSION = "mcp-session-id"


@dataclass(frozen=True)
class Place:
    """Where a server is: at an address, or a program that is started for each conversation."""

    name: str
    url: str = ""
    command: tuple[str, ...] = ()
    """The program, by its absolute path, and its arguments."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """All that the program gets: nothing else of our own environment reaches it."""

    @property
    def shown(self) -> str:
        """For people, without credentials."""
        return origin_of(self.url).address if self.url else self.command[0]


def wire(place: Place) -> "AbstractAsyncContextManager[Carry]":
    """Opened for one conversation: give it what the session writes and where the session reads."""
    return _http(place) if place.url else _pipes(place)


@asynccontextmanager
async def _http(place: Place) -> "AsyncIterator[Carry]":
    origin = origin_of(place.url)
    accepted = {"Accept": "application/json, text/event-stream", "Accept-Encoding": "identity"}
    async with httpx2.AsyncClient(
        headers={**accepted, "User-Agent": "incident-agent", **place.headers},
        auth=origin.credentials,
        timeout=None,  # The whole conversation has its deadline.
        follow_redirects=False,
        trust_env=False,
    ) as client:
        # As it was written: to some servers the slash at the end matters.
        yield _Posts(client, origin.address + "/" * place.url.endswith("/")).carry


class _Posts:
    """Each message is a POST; the answer is its body, as JSON or as one event of a stream."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url
        self._headers: dict[str, str] = {}
        self._left = MOST

    async def carry(
        self,
        from_us: "MemoryObjectReceiveStream[SessionMessage]",
        to_us: "MemoryObjectSendStream[SessionMessage | Exception]",
    ) -> None:
        async for message in from_us:
            written = message.message.model_dump(by_alias=True, mode="json", exclude_none=True)
            try:
                answer = await self._post(written)
            except httpx2.HTTPError as error:
                reason = quoted(str(error)) or type(error).__name__
                raise BackendError(f"{self._url}: {reason}", retry=True) from error
            if "id" not in written or "method" not in written:
                continue
            if answer is None:
                raise BackendError(f"{self._url} ended its answer before there was one", retry=True)
            self._agree(answer)
            await to_us.send(answer)

    async def _post(self, message: Mapping[str, Any]) -> "SessionMessage | None":
        """The answer to this message; None when the server has none."""
        async with self._client.stream("POST", self._url, json=message, headers=self._headers) as response:
            if response.status_code >= 300:
                said = quoted(await self._whole(response))
                raise BackendError(f"{self._url} answered {response.status_code}: {said}")
            if session := response.headers.get(_SESSION):
                self._headers[_SESSION] = session
            kind = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
            if kind == "text/event-stream":
                return await self._event(response, message.get("id"))
            return _answer(await self._whole(response), message.get("id"))

    def _agree(self, answer: "SessionMessage") -> None:
        """After the first answer every request names the version that was agreed upon."""
        result = getattr(answer.message.root, "result", None)
        if isinstance(result, dict) and isinstance(result.get("protocolVersion"), str):
            self._headers["mcp-protocol-version"] = quoted(result["protocolVersion"])[:40]

    async def _whole(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            self._take(len(chunk))
            body += chunk
        return bytes(body)

    async def _event(self, response: httpx2.Response, id_: object) -> "SessionMessage | None":
        data: list[str] = []
        async for line in self._lines(response):
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line and data:
                if answer := _answer("\n".join(data).encode(), id_):
                    return answer
                data = []
        return None

    async def _lines(self, response: httpx2.Response) -> AsyncIterator[str]:
        rest = b""
        async for chunk in response.aiter_bytes():
            self._take(len(chunk))
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.rstrip(b"\r").decode("utf-8", "replace")

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _too_much(self._url)


@asynccontextmanager
async def _pipes(place: Place) -> "AsyncIterator[Carry]":
    try:
        transport, program = await asyncio.get_running_loop().subprocess_exec(
            _Program,
            *place.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, **place.environment},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise BackendError(f"{place.command[0]} cannot be started: {error.strerror}") from error
    try:
        yield _Pipes(transport, program, place.shown).carry
    finally:
        await _end(transport, program)


class _Program(asyncio.SubprocessProtocol):
    """A started program: the lines it writes, up to the limit, and its end."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        """None: nothing more comes."""
        self.exited = asyncio.Event()
        self.left = MOST
        self._rest = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 (asyncio's signature)
        self.left -= len(data)
        if self.left < 0:
            self.lines.put_nowait(None)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.lines.put_nowait(line)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self.lines.put_nowait(None)

    def process_exited(self) -> None:
        self.exited.set()


class _Pipes:
    """Each message is a line of the program's input; its answers are lines of its output."""

    def __init__(self, transport: asyncio.SubprocessTransport, program: _Program, shown: str) -> None:
        self._input: Any = transport.get_pipe_transport(0)
        self._program = program
        self._shown = shown

    async def carry(
        self,
        from_us: "MemoryObjectReceiveStream[SessionMessage]",
        to_us: "MemoryObjectSendStream[SessionMessage | Exception]",
    ) -> None:
        async for message in from_us:
            written = message.message.model_dump(by_alias=True, mode="json", exclude_none=True)
            self._input.write(message.message.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n")
            if "id" in written and "method" in written:
                await to_us.send(await self._answer(written["id"]))

    async def _answer(self, id_: object) -> "SessionMessage":
        while (line := await self._program.lines.get()) is not None:
            if answer := _answer(line, id_, strict=False):
                return answer
        if self._program.left < 0:
            raise _too_much(self._shown)
        raise BackendError(f"{self._shown} ended without an answer", retry=True)


async def _end(transport: asyncio.SubprocessTransport, program: _Program) -> None:
    """Its input is closed, then it has a moment, then it is ended with all that it started."""
    if input_ := transport.get_pipe_transport(0):
        input_.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await program.exited.wait()
    with suppress(ProcessLookupError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await program.exited.wait()
    transport.close()


def _answer(body: bytes, id_: object, *, strict: bool = True) -> "SessionMessage | None":
    """The message, if it is the answer to that request. Anything else is passed over; `strict`: must be a message."""
    from mcp.shared.message import SessionMessage
    from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCResponse
    from pydantic import ValidationError

    if not body.strip():
        return None
    try:
        message = JSONRPCMessage.model_validate_json(body)
    except ValidationError as error:
        if strict:
            raise BackendError(f"the answer is no message of the protocol: {quoted(body)}") from error
        return None  # Programs write log lines among their answers.
    known = isinstance(message.root, JSONRPCResponse | JSONRPCError) and message.root.id == id_
    return SessionMessage(message) if known else None


def _too_much(where: str) -> BackendError:
    return BackendError(f"{where} answered more than {MOST:,} bytes: ask for less")
