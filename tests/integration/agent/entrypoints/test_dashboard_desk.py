"""Can a person ask, plan work and read on, on pages alone?  Every form as a browser without scripts sends it."""

import json
import re
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Connection

from agent.bootstrap import Application
from agent.domain.event import Event, EventType
from agent.domain.silence import Matcher
from agent.views import TIMELINE
from tests.e2e.line import line
from tests.integration.agent.entrypoints.test_dashboard import _installation, _signed_in, _token
from tests.integration.agent.entrypoints.test_hostile_pages import ANN, HOSTILE, Tags


async def _posted(application: Application, number: int) -> str:
    """So many alerts of one service; the incident they are."""
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": f"Alert{one:03}", "service": "cart", "severity": "high"},
            "annotations": {"summary": "It fails."},
            "startsAt": "2026-11-21T12:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": f"f{one}",
        }
        for one in range(number)
    ]
    body = json.dumps({"version": "4", "status": "firing", "receiver": "agent", "alerts": alerts}).encode()
    await application.service.intake.receive("alertmanager", "test", body)
    while await application.service.placement.place_waiting():
        pass
    [incident] = (await application.views.incidents()).incidents
    return incident.id


async def _ask(browser: httpx2.AsyncClient, incident: str, question: str) -> httpx2.Response:
    token = _token((await browser.get(f"/incidents/{incident}")).text)
    return await browser.post(f"/incidents/{incident}/ask", data={"csrf": token, "question": question})


async def test_a_question_is_answered_from_the_evidence_and_changes_nothing(tmp_path: Path) -> None:
    async with line(tmp_path, policy="{autonomy: observe}") as running, _signed_in(running.application) as browser:
        await running.post_alert()
        incident = str((await running.until(EventType.REPORTED)).event.incident)
        answer = await _ask(browser, incident, "What is it?")
        before = await running.application.views.incident(incident)
        cited = re.findall(rf'href="/incidents/{incident}#(e\d+)"', answer.text)
        assert (answer.status_code, "<h1>What is it?</h1>" in answer.text) == (200, True)
        assert "No model is configured. The analysis says:" in answer.text
        assert cited
        assert set(cited) <= {one.id for one in before.evidence}
        await _ask(browser, incident, "And why?")
        assert await running.application.views.incident(incident) == before


@pytest.mark.attack("S55")
async def test_a_hostile_question_stays_words_and_none_is_no_question(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        incident = await _posted(application, 1)
        answer = await _ask(browser, incident, HOSTILE)
        page = Tags()
        page.feed(answer.text)
        assert (answer.status_code, page.wrong, "hacked()" in "".join(page.text)) == (200, [], True)
        assert "The investigation has not got that far yet; ask again." in answer.text
        assert [(await _ask(browser, incident, bad)).status_code for bad in (" ", "x" * 2001)] == [422, 422]


async def test_maintenance_is_planned_listed_and_ended_on_the_page(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        empty = (await browser.get("/silences")).text
        plan = {"csrf": _token(empty), "name": "patches", "label-0": "service", "operator-0": "=", "value-0": "cart"}
        plan |= {"label-1": "", "operator-1": "=", "value-1": "", "minutes": "90", "comment": "with Bert"}
        later = {**plan, "name": HOSTILE[:80], "starts": "2099-01-01T10:00", "opens": "true"}
        sent = [
            await browser.post("/maintenance", data={**one, "starts": one.get("starts", "")}) for one in (plan, later)
        ]
        assert [(one.status_code, one.headers["location"]) for one in sent] == [(303, "/silences#maintenance")] * 2
        kept = {held.window.opens: held.window for held in await application.service.silencing.maintenance(ANN)}
        assert (kept[False].matchers, kept[False].comment) == ((Matcher(label="service", value="cart"),), "with Bert")
        assert kept[False].ends_at - kept[False].starts_at == timedelta(minutes=90)
        assert (kept[True].name, kept[True].starts_at.isoformat()) == (HOSTILE[:80], "2099-01-01T10:00:00+00:00")
        shown, page = (await browser.get("/silences")).text, Tags()
        page.feed(shown)
        assert page.wrong == []
        assert [says in shown for says in ("0 alerts held back", "incidents open, nobody is paged")] == [True, True]
        assert "Nothing is silenced." in shown
        ended = await browser.post(f"/silences/{kept[False].id}/end", data={"csrf": _token(shown)})
        assert ended.status_code == 303
        assert [one.window.opens for one in await application.service.silencing.maintenance(ANN)] == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"starts": "soon"},
        {"starts": "2026-01-01T10:00+02:00"},
        {"starts": "9999-12-31T23:59"},
        {"minutes": "0"},
        {"label-0": ""},
    ],
)
async def test_a_plan_that_cannot_be_meant_is_refused_with_its_fields(tmp_path: Path, wrong: dict[str, str]) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        token = _token((await browser.get("/silences")).text)
        plan = {
            "csrf": token,
            "name": "patches",
            "label-0": "service",
            "value-0": "cart",
            "operator-0": "=",
            "minutes": "9",
        }
        answer = await browser.post("/maintenance", data=plan | wrong)
        assert (answer.status_code, "Go back, and fill in the form again." in answer.text) == (422, True)
        assert await application.service.silencing.maintenance(ANN) == []


async def test_alerts_beyond_a_hundred_have_pages_of_their_own(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        incident = await _posted(application, 205)

        async def listed(address: str) -> list[str]:
            return re.findall(r"<strong>(Alert\d+)</strong>", (await browser.get(address)).text)

        first, second, third = [
            await listed(f"/incidents/{incident}{rest}") for rest in ("", "/alerts?page=2", "/alerts?page=3")
        ]
        assert first + second + third == [f"Alert{one:03}" for one in range(205)]
        assert "105 more alerts" in (await browser.get(f"/incidents/{incident}")).text
        assert (await listed(f"/incidents/{incident}/alerts?page=4"), len(third)) == ([], 5)


async def test_of_a_long_timeline_the_latest_is_shown_and_the_rest_can_be_reached(tmp_path: Path) -> None:
    async with _installation(tmp_path) as application, _signed_in(application) as browser:
        incident = await _posted(application, 1)
        chain = application.record.chain

        def look(connection: Connection) -> None:
            for one in range(TIMELINE + 5):
                told = Event(type=EventType.TOOL_CALLED, incident=incident, text=f"Looked {one}.")
                chain.append(connection, told)

        await application.record.database.write(look)
        page = (await browser.get(f"/incidents/{incident}")).text
        assert [f"Looked {one}." in page for one in (0, 4, 5, TIMELINE + 4)] == [False, False, True, True]
        [earlier] = re.findall(r'href="(/audit\?[^"]+)">Earlier entries', page)
        before = (await browser.get(earlier.replace("&amp;", "&"))).text
        assert [f"Looked {one}." in before for one in (0, 4, 5)] == [True, True, False]
