"""What does a scripted model say? A script is a function of the request, so that an attacker's model is one, too."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
