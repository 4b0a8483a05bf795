"""What does a run do, step by step, for whoever collects traces?  Spans by OpenTelemetry's conventions for GenAI.

Off, and free, until `bootstrap` switches it on: nothing of OpenTelemetry is imported here.
https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Kind = Literal["internal", "client"]
Value = str | bool | int | float | Sequence[str]


class Span(Protocol):
    """One step under way."""

    def set(self, attributes: Mapping[str, Value]) -> None:
        """What is only known later."""
        ...

    def failed(self, kind: str) -> None:
        """It ended badly; `kind` is a short word of ours, never somebody's text."""
        ...


class Tracer(Protocol):
    """Where spans go."""

    contents: bool
    """May the texts of a conversation be in them? They are redacted like what the model gets."""

    def span(self, name: str, kind: Kind, attributes: Mapping[str, Value]) -> AbstractContextManager[Span]: ...


class _Nothing:
    """What a step writes to when nobody collects."""

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Nobody reads it."""

    def failed(self, kind: str) -> None:
        """Nobody reads it."""


_NOTHING = _Nothing()
_TRACER: ContextVar[Tracer | None] = ContextVar("tracer", default=None)


def switch(tracer: Tracer | None) -> None:
    """On, or off, for this task and those it starts from now on."""
    _TRACER.set(tracer)


def with_contents() -> bool:
    tracer = _TRACER.get()
    return tracer is not None and tracer.contents


@contextmanager
def span(name: str, kind: Kind = "internal", **attributes: Value) -> Iterator[Span]:
    """A step; `gen_ai__tool__name=...` becomes the attribute `gen_ai.tool.name`."""
    tracer = _TRACER.get()
    if tracer is None:
        yield _NOTHING
        return
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    with tracer.span(name, kind, named) as opened:
        yield opened


def traced(node: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """The node of the graph, as a step of its own."""

    @functools.wraps(node)
    async def step(*given: P.args, **named: P.kwargs) -> R:
        with span(f"node {getattr(node, '__name__', '')}"):
            return await node(*given, **named)

    return step


def messages(role_and_text: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """A conversation as `gen_ai.input.messages` and `gen_ai.output.messages` hold it."""
    return [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in role_and_text]
