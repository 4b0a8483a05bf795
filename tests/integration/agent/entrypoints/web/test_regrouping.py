"""Merging and splitting, as programs ask for it and as people do on the command line."""

import asyncio
import json

import pytest

from agent.entrypoints.cli.frame import run
from tests.integration.agent.entrypoints.web.conftest import Served, address

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(served: Served, service: str, *names: str) -> tuple[str, list[str]]:
    """An incident and its alerts' ids, in that order."""
    start = {"status": "firing", "startsAt": "2026-11-21T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}
    alerts = [start | {"annotations": {}, "labels": {"alertname": name, "service": service}} for name in names]
    answer = await served.post("alertmanager", json.dumps({"version": "4", "alerts": alerts}).encode())
    await served.placed()
    receipt = (await served.http.get(f"/api/receipts/{answer.json()['receipt']}")).json()
    return receipt["alerts"][0]["incident"], [one["id"] for one in receipt["alerts"]]


async def test_programs_merge_and_split(served: Served) -> None:
    one, _ = await opened(served, "amber", "Errors")
    other, ids = await opened(served, "birch", "Errors", "Latency")
    split = await served.http.post(f"/api/incidents/{other}/split", json={"alerts": ids[1:], "reason": "two faults"})
    merged = await served.http.post(f"/api/incidents/{other}/merge", json={"into": one, "reason": "one outage"})
    again = await served.http.post(f"/api/incidents/{other}/merge", json={"into": split.json()["id"]})

    assert (split.status_code, split.json()["split_from"], split.json()["title"]) == (200, other, "Latency on birch")
    assert (merged.status_code, merged.json()["id"]) == (200, one)
    assert (await served.http.get(f"/api/incidents/{other}")).json()["incident"]["merged_into"] == one
    assert (again.status_code, again.json()["detail"]) == (409, f"{other} was merged into {one} already.")


async def test_people_merge_and_split_on_the_command_line(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENT_URL", address(served))
    monkeypatch.setenv("AGENT_KEY", str(served.application.identity.local_operator))
    one, _ = await opened(served, "cedar", "Errors")
    other, ids = await opened(served, "dogwood", "Errors", "Latency")

    assert await asyncio.to_thread(run, ["incidents", "split", other, ids[1], "--reason", "two faults", "--json"]) == 0
    new = json.loads(capsys.readouterr().out)["id"]
    assert await asyncio.to_thread(run, ["incidents", "merge", other, one]) == 0
    assert capsys.readouterr().out == f"{other} is part of {one} (open): Errors on cedar (2 alerts)\n"
    assert await asyncio.to_thread(run, ["incidents", "show", other]) == 0
    assert f"Merged into {one}: its alerts are there." in capsys.readouterr().out
    assert await asyncio.to_thread(run, ["incidents", "show", new]) == 0
    assert f"Split from {other}." in capsys.readouterr().out
    assert await asyncio.to_thread(run, ["incidents", "merge", one, one]) == 1
    assert capsys.readouterr().err == f"{one} cannot be merged into itself.\n"


async def test_an_incident_of_two_waves_says_so_and_the_split_that_it_tells_is_taken(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENT_URL", address(served))
    monkeypatch.setenv("AGENT_KEY", str(served.application.identity.local_operator))
    start = {"status": "firing", "endsAt": "0001-01-01T00:00:00Z", "annotations": {}}
    alerts = [
        start | {"labels": {"alertname": f"E{n}", "service": "elm"}, "startsAt": f"2026-11-21T12:{minute}:{n:02}Z"}
        for minute, numbers in (("00", range(4)), ("05", range(10, 30)))
        for n in numbers
    ]
    answer = await served.post("alertmanager", json.dumps({"version": "4", "alerts": alerts}).encode())
    await served.placed()
    receipt = (await served.http.get(f"/api/receipts/{answer.json()['receipt']}")).json()
    incident, ids = receipt["alerts"][0]["incident"], [one["id"] for one in receipt["alerts"]]

    first, second = (await served.http.get(f"/api/incidents/{incident}")).json()["waves"]
    assert (first["alerts"], second["alerts"]) == (ids[:4], ids[4:])
    why = "20 of its 24 alerts began in a wave from 12:05:10 UTC on, most of them about elm."
    assert second["why"] == why
    assert await asyncio.to_thread(run, ["incidents", "show", incident]) == 0
    shown = capsys.readouterr().out
    split = f"incident-agent incidents split {incident} {' '.join(ids[4:])}"
    assert [told in shown for told in ("May be 2 incidents:", why, split)] == [True, True, True]
    assert await asyncio.to_thread(run, split.split()[1:]) == 0
    assert (await served.http.get(f"/api/incidents/{incident}")).json()["waves"] == []
