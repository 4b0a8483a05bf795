"""Spans of a whole incident, at a real OTLP receiver; and an incident whose collector is gone or never answers."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.bootstrap.tracing import open_tracing
from agent.domain.event import EventType
from agent.settings import Settings
from agent.tracing import span
from tests.e2e.line import PATIENCE, line
from tests.e2e.test_model import OBSERVE, honest
from tests.farends.answers import Late
from tests.farends.openai import OpenAIFarEnd
from tests.farends.otlp import Collector
from tests.scripted import scripted

CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


async def _reported(data: Path, endpoint: str) -> None:
    with OpenAIFarEnd(honest) as provider:
        async with (
            scripted(provider) as model,
            line(data, policy=OBSERVE, model=model, variables={"otlp_endpoint": endpoint}) as running,
        ):
            await running.post_alert()
            await running.until(EventType.REPORTED)


async def test_a_whole_incident_is_one_tree_of_spans_by_the_conventions_and_without_a_word_of_it(
    tmp_path: Path,
) -> None:
    with Collector() as collector:
        await _reported(tmp_path, collector.url)
    (root,) = [span for span in collector.spans if not span.parent]
    by_id = {span.id: span for span in collector.spans}
    chat, tool = collector.named("chat scripted")[0], collector.named("execute_tool search_logs")[0]

    assert (root.name, root.service, root.attributes["gen_ai.operation.name"]) == (
        "invoke_agent incident-agent",
        "incident-agent",
        "invoke_agent",
    )
    assert root.attributes["gen_ai.conversation.id"].startswith("inc-")
    nodes = [span.name for span in collector.spans if span.parent == root.id]
    assert nodes == [
        f"node {name}"
        for name in ("triage", "recall", "survey", "recheck", "investigate", "diagnose", "plan", "report")
    ]
    assert by_id[chat.parent].name == by_id[tool.parent].name == "node investigate"
    assert chat.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "scripted",
        "gen_ai.request.max_tokens": 8000,
        "gen_ai.response.finish_reasons": ["tool_calls"],
        "gen_ai.usage.input_tokens": chat.attributes["gen_ai.usage.input_tokens"],
        "gen_ai.usage.output_tokens": chat.attributes["gen_ai.usage.output_tokens"],
    }
    assert chat.attributes["gen_ai.usage.input_tokens"] > 0
    assert {name: tool.attributes[name] for name in ("gen_ai.operation.name", "gen_ai.tool.name")} == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search_logs",
    }
    assert b"Incident data" not in collector.raw


async def test_texts_are_sent_when_that_is_asked_for_as_the_model_got_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONTENT, "true")
    with Collector() as collector:
        await _reported(tmp_path, collector.url)
    chat = collector.named("chat scripted")[0]
    system, user = json.loads(chat.attributes["gen_ai.input.messages"])[:2]
    assert (system["role"], user["role"], "Incident data" in user["parts"][0]["content"]) == ("system", "user", True)


async def test_a_collector_that_never_answers_costs_spans_and_not_the_incident(tmp_path: Path) -> None:
    with Collector() as collector:
        collector.plan(Late(60), times=20)
        # The incident has its report within the time every other one has, and the end is not held up by the spans.
        async with asyncio.timeout(PATIENCE):
            await _reported(tmp_path, collector.url)


async def test_a_collector_that_is_gone_is_not_waited_for() -> None:
    async with open_tracing(Settings.model_construct(otlp_endpoint="http://127.0.0.1:9")):
        began = time.monotonic()
        for _ in range(5_000):
            with span("step") as step:
                step.failed("nothing")
        took = time.monotonic() - began
    # More than the queue holds: the rest is dropped, and nobody waited for a connection.
    assert took < 10


def test_without_an_endpoint_no_exporter_is_imported() -> None:
    script = (
        "import asyncio, sys\n"
        "from agent.bootstrap.tracing import open_tracing\n"
        "from agent.settings import Settings\n"
        "async def main():\n"
        "    async with open_tracing(Settings.model_construct(otlp_endpoint='')):\n"
        "        from agent.tracing import span\n"
        "        with span('step', gen_ai__tool__name='x') as one:\n"
        "            one.set({'a': 1})\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.exporter')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
