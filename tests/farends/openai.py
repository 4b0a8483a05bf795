"""What does an OpenAI-compatible endpoint say? A scripted one over real HTTP on loopback, which also misbehaves.

    with OpenAIFarEnd(in_order(Call("query_metrics", {"query": "up"}), Say("done"))) as endpoint:
        ...  # base URL: endpoint.url; what was asked: endpoint.journal

    python -m tests.farends.openai --port 9901 --mode hang
    curl -d '{"mode": "ok"}' 127.0.0.1:9901/control

A script is a function of the request, so that an attacker's model is one, too.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

JSON = "application/json"
EVENTS = "text/event-stream"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    at: float
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: dict[str, Any]

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        return list(self.body.get("messages", ()))

    @property
    def tools(self) -> Sequence[str]:
        """The names of the functions on offer."""
        return [tool["function"]["name"] for tool in self.body.get("tools", ())]

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON Schema the answer must follow, when one was sent."""
        form = self.body.get("response_format") or {}
        return dict(form["json_schema"]["schema"]) if "json_schema" in form else None

    @property
    def text(self) -> str:
        """All that reached the model, as one text: what canary tests search."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Tokens:
    prompt: int = 1000
    cached: int = 800
    completion: int = 100


@dataclass(frozen=True)
class Call:
    """The model asks for a tool. A string as `arguments` is sent as it is, well-formed or not."""

    name: str
    arguments: Mapping[str, Any] | str


@dataclass(frozen=True)
class Say:
    """What the model says: text, tool calls, or both. `tokens` None: the endpoint reports no usage."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    finish: str = ""
    refusal: str = ""
    tokens: Tokens | None = Tokens()


@dataclass(frozen=True)
class Status:
    """An error of the endpoint."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "scripted"


@dataclass(frozen=True)
class Hang:
    """Not one byte, until the client goes away."""


@dataclass(frozen=True)
class Drip:
    """The answer, one character at a time: an idle time-out never fires, only a total deadline does."""

    text: str = "x" * 100_000
    every: float = 1.0


@dataclass(frozen=True)
class Cut:
    """The connection is reset in the middle of this answer."""

    text: str = '{"half": "of an ans'


@dataclass(frozen=True)
class Raw:
    """Any bytes, as a complete body with status 200."""

    body: bytes
    content_type: str = EVENTS


Answer = Say | Call | Status | Hang | Drip | Cut | Raw
Script = Callable[[Asked], Answer]


def in_order(*answers: Answer, after: Answer | None = None) -> Script:
    """Each request gets the next answer; then always `after` (None: a 500, so that a test sees the surplus)."""
    left: Iterator[Answer] = iter(answers)
    return lambda _: next(left, after or Status(500, message="the script is at its end"))


def always(answer: Answer) -> Script:
    return lambda _: answer


def flapping(good: Script, bad: Answer) -> Script:
    """Every other request fails, the first one included."""
    odd = iter(range(1 << 62))
    return lambda asked: good(asked) if next(odd) % 2 else bad


def obliging(asked: Asked) -> Answer:
    """A well-behaved model: it fills the schema, else calls the first tool once, else says so."""
    if asked.schema is not None:
        return Say(json.dumps(filled(asked.schema)))
    if asked.tools and asked.messages[-1]["role"] != "tool":
        function = asked.body["tools"][0]["function"]
        return Call(function["name"], filled(function.get("parameters", {})))
    return Say("Nothing more to ask.")


def endless(asked: Asked) -> Answer:
    """Always another tool call, never an answer."""
    if not asked.tools:
        return obliging(asked)
    return Call(asked.tools[0], filled(asked.body["tools"][0]["function"].get("parameters", {})))


def filled(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:  # noqa: PLR0911 (one line a kind)
    """The smallest instance of a JSON Schema, as far as pydantic writes such."""
    root = root or schema
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if options := schema.get("anyOf"):
        return filled(options[0], root)
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: filled(properties[name], root) for name in schema.get("required", properties)}
        case "array":
            return [filled(schema["items"], root)] * schema.get("minItems", 0)
        case "number" | "integer":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "null":
            return None
    return "x" * max(1, schema.get("minLength", 1))


_RETRY = "Retry-After"

MODES: Mapping[str, Callable[[], Script]] = {
    "ok": lambda: obliging,
    "hang": lambda: always(Hang()),
    "drip": lambda: always(Drip()),
    "refuse": lambda: always(Say(refusal="I cannot help with that.")),
    "429": lambda: always(Status(429)),
    "429-wait": lambda: always(Status(429, {_RETRY: "1"})),
    "429-for-ever": lambda: always(Status(429, {_RETRY: "999999"})),
    "429-negative": lambda: always(Status(429, {_RETRY: "-5"})),
    "429-date": lambda: always(Status(429, {_RETRY: "Wed, 21 Oct 2065 07:28:00 GMT"})),
    "500": lambda: always(Status(500)),
    "503": lambda: always(Status(503)),
    "flapping": lambda: flapping(obliging, Status(503)),
    "cut": lambda: always(Cut()),
    "loop": lambda: endless,
    "not-json": lambda: always(Say("I think it is the database.")),
    "truncated-json": lambda: always(Say('{"verdict": "cause", "summ', finish="length")),
    "wrong-schema": lambda: always(Say('{"answer": 42}')),
    "wrong-tool": lambda: always(Call("delete_namespace", {"name": "prod"})),
    "bad-arguments": lambda: lambda asked: Call(asked.tools[0] if asked.tools else "x", '{"query": '),
    "megabyte": lambda: always(Say("lorem ipsum " * 90_000)),
    "nan": lambda: always(Say('{"confidence": NaN}')),
    "duplicate-keys": lambda: always(Say('{"verdict": "healthy", "verdict": "cause"}')),
    "deep": lambda: always(Say("[" * 20_000)),
    "empty": lambda: always(Say("")),
    "many-calls": lambda: always(Say(calls=tuple(Call("query_metrics", {"query": f"up{n}"}) for n in range(10_000)))),
    "html": lambda: always(Raw(b"<html>login please</html>", "text/html")),
    "broken-events": lambda: always(Raw(b"data: {not json}\n\ndata: [DONE]\n\n")),
    "null-choices": lambda: always(Raw(b'data: {"id":"1","object":"chat.completion.chunk","choices":null}\n\n')),
    "no-body": lambda: always(Raw(b"")),
    "binary": lambda: always(Raw(bytes(range(256)) * 64)),
}
"""Name -> script: what `--mode` and `/control` take, and what the fault table runs through."""


class OpenAIFarEnd:
    """The server, in a thread of its own. `script` may be replaced at any time."""

    def __init__(self, script: Script = obliging, *, port: int = 0, record: Path | None = None) -> None:
        self.script = script
        self.journal: list[Asked] = []
        self._port = port
        self._record = record
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="openai-far-end", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(60):
            raise RuntimeError("the scripted endpoint did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        """The base URL, as OPENAI_BASE_URL takes it."""
        return f"http://127.0.0.1:{self._port}/v1"

    def _serve(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, limit=1 << 24)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        self._open.discard(task)
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is of no more use."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(time.time(), path, headers, json.loads(raw) if raw else {})
        match method, path.removeprefix("/v1"):
            case "POST", "/chat/completions":
                self._note(asked)
                return await self._answer(asked, self.script(asked), reader, writer)
            case "POST", "/embeddings":
                self._note(asked)
                await _send(writer, 200, _embeddings(asked.body))
            case "GET", "/models":
                await _send(writer, 200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            case "GET", "/journal":
                await _send(writer, 200, [one.body for one in self.journal])
            case "POST", "/control":
                await self._control(asked.body, writer)
            case _:
                await _send(writer, 404, {"error": {"message": f"no {path} here"}})
        return True

    def _note(self, asked: Asked) -> None:
        self.journal.append(asked)
        if self._record is not None:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"at": asked.at, "path": asked.path, "body": asked.body}) + "\n")

    async def _control(self, body: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        """Another mode, by its name in MODES."""
        if (mode := MODES.get(body.get("mode", ""))) is None:
            return await _send(writer, 400, {"modes": sorted(MODES)})
        self.script = mode()
        return await _send(writer, 200, {"mode": body["mode"]})

    async def _answer(
        self, asked: Asked, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        match answer:
            case Hang():
                await reader.read()  # returns when the client gives up
                return False
            case Status(code, headers, message):
                await _send(writer, code, {"error": {"message": message, "code": "scripted"}}, headers)
            case Raw(body, content_type):
                await _send_bytes(writer, 200, body, content_type)
            case Call():
                await _say(asked, Say(calls=(answer,)), writer)
            case Say():
                await _say(asked, answer, writer)
            case Drip(text, every):
                await _stream(asked, _dripped(text, every), writer)
            case Cut(text):
                await _stream(asked, _pieces(Say(text)), writer, whole=False)
                writer.transport.abort()
                return False
        return True


async def _say(asked: Asked, say: Say, writer: asyncio.StreamWriter) -> None:
    if asked.body.get("stream"):
        await _stream(asked, _pieces(say), writer, say)
    else:
        await _send(writer, 200, _completion(asked, say))


async def _send(writer: asyncio.StreamWriter, code: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    await _send_bytes(writer, code, json.dumps(body).encode(), JSON, headers or {})


async def _send_bytes(
    writer: asyncio.StreamWriter, code: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> None:
    writer.write(
        _head(code, {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}) + body
    )
    await writer.drain()


def _head(code: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _stream(
    asked: Asked,
    deltas: AsyncIterator[dict[str, Any]],
    writer: asyncio.StreamWriter,
    say: Say | None = None,
    *,
    whole: bool = True,
) -> None:
    """Server-sent events, chunked, one delta each; usage last, and only when it was asked for."""
    writer.write(_head(200, {"Content-Type": EVENTS, "Transfer-Encoding": "chunked"}))
    async for delta in deltas:
        await _event(writer, _chunk(asked, [{"index": 0, "delta": delta, "finish_reason": None}]))
    if not whole:
        return
    say = say or Say()
    await _event(writer, _chunk(asked, [{"index": 0, "delta": {}, "finish_reason": _finish(say)}]))
    if say.tokens and (asked.body.get("stream_options") or {}).get("include_usage"):
        await _event(writer, {**_chunk(asked, []), "usage": _usage(say.tokens)})
    writer.write(_framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def _event(writer: asyncio.StreamWriter, chunk: Mapping[str, Any]) -> None:
    writer.write(_framed(b"data: " + json.dumps(chunk).encode() + b"\n\n"))
    await writer.drain()


def _framed(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def _pieces(say: Say) -> AsyncIterator[dict[str, Any]]:
    """The deltas of an answer, in pieces as a real server cuts them."""
    yield {"role": "assistant", "content": ""}
    if say.refusal:
        yield {"refusal": say.refusal}
    for piece in _cut(say.text):
        yield {"content": piece}
    for index, call in enumerate(say.calls):
        yield {"tool_calls": [{"index": index, **_call(index, call, "")}]}
        for piece in _cut(_written(call)):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _cut(text: str) -> Iterator[str]:
    size = max(7, len(text) // 200)
    return (text[start : start + size] for start in range(0, len(text), size))


async def _dripped(text: str, every: float) -> AsyncIterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for character in text:
        yield {"content": character}
        await asyncio.sleep(every)


def _call(index: int, call: Call, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_{index}_{call.name}",
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def _written(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)


def _finish(say: Say) -> str:
    return say.finish or ("tool_calls" if say.calls else "stop")


def _usage(tokens: Tokens) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
    }


def _chunk(asked: Asked, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": int(asked.at),
        "model": asked.body.get("model", "scripted"),
        "choices": choices,
    }


def _completion(asked: Asked, say: Say) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": say.text or None, "refusal": say.refusal or None}
    if say.calls:
        message["tool_calls"] = [_call(index, call, _written(call)) for index, call in enumerate(say.calls)]
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": int(asked.at),
        "model": asked.body.get("model", "scripted"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(say)}],
        **({"usage": _usage(say.tokens)} if say.tokens else {}),
    }


def _embeddings(body: Mapping[str, Any]) -> dict[str, Any]:
    """A vector of letter frequencies each: equal texts are equal, like texts are alike."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [[str(text).lower().count(letter) / (len(str(text)) or 1) for letter in _LETTERS] for text in texts]
    return {
        "object": "list",
        "model": body.get("model", "scripted"),
        "data": [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)],
        "usage": {"prompt_tokens": sum(len(str(text)) // 4 for text in texts), "total_tokens": 0},
    }


_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def main() -> None:
    """As a process of its own, until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=sorted(MODES), default="ok")
    parser.add_argument("--journal", type=Path, help="append every request to this file, one JSON object a line")
    options = parser.parse_args()
    with OpenAIFarEnd(MODES[options.mode](), port=options.port, record=options.journal) as endpoint:
        print(endpoint.url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
