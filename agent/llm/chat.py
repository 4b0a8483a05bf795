"""Ask a model, and take only an answer that can be used: fallbacks in order, two repairs, one deadline."""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TypeVar

from pydantic import BaseModel, SecretStr

from agent.domain.errors import ModelUnavailable
from agent.domain.hypothesis import Usage
from agent.domain.rules import ModelLimits
from agent.llm.answers import Malformed, json_object, parsed
from agent.llm.assembly import Asked, Said
from agent.llm.endpoints import endpoints
from agent.llm.line import Line, Request, Unanswered
from agent.llm.rate_limit import RateLimit
from agent.llm.shapes import functions, shape
from agent.llm.tracing import off_unless_asked
from agent.llm.usage import Meter
from agent.ports import Message, Reply, Tool, ToolCall

Answer = TypeVar("Answer", bound=BaseModel)
Read = TypeVar("Read")

MOST_REPAIRS = 2
_KEPT_OF_A_BAD_ANSWER = 2_000


class Chat:
    """The `Model` port. Safe to share between incidents; one a process."""

    def __init__(self, lines: Sequence[Line], meter: Meter) -> None:
        self.name = lines[0].place.name
        self._lines = tuple(lines)
        self._meter = meter

    async def open(self) -> None:
        """Load what the first call would otherwise wait for. May be left out."""
        for line in self._lines:
            await line.open()

    async def close(self) -> None:
        for line in self._lines:
            await line.close()

    async def structured(
        self,
        prompt: Sequence[Message],
        answer: type[Answer],
        *,
        deadline: timedelta,
        tools: Sequence[Tool] = (),
        most: int = MOST_REPAIRS + 1,
    ) -> tuple[Answer, Usage]:
        request = Request(tuple(prompt), tools=tuple(functions(tools)), shape=shape(answer))
        return await self._asked(request, lambda said: parsed(_sensible(said).text, answer), deadline, most)

    async def converse(
        self, prompt: Sequence[Message], tools: Sequence[Tool], *, deadline: timedelta, most: int = MOST_REPAIRS + 1
    ) -> tuple[Reply, Usage]:
        request = Request(tuple(prompt), tools=tuple(functions(tools)))
        return await self._asked(request, _reply, deadline, most)

    async def _asked(
        self, request: Request, read: Callable[[Said], Read], deadline: timedelta, most: int
    ) -> tuple[Read, Usage]:
        """`read` raises Malformed when the answer cannot be used."""
        await self.open()
        until, spent, tries = _now() + deadline.total_seconds(), Usage(), min(MOST_REPAIRS + 1, most)
        for _ in range(tries):
            said, usage = await self._said(request, until, spent)
            spent += usage
            try:
                return read(said), spent
            except Malformed as problem:
                request = _mended(request, said, problem)
        raise ModelUnavailable(f"{self.name} gave {tries} answers in a row that cannot be used.", spent)

    async def _said(self, request: Request, until: float, spent: Usage) -> tuple[Said, Usage]:
        """The first endpoint that answers. Each gets an equal share of the time left, so that none can use it up."""
        reasons, usage = [], Usage()
        for left, line in zip(range(len(self._lines), 0, -1), self._lines, strict=True):
            share = _now() + (until - _now()) / left
            try:
                said, more = await line.ask(request, share)
            except Unanswered as failed:
                reasons.append(str(failed))
                usage += failed.usage
            else:
                return said, usage + more
        raise ModelUnavailable(f"{'; '.join(reasons)}.", spent + usage)


def connect(
    model: str,
    fallbacks: str = "",
    *,
    base_url: str = "",
    api_key: SecretStr | None = None,
    limits: ModelLimits | None = None,
    meter: Meter | None = None,
    environ: MutableMapping[str, str] | None = None,
    chance: Random | None = None,
) -> Chat:
    """The model that the settings name, as a port. Nothing is loaded or called yet; close it at the end.

    `model` and `fallbacks` are written as `endpoints.endpoint` says; ConfigurationError when they cannot be read.
    """
    environ = {} if environ is None else environ
    off_unless_asked(environ)
    limits = limits or ModelLimits()
    meter, limit = meter or Meter(prices=limits.prices), RateLimit(limits)
    chance = chance or Random()  # noqa: S311 (jitter, not a secret)
    places = endpoints(model, fallbacks, base_url=base_url, api_key=api_key, environ=environ)
    return Chat([Line(place, limit, meter, chance) for place in places], meter)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _sensible(said: Said) -> Said:
    """Said in full; Malformed when it was cut off or withheld."""
    match said.finish:
        case "length" | "cut":
            raise Malformed("it was too long and was cut off; be much shorter")
        case "content_filter":
            raise Malformed("it was withheld by a filter")
    return said


def _reply(said: Said) -> Reply:
    if not said.text.strip() and not said.calls:
        raise Malformed("it was empty")
    return Reply(text=said.text, calls=tuple(_call(asked) for asked in said.calls))


def _call(asked: Asked) -> ToolCall:
    try:
        return ToolCall(id=asked.id, name=asked.name, arguments=json_object(asked.arguments or "{}"))
    except Malformed:
        return ToolCall(id=asked.id, name=asked.name, arguments={}, malformed=asked.arguments)


def _mended(request: Request, said: Said, problem: Malformed) -> Request:
    """The conversation with the bad answer and what was wrong with it; everything before stays as it was."""
    bad = Message(role="assistant", text=said.text[:_KEPT_OF_A_BAD_ANSWER] or "(nothing)")
    ask = Message(role="user", text=f"Your answer cannot be used: {problem}. Answer again, in the required form only.")
    return replace(request, messages=(*request.messages, bad, ask))
