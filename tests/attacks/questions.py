"""Controls between a question and what is done because of it, each tried on a real record."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from agent.domain.approval import Approval
from agent.domain.errors import Refused
from agent.domain.remediation import Risk
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.schema import migrate
from agent.storage.tables import approvals, journal
from tests.attacks.control import Control
from tests.clocks import Clock
from tests.integration.agent.storage.desk import Desk
from tests.integration.agent.storage.proposals import proposal


@asynccontextmanager
async def _desk() -> AsyncIterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="attacks-desk-") as folder:
        clock = Clock()
        database = Database(f"sqlite:///{Path(folder) / 'agent.db'}")
        try:
            migrate(database)
            yield Desk(database, Chain(b"k" * 32, clock), clock)
        finally:
            database.close()


async def _is_done(desk: Desk, asked: Approval) -> bool:
    try:
        await desk.dispatch(asked)
    except Refused:
        return False
    return bool(desk.done)


async def _used_an_hour_later() -> bool:
    async with _desk() as desk:
        asked = await desk.ask()
        await desk.approve(asked, await desk.person("ann"))
        desk.clock.time += timedelta(hours=1)
        return await _is_done(desk, asked)


async def _one_voice_for_a_high_risk() -> bool:
    async with _desk() as desk:
        asked = await desk.ask(proposal(risk=Risk.HIGH))
        await desk.approve(asked, await desk.person("ann"))
        return await _is_done(desk, asked)


async def _written_over_a_no() -> bool:
    """Whoever can write to the database sets the status back after somebody said no."""
    async with _desk() as desk:
        asked = await desk.ask()
        await desk.approve(asked, await desk.person("ann"))
        await desk.deny(asked, await desk.person("bob"))
        back = update(approvals).where(approvals.c.id == asked.id).values(status="approved")
        await desk.database.write(lambda connection: connection.execute(back))
        return await _is_done(desk, asked)


async def _asked_of_fewer() -> bool:
    """Whoever can write to the database has it that one voice is enough."""
    async with _desk() as desk:
        asked = await desk.ask(proposal(risk=Risk.HIGH))
        fewer = update(approvals).where(approvals.c.id == asked.id).values(quorum=1)
        await desk.database.write(lambda connection: connection.execute(fewer))
        await desk.approve(asked, await desk.person("ann"))
        return await _is_done(desk, asked)


async def _journal_is_rewritten() -> bool:
    """Whoever can write to the database changes what was said; through when the journal verifies all the same."""
    async with _desk() as desk:
        await desk.ask()
        lie = update(journal).where(journal.c.sequence == 1).values(text="All is well.")
        await desk.database.write(lambda connection: connection.execute(lie))
        return (await desk.journal.verify())[1] == ""


QUESTIONS = (
    Control(
        "an approval is used in its time, for what it is of",
        "S23",
        "agent.storage.spending:_unusable",
        lambda *_: "",
        _used_an_hour_later,
    ),
    Control(
        "a high risk takes two people",
        "S25",
        "agent.storage.approvals:quorum",
        lambda _: 1,
        _one_voice_for_a_high_risk,
    ),
    Control(
        "a no, and who said yes, are looked at again at use",
        "S28",
        "agent.storage.spending:_unsupported",
        lambda *_: "",
        _written_over_a_no,
    ),
    Control("questions and votes are sealed", "S30", "agent.storage.spending:forged", lambda *_: "", _asked_of_fewer),
    Control(
        "each entry of the journal is chained to the one before",
        "S66",
        "agent.storage.journal:_as_written",
        lambda *_: True,
        _journal_is_rewritten,
    ),
)
