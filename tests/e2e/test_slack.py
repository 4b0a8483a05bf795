"""Does an incident live in Slack from the alert to the report, with the click as the one approval?"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from agent.domain.event import EventType
from agent.entrypoints.slack.socket_mode import connected
from tests.e2e.line import PATIENCE, Line, line
from tests.farends.slack import APP_TOKEN, SIGNING_SECRET, TOKEN, Posted, SlackFarEnd
from tests.served import reached

CONFIG = "slack: {channel: C0INCIDENTS, people: {U0ANN: ann, U0BERT: bert}}\n"


@pytest.mark.parametrize("by", ["http", "socket"])
async def test_an_alert_becomes_a_card_a_click_approves_and_the_card_says_by_whom(tmp_path: Path, by: str) -> None:
    with SlackFarEnd() as slack:
        door = {"slack_signing_secret": SIGNING_SECRET} if by == "http" else {"slack_app_token": APP_TOKEN}
        variables = {"slack_bot_token": TOKEN, "slack_api_url": slack.api, **door}
        async with (
            line(tmp_path, config_too=CONFIG, variables=variables) as running,
            connected(running.application),
            reached(running.application) as http,
        ):
            await running.application.identity.keys.create("ann", "person", ["approve:high"])
            await running.post_alert()
            await _told_until(running, lambda: bool(slack.messages) and "approve" in slack.card().buttons)
            asked = slack.card()
            assert "*Cause* payment" in asked.shown
            click = slack.click("approve", "U0ANN", running.application.clock.now())
            if by == "http":
                assert (await _deliver(http, click)).status_code == 200
            else:
                assert await slack.deliver_down_the_line(click) is None
            await running.until(EventType.REPORTED)
            await _told_until(running, lambda: "resolved" in slack.card().shown)
            card = slack.card()
            charts = [file.title for one in slack.messages if one.thread_ts == card.ts for file in one.files]
            [approval] = await running.application.views.approvals()

    assert [(entry["service"], entry["what"]) for entry in running.shop.journal] == [("payment", "rollback")]
    assert (approval.decided_by, approval.decided_via, approval.status) == ("ann", "slack", "spent")
    assert "Approved by ann at <!date^" in card.shown
    assert list(card.buttons) == ["feedback_right", "feedback_wrong"]
    assert [entry["effect"] for entry in slack.journal].count("post") == 1
    assert len(charts) == 1
    assert any("approved by ann (slack)" in told for told in slack.thread(card))


async def _deliver(http: httpx2.AsyncClient, posted: Posted) -> httpx2.Response:
    return await http.post("/slack/events", content=posted.body, headers=dict(posted.headers))


async def _told_until(running: Line, done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():
            await running.application.dispatcher.dispatch()
            await asyncio.sleep(0.05)
