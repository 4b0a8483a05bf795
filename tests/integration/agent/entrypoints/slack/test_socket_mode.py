"""Does a line to Slack hold, whatever becomes of it, and is each delivery done once though it comes twice?"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.bootstrap import Application
from agent.domain.approval import ApprovalStatus
from agent.entrypoints.slack.socket_mode import connected
from tests.farends.answers import Answer, Instead
from tests.farends.slack import APP_TOKEN
from tests.integration.agent.entrypoints.slack.office import PATIENCE, Office, office
from tests.until import until


async def _asked(here: Office) -> str:
    await here.incident()
    asked = await here.ask()
    await here.dispatch()
    await until(lambda: here.slack.socket.lines > 0)
    return asked.id


async def _approved(here: Office, asked: str) -> bool:
    """What comes a second time may be acknowledged while the first is under way."""
    await here.click("approve", "U0ANN")
    async with asyncio.timeout(PATIENCE):
        while (decided := await here.approval(asked)).status is not ApprovalStatus.APPROVED:
            await asyncio.sleep(0.01)
    return len(decided.votes) == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_the_next_line_is_open_before_the_old_one_is_closed(tmp_path: Path, reason: str) -> None:
    async with office(tmp_path, by="socket") as here:
        asked = await _asked(here)
        here.slack.socket.disconnect(reason)
        await until(lambda: here.slack.socket.opened == 2)
        assert await _approved(here, asked)
        assert here.slack.socket.sent[-1].times == 1


async def test_a_line_that_breaks_is_replaced(tmp_path: Path) -> None:
    async with office(tmp_path, by="socket") as here:
        asked = await _asked(here)
        here.slack.socket.drop()
        assert await _approved(here, asked)
        assert here.slack.socket.opened == 2


async def test_a_line_on_which_nobody_answers_is_replaced(tmp_path: Path) -> None:
    async with office(tmp_path) as here, _another(here.application, timedelta(seconds=0.5)):
        await until(lambda: here.slack.socket.opened == 1)
        here.slack.socket.go_stale()
        await until(lambda: here.slack.socket.opened == 2)


async def test_nonsense_on_a_line_does_no_harm(tmp_path: Path) -> None:
    envelope = {"type": "interactive", "envelope_id": "e", "payload": {"type": "block_actions"}}
    nonsense: list[str | bytes] = [
        "",
        "{",
        "[]",
        "null",
        "[" * 10_000,
        '{"type": "new"}',
        b"\xff",
        json.dumps({**envelope, "payload": 1}),
    ]
    async with office(tmp_path, by="socket") as here:
        asked = await _asked(here)
        for one in (*nonsense, json.dumps(envelope)):
            here.slack.socket.say(one)
        assert await _approved(here, asked)
        assert here.slack.socket.opened == 1


async def test_what_is_too_long_ends_the_line_and_nothing_else(tmp_path: Path) -> None:
    async with office(tmp_path, by="socket") as here:
        asked = await _asked(here)
        here.slack.socket.say("x" * 2_000_000)
        assert await _approved(here, asked)
        assert here.slack.socket.opened == 2


async def test_what_comes_twice_or_again_is_done_once(tmp_path: Path) -> None:
    async with office(tmp_path, by="socket") as here:
        asked = await _asked(here)
        here.slack.socket.lose_acknowledgements(1)
        await here.click("acknowledge", "U0ANN")
        assert here.slack.socket.sent[-1].times == 2
        here.slack.socket.send_twice()
        assert await _approved(here, asked)
        noted = [entry.event.text for entry in (await here.application.views.incident("inc-1")).timeline]
        assert sum(text.startswith("ann has seen it") for text in noted) == 1
        assert here.slack.whispers == []


async def test_a_delivery_is_done_by_one_process_whichever_door_it_comes_by(tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        here = await opened.enter_async_context(office(tmp_path, by="socket"))
        for _ in range(2):
            await opened.enter_async_context(_another(here.application))
        asked = await _asked(here)
        await until(lambda: here.slack.socket.lines == 3)
        posted = here.slack.click("approve", "U0ANN", here.now)
        here.slack.socket.send_twice()
        lines = [here.slack.deliver_down_the_line(posted) for _ in range(3)]
        by_http = here.http.post("/slack/events", content=posted.body, headers=dict(posted.headers))
        _, answer = await asyncio.gather(asyncio.gather(*lines), by_http)
        assert answer.status_code == 200
        await here.redrawn("Approved by ann")
        assert [vote.who for vote in (await here.approval(asked)).votes] == ["ann"]
        assert here.slack.whispers == []


async def test_a_token_that_is_refused_is_tried_again_at_a_growing_distance(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.slack.plan(Instead(Answer(200, {"ok": False, "error": "invalid_auth"})), times=3)
        async with _another(here.application):
            await until(lambda: here.slack.socket.opened == 1)
        opens = [one for one in here.slack.asked if one.path == "/api/apps.connections.open"]
        assert len(opens) == 4


async def test_no_more_lines_than_slack_allows(tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        here = await opened.enter_async_context(office(tmp_path, by="socket"))
        for _ in range(9):
            await opened.enter_async_context(_another(here.application))
        asked = await _asked(here)
        await until(lambda: here.slack.socket.lines == 10)
        await opened.enter_async_context(_another(here.application))
        assert await _approved(here, asked)
        assert here.slack.socket.opened == 10


@asynccontextmanager
async def _another(application: Application, heartbeat: timedelta = timedelta(seconds=20)) -> AsyncIterator[None]:
    """A line of another process on the same record."""
    settings = application.settings.model_copy(update={"slack_app_token": SecretStr(APP_TOKEN)})
    async with connected(replace(application, settings=settings), heartbeat):
        yield
