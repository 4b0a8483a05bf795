"""Does an alert that cannot be placed hold up those behind it?  And is one set aside because the record fails?"""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError, StatementError

from agent.bootstrap import Application, Replaced, bootstrap
from agent.correlate.correlator import Correlator
from agent.correlate.placement import Opens, Placement
from agent.correlate.standing import Standing
from agent.domain.alert import Fate, Placed
from agent.domain.event import EventType
from agent.graph.context import Sources
from agent.service.placement import ALONE
from agent.settings import Settings
from agent.testing import NoMemory

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
POISON = "cart-5"


class Clock:
    def now(self) -> datetime:
        return BEGAN

    async def sleep(self, duration: timedelta) -> None: ...


class Failing(Correlator):
    """One alert is more than it can take."""

    def __init__(self, fails: Callable[[Placement], Placement]) -> None:
        ids = iter(f"inc-{number:03}" for number in range(1000))
        super().__init__(lambda: next(ids))
        self._fails = fails
        self.tried = 0

    def place(self, placed: Placed, standing: Standing) -> Placement:
        found = super().place(placed, standing)
        if placed.alert.service != POISON:
            return found
        self.tried += 1
        return self._fails(found)


def raises(_: Placement) -> Placement:
    raise ValueError("the alert is poison")


def raises_what_cannot_be_written(_: Placement) -> Placement:
    raise ValueError("half a character is poison: \ud800")


def cannot_be_bound(_: Placement) -> Placement:
    """As when a column is given what it has no form for: it never came to the record."""
    raise StatementError("no JSON", "INSERT INTO incidents", {}, TypeError("no JSON"))


def cannot_be_written(found: Placement) -> Placement:
    """Half of a character has no bytes."""
    assert isinstance(found.effect, Opens)
    return replace(found, effect=Opens(found.effect.incident.model_copy(update={"title": "\ud800"})))


@asynccontextmanager
async def _open(folder: Path, correlator: Correlator | None) -> AsyncIterator[Application]:
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none"})
    replaced = Replaced(
        clock=Clock(), sources=Sources(), executors={}, memory=NoMemory(), channels=(), correlator=correlator
    )
    async with bootstrap(settings, replaced) as application:
        yield application


async def _receive(application: Application, *services: str) -> str:
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "Errors", "service": service, "more": "x" * 1000},
            "startsAt": BEGAN.isoformat(),
        }
        for service in services
    ]
    body = json.dumps({"version": "4", "alerts": alerts}).encode()
    return (await application.service.intake.receive("alertmanager", "test", body)).id


async def _fates(application: Application, receipt: str) -> list[tuple[str, Fate | None]]:
    view = await application.views.receipt(receipt)
    return [(placed.alert.service, placed.fate) for placed in view.alerts]


def is_refused(found: Placement) -> Placement:
    """By the record, which says so with all that was to be written."""
    assert isinstance(found.effect, Opens)
    return replace(found, effect=Opens(found.effect.incident.model_copy(update={"title": None})))


@pytest.fixture
def unlogged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of a log come into the test's report, raw, and half a character cannot be sent between processes."""
    monkeypatch.setattr(logging.getLogger("agent.service.placement"), "disabled", True)


@pytest.mark.usefixtures("unlogged")
@pytest.mark.parametrize(
    "fails", [raises, raises_what_cannot_be_written, cannot_be_bound, cannot_be_written, is_refused]
)
async def test_an_alert_that_cannot_be_placed_is_set_aside_with_its_reason_and_the_others_go_on(
    tmp_path: Path, fails: Callable[[Placement], Placement]
) -> None:
    services = [f"cart-{number}" for number in range(12)]
    failing = Failing(fails)
    async with _open(tmp_path, failing) as application:
        receipt = await _receive(application, *services)
        assert await application.service.placement.place_waiting() == 12

        assert await _fates(application, receipt) == [
            (service, Fate.QUARANTINED if service == POISON else Fate.INCIDENT) for service in services
        ]
        aside = (await application.views.receipt(receipt)).alerts[5]
        assert aside.reason.startswith(f"It could not be placed, {ALONE} times: ")
        assert "INSERT" not in aside.reason
        told = [entry.event for entry in await application.views.audit() if entry.event.type is EventType.ALERT_PLACED]
        assert sum(one.text.count(f"Alert {aside.id}: {aside.reason}") for one in told) == 1
        assert (await application.views.load()).alerts == {"incident": 11, "quarantined": 1}

        tried = failing.tried
        later = await _receive(application, "till")
        assert await application.service.placement.place_waiting() == 1
        assert (await _fates(application, later), failing.tried) == ([("till", Fate.INCIDENT)], tried)


async def test_what_was_set_aside_is_not_looked_at_again_after_a_restart(tmp_path: Path) -> None:
    async with _open(tmp_path, Failing(raises)) as application:
        await _receive(application, POISON)
        await application.service.placement.place_waiting()
    async with _open(tmp_path, None) as application:
        receipt = await _receive(application, POISON)
        await application.service.placement.place_waiting()
        assert await _fates(application, receipt) == [(POISON, Fate.INCIDENT)]


async def test_when_the_record_fails_nothing_is_set_aside_and_all_is_placed_once_it_does_not(tmp_path: Path) -> None:
    async with _open(tmp_path, None) as application:
        receipt = await _receive(application, *(f"cart-{number}" for number in range(12)))
        with _full(application.record.database.engine):
            for _ in range(ALONE + 1):
                with pytest.raises(OperationalError, match="disk is full"):
                    await application.service.placement.place_waiting()
        waiting = {fate for _, fate in await _fates(application, receipt)}
        while await application.service.placement.place_waiting():
            pass
        assert (waiting, {fate for _, fate in await _fates(application, receipt)}) == ({None}, {Fate.INCIDENT})


@contextmanager
def _full(engine: Engine) -> Iterator[None]:
    """SQLite may not take one more page."""
    pages = [1]

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages[-1]}")

    event.listen(engine, "begin", limit)
    yield
    pages.append(1_000_000)
