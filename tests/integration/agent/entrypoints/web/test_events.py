import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.domain.key import Kind, Scope
from agent.entrypoints import events
from agent.entrypoints.rates import Places
from tests.clocks import SetClock
from tests.integration.agent.entrypoints.web.bodies import GOOD
from tests.integration.agent.entrypoints.web.conftest import Served, serve
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

READER: tuple[str, Kind, list[Scope]] = ("wall-display", "machine", ["read"])


async def entries(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    async for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_reader_hears_what_happens_from_now_on(served: Served) -> None:
    await served.post("generic", GOOD["generic"])
    await served.placed()
    before = await served.application.views.journal_head()
    async with asyncio.timeout(20), served.http.stream("GET", "/api/events") as answer:
        lines = answer.aiter_lines()
        assert (answer.headers["content-type"], await anext(lines)) == (
            "text/event-stream; charset=utf-8",
            ": connected",
        )
        await served.http.post("/api/actions/pause")
        heard = await anext(entries(lines))

    assert (heard["sequence"], heard["event"]["type"], heard["event"]["actor"]) == (
        before + 1,
        "actions_paused",
        "local-operator",
    )


async def test_a_connection_ends_no_later_because_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = SetClock()
    async with (
        serve(tmp_path, clock=clock) as served,
        asyncio.timeout(60),
        served.http.stream("GET", "/api/events") as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == ": connected"
        clock.by = -timedelta(hours=1)
        await served.http.post("/api/actions/pause")
        assert [line async for line in lines if line == ": still here"] == []


async def test_reader_that_lost_its_connection_misses_nothing(served: Served) -> None:
    await served.http.post("/api/actions/pause")
    await served.http.post("/api/actions/resume")
    head = await served.application.views.journal_head()
    heard = []
    headers = {"Last-Event-ID": str(head - 2)}
    async with asyncio.timeout(20), served.http.stream("GET", "/api/events", headers=headers) as answer:
        async for entry in entries(answer.aiter_lines()):
            heard.append(entry["event"]["type"])
            if len(heard) == 2:
                break

    assert heard == ["actions_paused", "actions_resumed"]


async def test_reader_is_let_go_when_the_process_stops(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(20), served.http.stream("GET", "/api/events") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == ": connected"
        monkeypatch.setattr(served.running.config.app.state.tail, "ended", True)  # type: ignore[union-attr]  # an application of ours
        assert [line async for line in lines if line] == []


async def test_readers_over_the_limit_are_told_to_come_again_and_places_are_given_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = served.running.config.app.state.tail  # type: ignore[union-attr]
    await _nobody_reads(readers)
    monkeypatch.setattr(readers, "_places", Places(1))
    async with asyncio.timeout(20), served.http.stream("GET", "/api/events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        refused = await served.http.get("/api/events")
        assert (refused.status_code, readers.count) == (503, 1)
    await _nobody_reads(readers)


async def test_of_a_burst_of_readers_with_one_key_half_of_the_places_stay_free_for_others(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = served.running.config.app.state.tail  # type: ignore[union-attr]
    await _nobody_reads(readers)
    monkeypatch.setattr(readers, "_places", Places(4))
    answered, enough = [], asyncio.Event()

    async def read() -> None:
        async with served.http.stream("GET", "/api/events") as answer:
            answered.append(answer.status_code)
            await enough.wait()

    async def read_too() -> None:
        await until(lambda: len(answered) == 7)
        other = {"Authorization": f"Bearer {(await served.application.identity.keys.create(*READER)).token}"}
        async with served.http.stream("GET", "/api/events", headers=other) as answer:
            assert answer.status_code == 200
        enough.set()

    async with asyncio.timeout(20):
        await asyncio.gather(*(read() for _ in range(7)), read_too())
    assert sorted(answered) == [200] * 2 + [503] * 5
    await _nobody_reads(readers)


async def _nobody_reads(readers: events.Tail) -> None:
    await until(lambda: not readers.count)
