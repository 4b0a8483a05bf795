"""Is what happens during planned work held back with the reason, counted, and brought up when it still fires?"""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.alert import Fate
from agent.domain.errors import Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.silence import Matcher
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.storage import alerts
from agent.testing import NoMemory
from tests.clocks import Clock
from tests.integration.agent.service.test_placement import BEGAN, _alert, _body, _receive

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))
CART = (Matcher(label="service", value="cart"),)
CONFIG = """
default_team: shop
teams: {shop: {escalation: [{after: PT5M, tell: [team]}]}}
maintenance:
  - {name: patches, matchers: [{label: service, value: db}], starts_at: 2026-11-21T11:00Z, ends_at: 2026-11-21T13:00Z}
  - {name: saturday, opens: true, matchers: [{label: service, value: till}],
     hours: {days: [sat], begin: "12:00", end: "14:00", zone: Europe/Berlin}}
"""


def _opened(folder: Path, clock: Clock) -> AbstractAsyncContextManager[Application]:
    (folder / "agent.yaml").write_text(CONFIG)
    settings = Settings.model_validate({"data": folder / "data", "config_file": folder / "agent.yaml"})
    return bootstrap(settings, Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=()))


def _window(*, opens: bool = False, begins: int = 0) -> MaintenanceWindow:
    start = BEGAN + timedelta(minutes=begins)
    end = start + timedelta(hours=1)
    return MaintenanceWindow(name="new disks", matchers=CART, starts_at=start, ends_at=end, opens=opens)


async def _place(application: Application) -> None:
    while await application.service.placement.place_waiting():
        pass


async def _services(application: Application) -> list[str]:
    return sorted(one.service for one in (await application.views.incidents()).incidents)


async def test_what_still_fires_after_the_window_comes_up_and_what_ended_within_it_does_not(tmp_path: Path) -> None:
    clock = Clock()
    async with _opened(tmp_path, clock) as application:
        made = await application.service.silencing.plan(_window(), "because", ANN)
        [(fate, _), _] = await _receive(application, _body(_alert("Errors", "cart"), _alert("Latency", "cart")))
        clock.time += timedelta(minutes=5)
        await _receive(application, _body(_alert("Latency", "cart", "resolved")))
        await _receive(application, _body(_alert("Errors", "cart")))
        held = [(one.window.name, one.alerts) for one in await application.service.silencing.maintenance(ANN)]
        assert (fate, made.name, held) == (
            Fate.SILENCED,
            "new disks",
            [("new disks", 3), ("patches", 0), ("saturday", 0)],
        )
        assert await application.service.silencing.sweep() == 0
    clock.time = BEGAN + timedelta(minutes=60)
    async with _opened(tmp_path, clock) as application:
        assert [await application.service.silencing.sweep() for _ in range(2)] == [1, 0]
        await _place(application)
        [incident] = (await application.views.incidents()).incidents
        view = await application.views.incident(incident.id)
        assert [placed.alert.name for placed in view.alerts] == ["Errors"]
        told = [
            one.event.text for one in await application.views.audit() if one.event.type is EventType.SILENCE_CHANGED
        ]
        assert told == [
            'ann planned maintenance “new disks” from 2026-11-21 12:00 to 2026-11-21 13:00 UTC: service="cart".',
            (
                "Over: maintenance “new disks”, maintenance “patches”, maintenance “saturday”."
                " Looked at again, because still firing: 1 alert."
            ),
        ]


async def test_what_still_fires_comes_up_also_where_a_clock_looked_last_that_was_ahead(
    tmp_path: Path,
) -> None:
    clock = Clock()
    clock.time += timedelta(days=3)
    async with _opened(tmp_path, clock) as application:
        made = await application.service.silencing.add(CART, timedelta(hours=1), "", ANN)
        await application.service.silencing.end(made.id, ANN)
        await application.service.silencing.sweep()
    clock.time = BEGAN
    async with _opened(tmp_path, clock) as application:
        await application.service.silencing.plan(_window(), "because", ANN)
        await _receive(application, _body(_alert("Errors", "cart")))
        clock.time += timedelta(hours=1)
        assert await application.service.silencing.sweep() == 1
        await _place(application)
        assert await _services(application) == ["cart"]


async def test_the_reason_says_which_window_and_until_when(tmp_path: Path) -> None:
    async with _opened(tmp_path, Clock()) as application:
        await _receive(application, _body(_alert("Errors", "db")))
        [placed] = await application.record.database.read(lambda connection: alerts.placed_since(connection, BEGAN))
        assert placed.reason == (
            "Held back by maintenance “patches” until 2026-11-21 13:00:00 UTC: "
            'service="db" (silence calendar:patches:20261121T1100).'
        )


async def test_a_window_that_is_to_come_holds_nothing_back_yet(tmp_path: Path) -> None:
    clock = Clock()
    async with _opened(tmp_path, clock) as application:
        await application.service.silencing.plan(_window(begins=30), "", ANN)
        [(fate, _)] = await _receive(application, _body(_alert("Errors", "cart")))
        clock.time += timedelta(minutes=40)
        [(later, _)] = await _receive(application, _body(_alert("Other", "cart", began=clock.time)))
        assert (fate, later) == (Fate.INCIDENT, Fate.SILENCED)


async def test_one_that_is_ended_early_brings_up_what_fires(tmp_path: Path) -> None:
    clock = Clock()
    async with _opened(tmp_path, clock) as application:
        made = await application.service.silencing.plan(_window(), "", ANN)
        await application.service.silencing.sweep()
        await _receive(application, _body(_alert("Errors", "cart")))
        clock.time += timedelta(minutes=1)
        await application.service.silencing.end(made.id, ANN)
        assert [await application.service.silencing.sweep() for _ in range(2)] == [1, 0]
        await _place(application)
        assert await _services(application) == ["cart"]


async def test_where_incidents_open_nobody_is_called_until_the_window_is_over(tmp_path: Path) -> None:
    clock = Clock()
    async with _opened(tmp_path, clock) as application:
        [(fate, incident)] = await _receive(application, _body(_alert("Errors", "till")))
        opened = (await application.views.incidents()).incidents[0]
        quiet = await application.service.silencing.hushed(opened)
        found = Event(type=EventType.DIAGNOSED, incident=incident, text="till leaks.")
        await application.record.journal.record(found)
        swept = []
        for minutes in (0, 10, 59, 60, 64, 65, 66):
            clock.time = BEGAN + timedelta(minutes=minutes)
            await application.service.silencing.sweep()
            swept.append(await application.service.escalation.sweep())
        assert (fate, quiet) == (
            Fate.INCIDENT,
            "Nobody is paged: maintenance “saturday” lasts until 2026-11-21 13:00 UTC.",
        )
        assert swept == [0, 0, 0, 0, 0, 1, 0]
        told = [one.event for one in await application.views.audit() if "hush_over" in one.event.facts]
        assert [(one.incident, one.text) for one in told] == [
            (incident, f"Over: maintenance “saturday”, and this is still open: {opened.title}. till leaks.")
        ]


async def test_a_window_that_began_when_it_was_over_kept_nobody_from_being_told(tmp_path: Path) -> None:
    clock = Clock()
    async with _opened(tmp_path, clock) as application:
        silencing = application.service.silencing
        [(_, incident)] = await _receive(application, _body(_alert("Errors", "cart")))
        assert incident is not None
        clock.time += timedelta(minutes=5)
        await application.record.incidents.move(incident, IncidentStatus.RESOLVED, "It is over.")
        told = []
        for begins in (10, 2):
            await silencing.plan(_window(opens=True, begins=begins), "", ANN)
            clock.time = BEGAN + timedelta(minutes=11)
            told.append(await silencing.was_hushed(await application.record.incidents.get(incident)))
        assert told == [False, True]


@pytest.mark.parametrize("begins", [-120, -60])
async def test_one_that_has_ended_is_refused(tmp_path: Path, begins: int) -> None:
    async with _opened(tmp_path, Clock()) as application:
        with pytest.raises(Refused, match="It has ended already"):
            await application.service.silencing.plan(_window(begins=begins), "", ANN)
