"""Is what Slack was told is taken care of done, though the process that said so died the moment after?"""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import update

from agent.domain.approval import ApprovalStatus
from agent.entrypoints.slack.deliveries import Deliveries
from agent.entrypoints.slack.incoming import Delivered, id_of, kept, parsed
from agent.storage.tables import deliveries
from tests.farends.slack import Posted
from tests.integration.agent.entrypoints.slack.office import Office, office

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
LONG_AFTER = timedelta(minutes=3)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(0.01)


async def _left_behind(here: Office) -> tuple[str, Posted]:
    """A click as a process leaves it that is killed right after its 200; (the approval, the click)."""
    await here.incident()
    asked = await here.ask()
    await here.dispatch()
    posted = here.slack.click("approve", "U0ANN", here.now)
    delivered = _delivered(posted)
    assert await here.deliveries.first_time(_id(delivered), kept(delivered))
    return asked.id, posted


async def _until_done(here: Office) -> None:
    """By a process that has just started."""
    assert here.application.slack
    async with Deliveries(here.application, here.application.slack).open():
        await here.settled()


async def test_a_click_that_was_answered_is_done_by_the_next_process(tmp_path: Path) -> None:
    clock = Clock()
    async with office(tmp_path, clock=clock) as here:
        asked, posted = await _left_behind(here)
        # Slack, or whoever replays it, is told that it is taken care of; and the one that has it still has its time.
        assert (await here.answered(posted)).status_code == 200
        assert (await here.approval(asked)).status is ApprovalStatus.PENDING
        clock.move(LONG_AFTER)
        await _until_done(here)
        await here.redrawn("Approved by ann")
        assert [(vote.who, vote.via) for vote in (await here.approval(asked)).votes] == [("ann", "slack")]


@pytest.mark.parametrize("column", ["delivery", "id"])
async def test_a_row_written_by_other_hands_is_nobodys_click(tmp_path: Path, column: str) -> None:
    clock = Clock()
    async with office(tmp_path, clock=clock) as here:
        asked, posted = await _left_behind(here)
        other = {"delivery": kept(_delivered(posted)), "id": "0" * 64}[column]
        await here.application.record.database.write(
            lambda connection: connection.execute(update(deliveries).values({column: other}))
        )
        clock.move(LONG_AFTER)
        assert await here.deliveries.left(LONG_AFTER) == []
        assert (await here.approval(asked)).votes == ()


async def test_what_was_done_is_not_kept(tmp_path: Path) -> None:
    clock = Clock()
    async with office(tmp_path, clock=clock) as here:
        await here.incident()
        asked = await here.ask()
        await here.dispatch()
        await here.click("approve", "U0ANN", asked.id)
        clock.move(LONG_AFTER)
        assert await here.deliveries.left(LONG_AFTER) == []


def _delivered(posted: Posted) -> Delivered:
    delivered = parsed("application/x-www-form-urlencoded", posted.body)
    assert delivered
    return delivered


def _id(delivered: Delivered) -> str:
    return sha256(id_of(delivered).encode()).hexdigest()
