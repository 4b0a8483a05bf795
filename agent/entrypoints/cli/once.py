"""What does the agent make of this alert?  One investigation on a throw-away record that can change nothing."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent.bootstrap import Application, Replaced, bootstrap
from agent.bootstrap.machine import SystemClock
from agent.domain.alert import AlertStatus, Placed
from agent.domain.errors import AgentError, Refused
from agent.domain.event import EventType
from agent.entrypoints.worker import Worker
from agent.settings import Settings
from agent.testing import NoMemory
from agent.views import IncidentView

PATIENCE = timedelta(minutes=5)
_LOOK_AGAIN = 0.05
"""Seconds."""


@dataclass(frozen=True)
class Asked:
    """An alert as its sender would have posted it, and the moment it is looked at from."""

    integration: str
    body: bytes
    at: datetime | None = None
    """None: now."""


class ShiftedClock(SystemClock):
    """A clock that is wrong by a fixed length: it lets an old alert be looked at as on its day."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


async def investigated(settings: Settings, asked: Asked) -> list[IncidentView]:
    """Every incident the alert made, with its diagnosis and report. Nothing is proposed, sent or remembered."""
    clock = ShiftedClock(asked.at - SystemClock().now() if asked.at else timedelta(0))
    with tempfile.TemporaryDirectory(prefix="incident-agent-") as folder:
        # With no executor no action can be carried out, so that none is proposed either; nobody is told anything.
        replaced = Replaced(clock=clock, executors={}, channels=(), memory=NoMemory())
        async with bootstrap(_thrown_away(settings, Path(folder)), replaced) as application:
            return await _answered(application, asked)


def _thrown_away(settings: Settings, folder: Path) -> Settings:
    own = {
        "data": folder,
        # Before the first start there is no folder, and nothing was pinned.
        "mcp_pins": settings.pins if settings.pins.parent.is_dir() else None,
        "database_url": "",
        "redis_url": None,
        "chroma_url": "",
        "chroma_path": None,
    }
    return settings.model_copy(update=own)


async def _answered(application: Application, asked: Asked) -> list[IncidentView]:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            if application.mcp:
                await application.mcp.looked.wait()
            return await _worked(application, asked)
    except TimeoutError as error:
        raise AgentError(f"There is no answer after {PATIENCE.total_seconds():g} s.") from error


async def _worked(application: Application, asked: Asked) -> list[IncidentView]:
    worker = Worker(application.service, application.queue, application.clock)
    working = asyncio.create_task(worker.run())
    try:
        receipt = await application.service.intake.receive(asked.integration, "command line", asked.body)
        if receipt.accepted == 0:
            raise Refused(await _why_not(application, receipt.id))
        return await _settled(application, receipt.id)
    finally:
        worker.stop()
        await working


async def _settled(application: Application, receipt: str) -> list[IncidentView]:
    """Once every alert has its place and every incident its report."""
    while True:
        placed = (await application.views.receipt(receipt)).alerts
        if all(one.fate for one in placed):
            known = sorted({one.incident for one in placed if one.incident})
            if not known:
                raise Refused(_nothing_to_do(placed))
            found = [await application.views.incident(incident) for incident in known]
            if all(_over(one) for one in found):
                return found
        await asyncio.sleep(_LOOK_AGAIN)


def _nothing_to_do(placed: Sequence[Placed]) -> str:
    """Why no alert became an incident."""
    if all(one.alert.status is AlertStatus.RESOLVED for one in placed):
        return (
            "Its alerts are over: nothing fires. To look at them as while they fired, "
            "write firing as their status and name the moment with --at."
        )
    return "\n".join(sorted({f"{one.fate}: {one.reason}" for one in placed}))


def _over(found: IncidentView) -> bool:
    """Its report is written, or its job was set aside and none will be."""
    set_aside = any(entry.event.type is EventType.JOB_DEAD for entry in found.timeline)
    return set_aside or any(run.report for run in found.runs)


async def _why_not(application: Application, receipt: str) -> str:
    told = (await application.views.receipt(receipt)).quarantined
    return "; ".join(sorted({one.reason for one in told})) or "There is no alert in it."
