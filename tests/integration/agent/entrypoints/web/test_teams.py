"""S62: whoever is limited to teams finds nothing of another team's, by whatever route they look for it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from starlette.routing import BaseRoute

from agent.domain.approval import Approval
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.key import Scope
from agent.domain.remediation import EffectStatus
from agent.entrypoints.matrix import needs
from agent.ports import Lesson
from agent.storage.tables import effects
from tests.integration.agent.entrypoints.web.conftest import Served, address, serve
from tests.integration.agent.entrypoints.web.test_auth import BODIES, NEEDS
from tests.integration.agent.entrypoints.web.test_mcp import assistant, refused, told
from tests.integration.agent.storage.proposals import VALID, proposal

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.attack("S62")]

CONFIG = "teams: {shop: {services: [cart]}, bank: {services: [ledger]}}"
OTHERS = ("BankMark", "NobodyMark")
"""Words that stand in everything of the other team, and of no team."""
ALL: tuple[Scope, ...] = ("read", "ask", "approve:low", "approve:high", "admin")
EVERY_TEAMS = {
    "/api/actions/resume",
    "/api/alerts",
    "/api/alerts/place",
    "/api/maintenance",
    "/api/memory",
    "/api/memory/{incident}",
    "/api/silences",
    "/api/silences/{silence}",
    "/metrics",
    "/silences",
    "/silences/{silence}/end",
    "/maintenance",
    "/noise",
    "/capacity",
}
"""Routes about what is no one team's: 403 for whoever is limited to some."""


@dataclass(frozen=True)
class Ids:
    """What there is of one team."""

    incident: str
    receipt: str
    alert: str
    approval: Approval
    effect: str
    evidence: str

    def filled(self, path: str) -> str:
        """The address of a route's example among these."""
        asked = f"{path}?q=BankMark" if path == "/api/memory" else path
        return asked.format(
            incident=self.incident,
            receipt=self.receipt,
            alert=self.alert,
            approval=self.approval.id,
            effect=self.effect,
            evidence=self.evidence,
            silence="si-1",
            theme="light",
            step="close",
            switch="pause",
        )


@dataclass(frozen=True)
class House:
    served: Served
    shop: Ids
    bank: Ids


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with serve(tmp_path_factory.mktemp("teams"), config=CONFIG) as served:
        shop, bank = await _filled(served, "ShopMark", "cart"), await _filled(served, "BankMark", "ledger")
        await _filled(served, "NobodyMark", "strange")
        yield House(served, shop, bank)


async def _filled(served: Served, mark: str, service: str) -> Ids:
    """An incident with everything that can belong to one, the mark in each."""
    body = json.dumps({"alerts": [{"labels": {"alertname": mark, "service": service}, "status": "firing"}]})
    receipt = (await served.post("alertmanager", body.encode())).json()["receipt"]
    await served.placed()
    record, views = served.application.record, served.application.views
    placed = (await views.receipt(receipt)).alerts[0]
    incident = placed.incident or ""
    found = Evidence(
        id="", kind=EvidenceKind.LOG, source="loki", query=mark, entity=service, summary=mark, content=mark
    )
    [stored] = await record.incidents.add_evidence(incident, [found])
    await record.incidents.save_report(incident, f"{incident}.1", mark)
    asked = await record.approvals.request(proposal(incident, title=mark), mark, mark, VALID)
    now = served.application.clock.now()
    key = f"effect-{incident}"
    row = {"key": key, "incident": incident, "kind": "action", "name": mark, "arguments": {}, "intent_at": now}
    await record.database.write(
        lambda connection: connection.execute(effects.insert().values(**row, status=EffectStatus.UNKNOWN))
    )
    words = dict.fromkeys(("title", "symptom", "component", "fault", "cause", "remedy", "outcome"), mark)
    lesson = {**words, "incident": incident, "service": service, "alert_names": (mark,), "confirmed_by": "ann"}
    await record.lessons.save(Lesson.model_validate({**lesson, "closed_at": now}))
    return Ids(incident, receipt, placed.id, asked, key, stored.id)


def _routes(served: Served) -> list[BaseRoute]:
    routes: list[BaseRoute] = served.running.config.app.routes  # type: ignore[union-attr]  # ours is an application
    return routes


async def _answer(http: httpx2.AsyncClient, method: str, path: str, what: Mapping[str, Any]) -> tuple[int, str]:
    """Not waiting for a stream's end."""
    async with http.stream(method, path, **what) as answer:
        endless = answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, "" if endless else (await answer.aread()).decode()


async def _api(house: House, key: str, ids: Ids) -> dict[tuple[str, str], tuple[int, str]]:
    """How every route of the API answers to this key about these."""
    found = {}
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=address(house.served), headers=headers, timeout=60) as http:
        for method, path in NEEDS:
            if path not in {"/mcp"} and NEEDS[method, path] != "ingest":
                body = {"into": house.shop.incident} if path.endswith("/merge") else BODIES.get(path, {})
                what = {"json": body} if method == "POST" else {}
                found[method, path] = await _answer(http, method, ids.filled(path), what)
    return found


async def test_every_route_of_the_api_hides_what_is_another_teams(house: House) -> None:
    key = await house.served.key("shopkeeper", *ALL, kind="person", teams=["shop"])
    answers = await _api(house, key, house.bank)
    named = {route for route in answers if "{" in route[1]} - {("DELETE", "/api/silences/{silence}")}
    expected = {route: 403 if route[1] in EVERY_TEAMS else 404 if route in named else 200 for route in answers}
    assert {route: status for route, (status, _) in answers.items()} == expected
    assert [route for route, (_, text) in answers.items() if any(mark in text for mark in OTHERS)] == []


async def test_the_same_routes_show_it_to_whoever_is_not_limited(house: House) -> None:
    everybody = await _api(house, await house.served.key("everybody", "read", kind="person"), house.bank)
    theirs = await _api(house, await house.served.key("reader-of-shop", "read", teams=["shop"]), house.shop)
    looks = {path for method, path in everybody if method == "GET"} - EVERY_TEAMS - {"/api/events", "/openapi.json"}
    assert {path for path in looks if "BankMark" in everybody["GET", path][1]} == looks
    assert {path for path in looks if "ShopMark" in theirs["GET", path][1]} == looks


async def test_incidents_of_no_team_are_there_for_whom_they_were_granted(house: House) -> None:
    keys = [
        await house.served.key("with-unrouted", "read", teams=["shop", ""]),
        await house.served.key("none", "read", teams=[]),
    ]
    found = []
    for key in keys:
        async with httpx2.AsyncClient(
            base_url=address(house.served), headers={"Authorization": f"Bearer {key}"}
        ) as http:
            found.append({one["team"] for one in (await http.get("/api/incidents")).json()["incidents"]})
    assert found == [{"shop", ""}, set()]


@asynccontextmanager
async def _signed_in(served: Served, key: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=address(served), timeout=60) as browser:
        form = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/login")).text)
        said = {"key": key, **({"csrf": form[1]} if form else {})}
        assert (await browser.post("/login", data=said)).status_code == 303
        yield browser


async def test_every_page_and_every_step_on_one_hides_it_too(house: House) -> None:
    key = await house.served.key("clerk", *ALL, kind="person", teams=["shop"])
    async with _signed_in(house.served, key) as browser:
        token = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/approvals")).text)
        assert token is not None
        said = {
            "csrf": token[1],
            "decision": "approve",
            "into": house.shop.incident,
            "verdict": "right",
            "minutes": "5",
            "question": "why?",
            "name": "new disks",
        }
        said |= {f"alert:{house.bank.alert}": "on", "label-0": "service", "operator-0": "=", "value-0": "ledger"}
        answers = {}
        for one in needs(_routes(house.served)):
            if one.takes == "session" and one.path != "/logout":
                what = {"data": said} if one.method == "POST" else {}
                answers[one.method, one.path] = await _answer(browser, one.method, house.bank.filled(one.path), what)
    wide = {("POST", "/audit")} | {route for route in answers if route[1] in EVERY_TEAMS}
    named = {route for route in answers if route[1].startswith("/incidents/")}
    done = {("POST", "/actions/{switch}"): 303}
    expected = {route: done.get(route, 403 if route in wide else 404 if route in named else 200) for route in answers}
    assert {route: status for route, (status, _) in answers.items()} == expected
    assert [route for route, (_, text) in answers.items() if any(mark in text for mark in OTHERS)] == []
    assert [route for route in named if "There is no " not in answers[route][1]] == []
    assert [path for (_, path), (_, text) in answers.items() if "ShopMark" in text] == [
        "/",
        "/approvals",
        "/audit",
        "/memory",
    ]


async def test_who_stays_connected_hears_of_their_teams_alone(house: House) -> None:
    key = await house.served.key("listener", "read", teams=["shop"])
    headers = {"Authorization": f"Bearer {key}"}
    heard = []
    people = house.served.application.service.people
    async with (
        asyncio.timeout(60),
        httpx2.AsyncClient(base_url=address(house.served), headers=headers, timeout=60) as http,
        http.stream("GET", "/api/events?after=0") as answer,
    ):
        for ids in (house.bank, house.shop):
            await people.acknowledge(ids.incident, await _everybody(house))
        async for line in answer.aiter_lines():
            heard += [json.loads(line[6:])["event"]] if line.startswith("data: ") else []
            if heard and "has seen it" in heard[-1]["text"]:
                break
    assert {one["incident"] for one in heard} == {house.shop.incident}


async def _everybody(house: House) -> Any:
    return await house.served.application.identity.keys.authenticate(
        house.served.application.identity.local_operator or ""
    )


async def test_an_assistant_finds_and_decides_no_more_than_its_person(house: House) -> None:
    bank = house.bank
    about: dict[str, Any] = {"approval": bank.approval.id}
    async with assistant(house.served, await house.served.key("ally", *ALL, kind="person", teams=["shop"])) as session:
        lists = [told(await session.call_tool(name, {})) for name in ("list_incidents", "list_approvals")]
        refusals = [
            refused(await session.call_tool(name, arguments))
            for name, arguments in [
                ("show_incident", {"incident": bank.incident}),
                ("ask_incident", {"incident": bank.incident, "question": "why?"}),
                ("approve", {**about, "digest": bank.approval.proposal.digest}),
                ("deny", about),
            ]
        ]
    assert not any(mark in json.dumps(lists) for mark in OTHERS)
    assert ["ShopMark" in json.dumps(one) for one in lists] == [True, True]
    assert (
        refusals == [f"There is no incident {bank.incident}."] * 2 + [f"There is no approval {bank.approval.id}."] * 2
    )
    assert (await house.served.application.views.approval(bank.approval.id)).votes == ()
