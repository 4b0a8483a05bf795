"""Does a stored alert that cannot be read any more hold up the others, or get lost?"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, LargeBinary, bindparam, cast, select, text, update

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.alert import Fate
from agent.domain.errors import Conflict
from agent.domain.event import EventType
from agent.graph.context import Sources
from agent.settings import Settings
from agent.storage.tables import alerts
from agent.testing import NoMemory
from tests.clocks import Clock

BROKEN = "cart-5"
DAMAGES = {
    "torn": (b'{"integration":"alertmanager","na', "Unterminated string"),
    "flipped": (b'{"name":"\xc3\x28"}', "byte 9 is no text"),
    "of a version to come": (b'{"urgency":"now"}', "urgency: Extra inputs are not permitted"),
    "something else": (b"[]", "Input should be a valid dictionary"),
}


@asynccontextmanager
async def _open(folder: Path) -> AsyncIterator[Application]:
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none"})
    replaced = Replaced(clock=Clock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        yield application


async def _receive(application: Application, *services: str) -> str:
    starts = (application.clock.now() - timedelta(minutes=1)).isoformat()
    fired = [
        {"status": "firing", "labels": {"alertname": "Errors", "service": service}, "startsAt": starts}
        for service in services
    ]
    body = json.dumps({"version": "4", "alerts": fired}).encode()
    return (await application.service.intake.receive("alertmanager", "test", body)).id


async def _damage(application: Application, receipt: str, found: bytes) -> str:
    """Its id."""
    placed = next(one for one in (await application.views.receipt(receipt)).alerts if one.alert.service == BROKEN)

    def work(connection: Connection) -> None:
        row = update(alerts).where(alerts.c.id == placed.id)
        connection.execute(row.values(alert=text("CAST(:found AS TEXT)").bindparams(bindparam("found", found))))

    await application.record.database.write(work)
    return placed.id


async def _as_it_lies(application: Application, id_: str) -> bytes:
    raw = select(cast(alerts.c.alert, LargeBinary)).where(alerts.c.id == id_)
    return await application.record.database.read(lambda connection: bytes(connection.scalars(raw).one()))


@pytest.mark.parametrize("damage", DAMAGES)
async def test_an_alert_that_cannot_be_read_is_set_aside_as_it_lies_and_the_others_are_placed(
    tmp_path: Path, damage: str
) -> None:
    body, why = DAMAGES[damage]
    services = [f"cart-{number}" for number in range(12)]
    async with _open(tmp_path) as application:
        receipt = await _receive(application, *services)
        broken = await _damage(application, receipt, body)
        assert await application.service.placement.place_waiting() == 12
        assert await application.service.placement.place_waiting() == 0

        view = await application.views.receipt(receipt)
        assert [(one.alert.service, one.fate) for one in view.alerts] == [
            (service, Fate.INCIDENT) for service in services if service != BROKEN
        ]
        assert [one.body for one in view.quarantined] == [body.decode("utf-8", "replace")]
        reason = view.quarantined[0].reason
        assert reason.startswith("Its row on the record cannot be read: ")
        assert why in reason
        told = [entry.event.text for entry in await application.views.audit() if entry.event.type == "alert_placed"]
        assert [one.count(f"Alert {broken}: {reason}") for one in told] == [1, 0]
        assert (await application.views.load()).alerts == {"incident": 11, "quarantined": 1}
        noise = await application.views.noise(application.clock.now() - timedelta(hours=1))
        assert noise.fates == {"incident": 11, "quarantined": 1}
        with pytest.raises(Conflict, match=f"cannot be read.*{receipt}"):
            await application.views.alert(broken)
        assert await _as_it_lies(application, broken) == body


async def test_one_that_was_placed_and_can_no_longer_be_read_holds_up_nobody_at_the_next_start(tmp_path: Path) -> None:
    async with _open(tmp_path) as application:
        receipt = await _receive(application, "cart-4", BROKEN)
        await application.service.placement.place_waiting()
        incident = (await application.views.receipt(receipt)).alerts[1].incident
        await _damage(application, receipt, b"{}")
    async with _open(tmp_path) as application:
        later = await _receive(application, "cart-4", "till")
        await application.service.placement.place_waiting()
        assert [one.fate for one in (await application.views.receipt(later)).alerts] == [Fate.DUPLICATE, Fate.INCIDENT]
        assert (await application.views.incident(str(incident))).alerts == ()
        types = [entry.event.type for entry in await application.views.audit()]
        assert types.count(EventType.INCIDENT_OPENED) == 3
