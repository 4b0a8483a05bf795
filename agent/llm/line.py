"""Ask one endpoint, within its limits: rate limit, circuit breaker, retries, one deadline over everything."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from agent import tracing
from agent.domain.hypothesis import Usage
from agent.llm.assembly import Assembly, Said, Tokens
from agent.llm.breaker import Breaker, RetryBudget
from agent.llm.endpoints import Endpoint, chat_model
from agent.llm.failures import TIMED_OUT, Failure, failure, faults
from agent.llm.rate_limit import RateLimit, Reservation
from agent.llm.shapes import Shape
from agent.llm.usage import Meter
from agent.ports import Message, ToolCall
from agent.telemetry import Log

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

log = Log(__name__)

MOST_RETRIES = 2
FIRST_PAUSE = 0.5
"""Seconds before the first retry at most; each further one doubles it."""
MOST_OUTPUT = 8_000
"""Tokens of one answer."""
CHARACTERS_A_TOKEN = 4
"""The usual estimate, for what the endpoint does not count."""


@dataclass(frozen=True)
class Request:
    """What is asked: a conversation, and tools on offer or the shape of the answer. With both, tools are only told."""

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    shape: Shape | None = None

    @property
    def tokens(self) -> int:
        """About how many it will take."""
        told = json.dumps([self.tools, self.shape.schema if self.shape else None])
        written = sum(
            len(message.text) + sum(len(str(call.arguments)) for call in message.calls) for message in self.messages
        )
        return (len(told) + written) // CHARACTERS_A_TOKEN


class Unanswered(Exception):
    """The endpoint gave no answer. The message says why, `usage` what it cost all the same."""

    def __init__(self, reason: str, usage: Usage) -> None:
        super().__init__(reason)
        self.usage = usage


class Line:
    """One endpoint, and what it has taught us: is it well, how often may it be retried, what does it understand."""

    def __init__(
        self,
        place: Endpoint,
        limit: RateLimit,
        meter: Meter,
        chance: Random,
        breaker: Breaker | None = None,
    ) -> None:
        self.place = place
        self._limit = limit
        self._meter = meter
        self._chance = chance
        self._breaker = breaker or Breaker()
        self._retries = RetryBudget()
        # Providers agree on calling a function; a response format is OpenAI's way, and stricter.
        self._formats = place.provider == "openai"
        self._http: httpx2.AsyncClient | None = None
        self._model: BaseChatModel | None = None

    async def open(self) -> "BaseChatModel":
        """Load the client libraries, a second or two of work, beside the event loop and outside of any deadline."""
        if self._model is None:
            from agent.llm.transport import http_client

            self._http = self._http or http_client()
            self._model = await asyncio.to_thread(chat_model, self.place, self._http, max_output_tokens=MOST_OUTPUT)
        return self._model

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
        self._http = self._model = None

    async def ask(self, request: Request, until: float) -> tuple[Said, Usage]:
        """One answer before `until`, in the event loop's time. Unanswered when there is none."""
        self._retries.called()
        spent, attempt = Usage(), 0
        while True:
            outcome, usage = await self._attempt(request, until)
            spent += usage
            if isinstance(outcome, Said):
                return outcome, spent
            pause = self._pause(outcome, attempt, until)
            if pause is None:
                log.warning("a model endpoint failed", endpoint=self.place.name, kind=outcome.kind)
                raise Unanswered(f"{self.place.name} {outcome.text}", spent)
            await asyncio.sleep(pause)
            attempt += 1

    def _pause(self, failed: Failure, attempt: int, until: float) -> float | None:
        """Seconds until the next attempt: what the endpoint asked for, else full jitter; None: there is none."""
        if not failed.retry or attempt == MOST_RETRIES:
            return None
        pause = failed.after if failed.after is not None else self._chance.uniform(0, FIRST_PAUSE * 2**attempt)
        if _now() + pause >= until or not self._retries.take():
            return None
        return pause

    async def _attempt(self, request: Request, until: float) -> tuple[Said | Failure, Usage]:
        """One request; a response format that the endpoint does not know is replaced by a function, for good."""
        outcome, usage = await self._once(request, until)
        if isinstance(outcome, Failure) and outcome.kind == "refused" and request.shape and self._formats:
            self._formats = False
            outcome, more = await self._once(request, until)
            usage += more
            self._formats = isinstance(outcome, Failure)
        return outcome, usage

    async def _once(self, request: Request, until: float) -> tuple[Said | Failure, Usage]:
        now = _now()
        if resting := self._resting(now):
            return resting, Usage()
        reserved = self._limit.reserve(request.tokens, now, until - now)
        if reserved is None:
            return _held_back("would be asked more often than the configured limit allows"), Usage()
        await asyncio.sleep(reserved.wait)
        # While this one waited others may have failed, or begun the one probe there may be.
        if resting := self._resting(_now()):
            self._limit.settle(reserved, 0, _now())
            return resting, Usage()
        return await self._send(request, until, reserved)

    def _resting(self, now: float) -> Failure | None:
        """Why it is not asked now; None when it is."""
        rest = self._breaker.wait(now)
        why = "failed again and again, and" if self._breaker.tripped else "asked for a rest, and"
        return _held_back(f"{why} is left alone for {rest:.0f} s") if rest > 0 else None

    async def _send(self, request: Request, until: float, reserved: Reservation) -> tuple[Said | Failure, Usage]:
        asked: dict[str, tracing.Value] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.place.provider,
            "gen_ai.request.model": self.place.model,
            "gen_ai.request.max_tokens": MOST_OUTPUT,
        }
        with tracing.span(f"chat {self.place.model}", "client") as span:
            span.set(asked)
            outcome, usage = await self._sent(request, until, reserved)
            _trace(span, request, outcome, usage)
        return outcome, usage

    async def _sent(self, request: Request, until: float, reserved: Reservation) -> tuple[Said | Failure, Usage]:
        began, pieces = _now(), Assembly()
        ended: Failure | None = _held_back("was not waited for")
        self._breaker.begin()
        try:
            async with asyncio.timeout_at(until):
                with self._meter.active(self.place):
                    await self._read(request, pieces)
            ended = None
        except TimeoutError:
            ended = TIMED_OUT
        except faults() as error:
            ended = failure(error, datetime.now(UTC))
        finally:
            self._learn(ended)
        return self._account(request, pieces, ended, _now() - began, reserved)

    async def _read(self, request: Request, pieces: Assembly) -> None:
        stream = self._stream(await self.open(), request)
        async with aclosing(stream([_message(message) for message in request.messages])) as chunks:
            async for chunk in chunks:
                pieces.add(chunk)
                if pieces.full:
                    break

    def _stream(self, model: "BaseChatModel", request: Request) -> Callable[[list["BaseMessage"]], Any]:
        """The model's stream, told about tools or the shape of the answer."""
        tools = list(request.tools)
        if request.shape is None:
            return model.bind_tools(tools).astream if tools else model.astream
        if not self._formats:
            return model.bind_tools([*tools, request.shape.function], tool_choice=request.shape.name).astream
        # In the body as it is: LangChain would otherwise let the SDK parse what is our business to check.
        body = {"response_format": request.shape.response_format}
        if tools:
            return model.bind_tools(tools, tool_choice="none", extra_body=body).astream
        return model.bind(extra_body=body).astream

    def _learn(self, ended: Failure | None) -> None:
        if ended is None:
            self._breaker.succeeded()
        elif ended.ill or ended.rest is not None:
            self._breaker.failed(_now(), rest=ended.rest)
        else:
            self._breaker.abandoned()

    def _account(
        self, request: Request, pieces: Assembly, ended: Failure | None, seconds: float, reserved: Reservation
    ) -> tuple[Said | Failure, Usage]:
        said = pieces.said()
        tokens = said.tokens or _estimated(request, pieces, ended)
        self._limit.settle(reserved, tokens.input + tokens.output, _now())
        if ended is not None:
            return ended, self._meter.failed(self.place, "chat", ended.kind, tokens, seconds)
        usage = self._meter.answered(self.place, "chat", tokens, seconds)
        return _unwrapped(said, request.shape), usage


def _trace(span: tracing.Span, request: Request, outcome: Said | Failure, usage: Usage) -> None:
    told: dict[str, tracing.Value] = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
    }
    if isinstance(outcome, Failure):
        span.failed(outcome.kind)
    else:
        told["gen_ai.response.finish_reasons"] = [outcome.finish or "stop"]
    if tracing.with_contents():
        # As the model got them: names and secrets were taken out before.
        heard = tracing.messages([(message.role, message.text) for message in request.messages])
        told["gen_ai.input.messages"] = json.dumps(heard)
        if isinstance(outcome, Said):
            told["gen_ai.output.messages"] = json.dumps(tracing.messages([("assistant", outcome.text)]))
    span.set(told)


def _held_back(text: str) -> Failure:
    return Failure("held_back", text, retry=False)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _estimated(request: Request, pieces: Assembly, ended: Failure | None) -> Tokens:
    """What was used when the endpoint does not say. Nothing, when it did not begin to answer and did not time out."""
    if ended is not None and pieces.size == 0 and ended.kind != "timeout":
        return Tokens(0, 0, 0)
    return Tokens(request.tokens, 0, pieces.size // CHARACTERS_A_TOKEN)


def _unwrapped(said: Said, shape: Shape | None) -> Said:
    """A structured answer that came as a call of the function is the function's arguments."""
    if shape is None:
        return said
    return next((replace(said, text=call.arguments) for call in said.calls if call.name == shape.name), said)


def _message(message: Message) -> "BaseMessage":
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    match message.role:
        case "system":
            return SystemMessage(message.text)
        case "assistant":
            return AIMessage(message.text, tool_calls=_sound(message.calls), invalid_tool_calls=_broken(message.calls))
        case "tool":
            return ToolMessage(message.text, tool_call_id=message.call_id)
    return HumanMessage(message.text)


def _sound(calls: Sequence[ToolCall]) -> list[Any]:
    return [
        {"type": "tool_call", "id": call.id, "name": call.name, "args": call.arguments}
        for call in calls
        if not call.malformed
    ]


def _broken(calls: Sequence[ToolCall]) -> list[Any]:
    return [
        {"type": "invalid_tool_call", "id": call.id, "name": call.name, "args": call.malformed, "error": None}
        for call in calls
        if call.malformed
    ]
