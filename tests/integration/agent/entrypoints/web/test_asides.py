"""Are alerts that were set aside shown, and placed once the cause was mended?"""

import asyncio
import json

import pytest
from sqlalchemy import update

from agent.entrypoints.cli.frame import run
from agent.storage.tables import alerts
from tests.integration.agent.entrypoints.web.conftest import Served, address

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIRED = {"status": "firing", "startsAt": "2026-11-21T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}


async def lies(served: Served, id_: str, row: object) -> None:
    await served.application.record.database.write(
        lambda connection: connection.execute(update(alerts).where(alerts.c.id == id_).values(alert=row))
    )


async def test_what_was_set_aside_is_shown_and_placed_once_it_was_mended(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENT_URL", address(served))
    monkeypatch.setenv("AGENT_KEY", str(served.application.identity.local_operator))
    sent = [FIRED | {"labels": {"alertname": "Errors", "service": service}} for service in ("amber", "birch")]
    answer = await served.post("alertmanager", json.dumps({"version": "4", "alerts": sent}).encode())
    receipt = answer.json()["receipt"]
    first = (await served.application.views.receipt(receipt)).alerts[0]
    await lies(served, first.id, {"urgency": "now"})
    await served.placed()

    async def command(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(run, ["alerts", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    async def aside() -> list[str]:
        return [one["id"] for one in (await served.http.get("/api/alerts")).json()["alerts"]]

    code, listed = await command("list")
    assert (code, first.id in listed, "cannot be read" in listed) == (0, True, True)
    refused = await served.http.post("/api/alerts/place", json={"alerts": ["al-none"]})
    assert (refused.status_code, refused.json()["detail"][:24]) == (409, "al-none is not set aside")

    assert (await command("place", first.id))[0] == 0
    assert await aside() == []
    await served.placed()
    assert await aside() == [first.id]

    await lies(served, first.id, first.alert.model_dump(mode="json"))
    assert await command("place", "--all") == (
        0,
        "1 alert will be placed again; `incident-agent alerts list` shows those that still cannot be.\n",
    )
    await served.placed()
    assert await command("list") == (0, "None is set aside.\n")
    view = await served.application.views.receipt(receipt)
    assert ([one.fate for one in view.alerts], view.quarantined) == (["incident", "incident"], ())
    told = [
        entry.event for entry in await served.application.views.audit() if entry.event.type == "alerts_placed_again"
    ]
    assert [(one.actor, one.text) for one in told] == [
        ("local-operator", f"local-operator has 1 alert placed again: {first.id}.")
    ] * 2


async def test_either_some_are_named_or_all_are_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(run, ["alerts", "place"]) == 2
    assert "Name the alerts, or say --all." in capsys.readouterr().err
    assert await asyncio.to_thread(run, ["alerts", "place", "al-1", "--all"]) == 2
