"""Do the added-up numbers agree with what came in?"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from agent.bootstrap import Application, Replaced, bootstrap
from agent.ports import Lesson
from agent.settings import Settings
from agent.storage.tables import receipts
from agent.testing import NoMemory
from agent.views import Sought
from agent.views.numbers import Day, Noisy
from tests.integration.agent.storage import conftest as storage

address, server = storage.address, storage.server
"""Each test that asks for an address runs on SQLite and on PostgreSQL."""
NEVER = datetime(2020, 1, 1, tzinfo=UTC)


async def _receive(application: Application, name: str, service: str, *minutes: int) -> None:
    now = application.clock.now()
    for minute in minutes:
        began = now - timedelta(minutes=minute)
        alert = {
            "status": "firing",
            "labels": {"alertname": name, "service": service, "severity": "high"},
            "annotations": {},
            "startsAt": began.isoformat(),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": "f",
        }
        body = json.dumps({"version": "4", "status": "firing", "receiver": "agent", "alerts": [alert]}).encode()
        await application.service.intake.receive("alertmanager", "test", body)
    while await application.service.placement.place_waiting():
        pass


def _settings(folder: Path, **more: str) -> Settings:
    return Settings.model_validate({"data": folder / "data", "runbooks": folder / "none", **more})


async def test_noise_counts_alerts_incidents_days_and_names(tmp_path: Path, address: str) -> None:
    async with bootstrap(_settings(tmp_path, database_url=address), Replaced(memory=NoMemory())) as application:
        await _receive(application, "Slow", "cart", 3, 3, 2)
        await _receive(application, "Down", "store", 1)
        await application.service.intake.receive("alertmanager", "test", b"{")
        found = await application.views.noise(NEVER)
        today = f"{application.clock.now():%Y-%m-%d}"
        assert (found.alerts, found.incidents, found.fates) == (5, 2, {"incident": 3, "duplicate": 1, "quarantined": 1})
        assert found.days == (Day(date=today, alerts=4, incidents=2),)
        assert found.noisiest == (
            Noisy(name="Slow", alerts=3, fates={"duplicate": 1, "incident": 2}, incidents=1),
            Noisy(name="Down", alerts=1, fates={"incident": 1}, incidents=1),
        )
        assert found.reduction == pytest.approx(0.6)
        await application.record.database.write(
            lambda connection: connection.execute(update(receipts).values(received_at=NEVER - timedelta(days=1)))
        )
        assert (await application.views.noise(application.clock.now() + timedelta(minutes=1))).alerts == 0


async def test_an_installation_that_has_done_nothing_has_no_traffic_to_reckon_with(tmp_path: Path) -> None:
    async with bootstrap(_settings(tmp_path), Replaced(memory=NoMemory())) as application:
        found = await application.views.capacity()
        assert (found.waiting, found.oldest, found.traffic, found.plan) == (0, timedelta(0), None, None)
        await _receive(application, "Slow", "cart", 1)
        assert (await application.views.capacity()).waiting == 1


async def test_the_front_page_is_filtered_by_severity_and_words_and_goes_on_at_its_cursor(tmp_path: Path) -> None:
    async with bootstrap(_settings(tmp_path), Replaced(memory=NoMemory())) as application:
        for service in ("cart", "store", "mail"):
            await _receive(application, "Slow", service, 1)

        async def services(sought: Sought) -> list[str]:
            return [one.service for one in (await application.views.front(sought)).found.incidents]

        first = await application.views.front(Sought(limit=2))
        assert [one.service for one in first.found.incidents] == ["mail", "store"]
        assert await services(Sought(limit=2, cursor=first.found.cursor)) == ["cart"]
        assert (await services(Sought(severity="low")), await services(Sought(severity="high", text="Cart"))) == (
            [],
            ["cart"],
        )
        assert first.sequence == await application.views.journal_head()


async def test_lessons_are_found_by_their_words_the_latest_first(tmp_path: Path) -> None:
    async with bootstrap(_settings(tmp_path), Replaced(memory=NoMemory())) as application:
        for name, cause in (("inc-1", "A full disk"), ("inc-2", "a leak")):
            lesson = Lesson(
                incident=name, title="Slow", service="cart", alert_names=(), symptom="", component="cart", fault="",
                cause=cause, remedy="", outcome="no_action", confirmed_by="ann", closed_at=NEVER,
            )  # fmt: skip
            await application.record.lessons.save(lesson)
        views = application.views
        assert [one.incident for one in await views.lessons()] == ["inc-2", "inc-1"]
        assert [one.incident for one in await views.lessons("FULL disk")] == ["inc-1"]


async def test_the_journal_is_read_from_its_end(tmp_path: Path) -> None:
    async with bootstrap(_settings(tmp_path), Replaced(memory=NoMemory())) as application:
        await _receive(application, "Slow", "cart", 1)
        views = application.views
        head = await views.journal_head()
        assert [one.sequence for one in await views.latest(limit=2)] == [head, head - 1]
        assert [one.sequence for one in await views.latest(before=head, limit=1)] == [head - 1]
        assert await views.latest(incident="inc-none") == []
