"""What did the model say in full? The pieces of a stream put together, up to a limit."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk

MOST_CHARACTERS = 64_000
MOST_CALLS = 16


@dataclass(frozen=True)
class Tokens:
    """As providers count them: `input` includes `cached`."""

    input: int
    cached: int
    output: int


@dataclass(frozen=True)
class Asked:
    """A tool call as it came; `arguments` is text that should be a JSON object."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Said:
    text: str
    calls: tuple[Asked, ...]
    finish: str
    """The provider's reason for ending: `stop`, `length`, `tool_calls`, `content_filter`, ...; `cut`: ours."""
    tokens: Tokens | None
    """None when the endpoint did not tell."""


@dataclass
class Assembly:
    """Takes the pieces. LangChain's own sum is not used: it completes truncated JSON and slows down quadratically."""

    _text: list[str] = field(default_factory=list)
    _calls: dict[int | str, "_Call"] = field(default_factory=dict)
    _size: int = 0
    _finish: str = ""
    _tokens: Tokens | None = None

    @property
    def full(self) -> bool:
        """Nothing more is taken: whatever follows is no answer."""
        return self._size > MOST_CHARACTERS or len(self._calls) > MOST_CALLS

    @property
    def size(self) -> int:
        """Characters so far."""
        return self._size

    def add(self, chunk: "AIMessageChunk") -> None:
        self._take_text(chunk.text)
        for piece in chunk.tool_call_chunks:
            self._take_call(piece.get("index"), piece.get("id"), piece.get("name"), piece.get("args"))
        self._finish = chunk.response_metadata.get("finish_reason") or self._finish
        if usage := chunk.usage_metadata:
            cached = usage.get("input_token_details", {}).get("cache_read", 0)
            self._count(usage["input_tokens"], cached or 0, usage["output_tokens"])

    def said(self) -> Said:
        calls = tuple(call.asked(place) for place, call in enumerate(list(self._calls.values())[:MOST_CALLS]))
        return Said(_whole("".join(self._text)), calls, "cut" if self.full else self._finish, self._tokens)

    def _take_text(self, text: str) -> None:
        self._text.append(text)
        self._size += len(text)

    def _take_call(self, index: int | str | None, id_: str | None, name: str | None, arguments: str | None) -> None:
        call = self._calls.setdefault(len(self._calls) if index is None else index, _Call())
        call.id = call.id or id_ or ""
        call.name = call.name or name or ""
        call.arguments.append(arguments or "")
        self._size += len(arguments or "")

    def _count(self, given: int, cached: int, made: int) -> None:
        """The largest of each: some servers report once, some a running sum, some each half apart."""
        before = self._tokens or Tokens(0, 0, 0)
        self._tokens = Tokens(max(before.input, given), max(before.cached, cached), max(before.output, made))


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def asked(self, place: int) -> Asked:
        return Asked(self.id or f"call_{place}", self.name, _whole("".join(self.arguments)))


def _whole(text: str) -> str:
    """Surrogate pairs that a chunk's end had parted, joined; half pairs replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
