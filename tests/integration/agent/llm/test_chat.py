"""The model's port over real HTTP: what a good endpoint gives, and what each bad one comes to."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Literal

import pytest
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, SecretStr

from agent.domain.errors import ModelUnavailable
from agent.domain.rules import ModelLimits, Price
from agent.llm.breaker import Breaker
from agent.llm.chat import Chat
from agent.llm.endpoints import Endpoint
from agent.llm.line import Line, Request, Unanswered
from agent.llm.rate_limit import RateLimit
from agent.llm.usage import Meter
from agent.ports import Message, Reply, ToolCall
from tests.farends.openai import OpenAIFarEnd
from tests.farends.openai_scripts import (
    MODES,
    Answer,
    Asked,
    Call,
    Cut,
    Drip,
    Hang,
    Raw,
    Say,
    Status,
    always,
    flapping,
    in_order,
    obliging,
)
from tests.scripted import UNHURRIED, scripted
from tests.until import until
from tools.base import ToolResult

SOON = timedelta(seconds=1)
LATER = timedelta(seconds=20)
PROMPT = [Message(role="system", text="You diagnose."), Message(role="user", text="What is it?")]


class Verdict(BaseModel):
    verdict: Literal["cause", "healthy"]
    confidence: float = 0.5


class Query(BaseModel):
    query: str


class QueryMetrics:
    name = "query_metrics"
    description = "Ask Prometheus."
    kind = "metric"
    arguments: type[BaseModel] = Query

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        raise AssertionError("a model's port calls no tools")


GOOD = Say('{"verdict": "healthy", "confidence": 0.9}')
TOOLS = [QueryMetrics()]


@pytest.fixture
def endpoint() -> Iterator[OpenAIFarEnd]:
    with OpenAIFarEnd() as far_end:
        yield far_end


async def refused(chat: Chat, deadline: timedelta = LATER) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        await chat.structured(PROMPT, Verdict, deadline=deadline)
    return caught.value


async def test_a_structured_answer_comes_back_checked_and_priced(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = in_order(GOOD)
    prices = ModelLimits(prices={"scripted": Price(input=1.0, cached=0.1, output=10.0)})
    async with scripted(endpoint, limits=prices) as chat:
        answer, usage = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert answer == Verdict(verdict="healthy", confidence=0.9)
    assert usage.model_dump() == {
        "calls": 1,
        "input_tokens": 1000,
        "cached_tokens": 800,
        "output_tokens": 100,
        "cost_usd": pytest.approx(0.00128),
    }


async def test_what_is_sent_is_a_strict_schema_streamed_and_with_usage(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = in_order(GOOD)
    async with scripted(endpoint) as chat:
        await chat.structured(PROMPT, Verdict, deadline=LATER)
    (asked,) = endpoint.journal
    assert asked.body == {
        "model": "scripted",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 8000,
        "messages": [{"role": "system", "content": "You diagnose."}, {"role": "user", "content": "What is it?"}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "Verdict",
                "strict": True,
                "schema": {
                    "title": "Verdict",
                    "type": "object",
                    "properties": {
                        "verdict": {"title": "Verdict", "type": "string", "enum": ["cause", "healthy"]},
                        "confidence": {"title": "Confidence", "type": "number"},
                    },
                    "required": ["verdict", "confidence"],
                    "additionalProperties": False,
                },
            },
        },
    }
    assert asked.headers["authorization"] == "Bearer sk-general"


async def test_a_turn_of_a_conversation_gives_text_and_tool_calls(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = in_order(
        Say("Let me look.", (Call("query_metrics", {"query": "up"}), Call("query_metrics", "{x")))
    )
    async with scripted(endpoint) as chat:
        reply, usage = await chat.converse(PROMPT, TOOLS, deadline=LATER)
    assert reply == Reply(
        text="Let me look.",
        calls=(
            ToolCall(id="call_0_query_metrics", name="query_metrics", arguments={"query": "up"}),
            ToolCall(id="call_1_query_metrics", name="query_metrics", arguments={}, malformed="{x"),
        ),
    )
    assert usage.calls == 1
    assert endpoint.journal[0].tools == ["query_metrics"]


async def test_calls_and_their_results_go_back_as_they_came_malformed_ones_too(endpoint: OpenAIFarEnd) -> None:
    asked = (
        ToolCall(id="a", name="query_metrics", arguments={"query": "up"}),
        ToolCall(id="b", name="query_metrics", arguments={}, malformed="{x"),
    )
    conversation = [
        *PROMPT,
        Message(role="assistant", text="", calls=asked),
        Message(role="tool", text='{"ok": true}', call_id="a"),
        Message(role="tool", text='{"ok": false}', call_id="b"),
    ]
    endpoint.script = in_order(Say("done"))
    async with scripted(endpoint) as chat:
        await chat.converse(conversation, TOOLS, deadline=LATER)
    assistant, first, second = endpoint.journal[0].messages[2:]
    told = [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in assistant["tool_calls"]]
    assert told == [("a", "query_metrics", '{"query": "up"}'), ("b", "query_metrics", "{x")]
    assert [(one["tool_call_id"], one["content"]) for one in (first, second)] == [
        ("a", '{"ok": true}'),
        ("b", '{"ok": false}'),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        Say("It is the database."),
        Say('{"verdict": "cause", "confid', finish="length"),
        Say('{"verdict": "sideways"}'),
        Say('{"verdict": "healthy", "verdict": "cause"}'),
        Say('{"verdict": "healthy", "confidence": NaN}'),
        Say('{"verdict": "healthy", "confidence": 1e999}'),
        Say('{"verdict": "\\ud800"}'),
        Say("[" * 5000),
        Say("[]"),
        Say(""),
        Say(refusal="I cannot help with that."),
        Say("lorem ipsum " * 90_000),
        Call("delete_namespace", {"name": "prod"}),
    ],
    ids=lambda bad: str(bad)[:40],
)
async def test_an_answer_that_cannot_be_used_is_mended_by_asking_again(endpoint: OpenAIFarEnd, bad: Answer) -> None:
    endpoint.script = in_order(bad, GOOD)
    async with scripted(endpoint) as chat:
        answer, usage = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert (answer.verdict, usage.calls) == ("healthy", 2)
    before, after = (asked.messages for asked in endpoint.journal)
    assert after[:2] == before
    assert [message["role"] for message in after[2:]] == ["assistant", "user"]
    assert after[3]["content"].startswith("Your answer cannot be used: it ")
    assert len(json.dumps(after)) < 5_000


async def test_after_two_repairs_there_is_no_third(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Say("It is the database."))
    async with scripted(endpoint) as chat:
        error = await refused(chat)
    assert str(error) == "openai:scripted gave 3 answers in a row that cannot be used."
    assert (len(endpoint.journal), error.usage.calls) == (3, 3)


async def test_a_fenced_answer_is_an_answer(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = in_order(Say('```json\n{"verdict": "cause"}\n```'))
    async with scripted(endpoint) as chat:
        answer, _ = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert answer == Verdict(verdict="cause", confidence=0.5)


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"ok", "flapping", "loop"}))
async def test_every_misbehaviour_ends_in_model_unavailable_within_the_deadline(
    endpoint: OpenAIFarEnd, mode: str
) -> None:
    endpoint.script = MODES[mode]()
    async with scripted(endpoint) as chat:
        began = time.monotonic()
        error = await refused(chat, SOON)
        took = time.monotonic() - began
    assert took < SOON.total_seconds() + 30
    assert 1 <= len(endpoint.journal) <= 5
    assert str(error).startswith("openai:scripted ")
    assert "scripted\n" not in str(error)


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"flapping"}))
async def test_a_conversation_never_crashes_either(endpoint: OpenAIFarEnd, mode: str) -> None:
    endpoint.script = MODES[mode]()
    async with scripted(endpoint) as chat:
        try:
            reply, _ = await chat.converse(PROMPT, TOOLS, deadline=SOON)
        except ModelUnavailable:
            return
    assert len(reply.text) <= 70_000
    assert len(reply.calls) <= 16


@pytest.mark.attack("S16")
async def test_ten_thousand_calls_in_one_reply_are_sixteen(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = MODES["many-calls"]()
    async with scripted(endpoint) as chat:
        reply, _ = await chat.converse(PROMPT, TOOLS, deadline=LATER)
    assert [call.arguments for call in reply.calls] == [{"query": f"up{n}"} for n in range(16)]


@pytest.mark.parametrize("bad", [Status(500), Status(503), Status(429), Cut()], ids=str)
async def test_a_passing_failure_is_tried_again(endpoint: OpenAIFarEnd, bad: Answer) -> None:
    endpoint.script = in_order(bad, bad, GOOD)
    async with scripted(endpoint) as chat:
        answer, usage = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert (answer.verdict, usage.calls) == ("healthy", 3)


async def test_what_the_endpoint_asks_to_wait_is_waited(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = in_order(Status(429, {"Retry-After": "0.3"}), GOOD)
    async with scripted(endpoint) as chat:
        began = time.monotonic()
        await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert 0.3 <= time.monotonic() - began < LATER.total_seconds()


async def test_who_asks_for_eleven_days_is_left_alone_at_once(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Status(429, {"Retry-After": "999999"}))
    async with scripted(endpoint) as chat:
        first, second = await refused(chat), await refused(chat)
    assert str(first) == "openai:scripted is rate limited (429)."
    assert str(second) == "openai:scripted asked for a rest, and is left alone for 300 s."
    assert len(endpoint.journal) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
async def test_what_will_not_pass_is_not_tried_again(endpoint: OpenAIFarEnd, code: int) -> None:
    endpoint.script = always(Status(code, message="secret words of the endpoint"))
    async with scripted(endpoint) as chat:
        error = await refused(chat)
    assert "secret words" not in str(error)
    assert len(endpoint.journal) <= 2  # the second asks for a function instead of a response format


async def test_an_endpoint_without_response_formats_is_asked_for_a_function_from_then_on(
    endpoint: OpenAIFarEnd,
) -> None:
    def plain(asked: Asked) -> Answer:
        if asked.schema is not None:
            return Status(400, message="response_format is not supported")
        return Call("Verdict", {"verdict": "healthy", "confidence": 0.7})

    endpoint.script = plain
    async with scripted(endpoint) as chat:
        first, usage = await chat.structured(PROMPT, Verdict, deadline=LATER)
        second, _ = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert first == second == Verdict(verdict="healthy", confidence=0.7)
    assert usage.calls == 2
    assert [asked.schema is not None for asked in endpoint.journal] == [True, False, False]
    assert endpoint.journal[-1].body["tool_choice"] == {"type": "function", "function": {"name": "Verdict"}}


async def test_after_five_failures_in_a_row_the_endpoint_gets_a_rest(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Raw(b"<html>login please</html>", "text/html"))
    async with scripted(endpoint) as chat:
        errors = [str(await refused(chat)) for _ in range(7)]
    assert len(endpoint.journal) == 5
    assert errors[-1] == "openai:scripted failed again and again, and is left alone for 30 s."


async def test_of_calls_that_come_together_after_the_rest_one_is_the_probe(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Raw(b"<html>login please</html>", "text/html"))
    place, breaker = Endpoint("openai", "scripted", endpoint.url, SecretStr("sk")), Breaker(limit=1, rest=0.001)
    line = Line(place, RateLimit(UNHURRIED), Meter(), Random(1), breaker)
    await line.open()
    loop = asyncio.get_running_loop()

    async def ask() -> None:
        with pytest.raises(Unanswered):
            await line.ask(Request((Message(role="user", text="up?"),)), loop.time() + LATER.total_seconds())

    await ask()
    while breaker.wait(loop.time()):
        await asyncio.sleep(breaker.rest)
    await asyncio.gather(*(ask() for _ in range(5)))
    await line.close()
    assert len(endpoint.journal) == 2


async def test_a_storm_of_errors_is_amplified_by_a_tenth_at_most(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = flapping(obliging, Status(503))
    async with scripted(endpoint, limits=ModelLimits(requests_per_minute=10_000, tokens_per_minute=10**8)) as chat:
        asked = 40
        for number in range(asked):
            prompt = [Message(role="user", text=str(number))]
            try:
                await chat.structured(prompt, Verdict, deadline=LATER)
            except ModelUnavailable:
                continue
    assert len(endpoint.journal) <= asked * 1.1 + 2


@pytest.mark.attack("S20")
async def test_the_fallback_answers_when_the_first_is_silent_and_never_gets_its_key(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Hang())
    with OpenAIFarEnd(in_order(GOOD)) as other:
        spare = f"openai:spare@{other.url}#SPARE_KEY"
        async with scripted(endpoint, fallbacks=spare, environ={"SPARE_KEY": "sk-spare"}) as chat:
            answer, usage = await chat.structured(PROMPT, Verdict, deadline=timedelta(seconds=6))
        (asked,) = other.journal
    assert (answer.verdict, usage.calls) == ("healthy", 2)
    assert (asked.body["model"], asked.headers["authorization"]) == ("spare", "Bearer sk-spare")


async def test_when_all_are_down_the_reasons_are_named(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Status(401))
    with OpenAIFarEnd(always(Hang())) as other:
        async with scripted(endpoint, fallbacks=f"openai:spare@{other.url}") as chat:
            error = await refused(chat, timedelta(seconds=3))
        assert other.journal[0].headers["authorization"] == "Bearer none"
    assert str(error) == "openai:scripted refused the key; openai:spare did not answer in time."


async def test_nobody_there_is_a_failure_like_any_other() -> None:
    with OpenAIFarEnd() as gone:
        pass
    async with scripted(gone) as chat:
        error = await refused(chat)
    assert str(error) == "openai:scripted cannot be reached, or broke off."


@pytest.mark.attack("S51")
async def test_redirects_are_not_followed(endpoint: OpenAIFarEnd) -> None:
    with OpenAIFarEnd(always(GOOD)) as elsewhere:
        endpoint.script = always(Status(307, {"Location": f"{elsewhere.url}/chat/completions"}))
        async with scripted(endpoint) as chat:
            await refused(chat)
        assert elsewhere.journal == []


async def test_a_compressed_answer_is_refused(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Status(200, {"Content-Encoding": "gzip"}))
    async with scripted(endpoint) as chat:
        assert str(await refused(chat)) == "openai:scripted cannot be reached, or broke off."


async def test_a_stream_that_drips_is_paid_for_and_cut_at_the_deadline(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Drip(every=0.01))
    async with scripted(endpoint) as chat:
        began = time.monotonic()
        error = await refused(chat, SOON)
    assert time.monotonic() - began < SOON.total_seconds() + 30
    assert str(error) == "openai:scripted did not answer in time."
    assert error.usage.input_tokens > 0


async def test_usage_is_estimated_when_the_endpoint_does_not_tell(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = in_order(Say('{"verdict": "healthy"}', tokens=None))
    async with scripted(endpoint) as chat:
        _, usage = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert usage.calls == 1
    assert 50 < usage.input_tokens < 150
    assert usage.output_tokens == len('{"verdict": "healthy"}') // 4


async def test_the_rate_limit_is_shared_and_a_wait_beyond_the_deadline_is_not_begun(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(GOOD)
    async with scripted(endpoint, limits=ModelLimits(requests_per_minute=2)) as chat:
        await chat.structured(PROMPT, Verdict, deadline=LATER)
        await chat.converse(PROMPT, TOOLS, deadline=LATER)
        began = time.monotonic()
        error = await refused(chat, LATER)
    assert str(error) == "openai:scripted would be asked more often than the configured limit allows."
    assert time.monotonic() - began < LATER.total_seconds()
    assert len(endpoint.journal) == 2


async def test_a_cancelled_call_leaves_nothing_behind(endpoint: OpenAIFarEnd) -> None:
    endpoint.script = always(Hang())
    async with scripted(endpoint) as chat:
        call = asyncio.create_task(chat.structured(PROMPT, Verdict, deadline=LATER))
        await until(lambda: len(endpoint.journal) == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        endpoint.script = in_order(GOOD)
        answer, _ = await chat.structured(PROMPT, Verdict, deadline=LATER)
    assert answer.verdict == "healthy"


async def test_metrics_have_the_names_dashboards_expect(endpoint: OpenAIFarEnd) -> None:
    registry = CollectorRegistry()
    endpoint.script = in_order(GOOD, Status(401))
    meter = Meter(registry, {"scripted": Price(input=1.0, cached=0.1, output=10.0)})
    async with scripted(endpoint, meter=meter) as chat:
        await chat.structured(PROMPT, Verdict, deadline=LATER)
        await refused(chat)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"model": "scripted", **labels})

    assert [
        value("llm_requests_total", endpoint="chat", status="success"),
        value("llm_requests_total", endpoint="chat", status="error"),
        value("llm_request_duration_seconds_count", endpoint="chat"),
        value("llm_tokens_total", type="input"),
        value("llm_tokens_total", type="cached"),
        value("llm_tokens_total", type="output"),
        value("llm_cost_total_usd", provider="openai"),
        value("llm_active_requests"),
        value("llm_errors_total", error_type="unauthorised"),
    ] == [1, 1, 2, 1000, 800, 100, pytest.approx(0.00128), 0, 1]
