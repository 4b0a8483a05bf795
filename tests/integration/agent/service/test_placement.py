"""Do stored alerts become incidents, once, also when the process dies between two batches?"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.alert import Fate
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Effect, EffectStatus
from agent.domain.silence import Matcher
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.service.placement import TRIES
from agent.settings import Settings
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.duties import batches, next_batch
from agent.storage.journal import Chain
from agent.storage.tables import effects
from agent.testing import NoMemory
from tests.clocks import NOON, Clock

BEGAN = NOON


class Contended:
    """A call graph that is long in coming: meanwhile another process has placed a batch, each time."""

    def __init__(self) -> None:
        self.database: Database | None = None
        self.asked = 0

    async def topology(self, at: datetime) -> None:
        assert self.database
        self.asked += 1
        await self.database.write(lambda connection: next_batch(connection, batches(connection)))


class Asked:
    """A call graph that nobody knows."""

    asked = 0

    async def topology(self, at: datetime) -> None:
        self.asked += 1


@asynccontextmanager
async def _open(folder: Path, clock: Clock, sources: Sources | None = None) -> AsyncIterator[Application]:
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none"})
    replaced = Replaced(clock=clock, sources=sources or Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        yield application


def _body(*alerts: dict[str, Any]) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "groupKey": "{}", "alerts": alerts}).encode()


def _alert(name: str, service: str, status: str = "firing", began: datetime = BEGAN) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": name, "service": service, "severity": "critical"},
        "annotations": {},
        "startsAt": began.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else (began + timedelta(minutes=2)).isoformat(),
    }


async def _receive(application: Application, body: bytes) -> list[tuple[Fate | None, str | None]]:
    """Post it and place everything; (fate, incident) of each alert."""
    receipt = await application.service.intake.receive("alertmanager", "test", body)
    while await application.service.placement.place_waiting():
        pass
    view = await application.views.receipt(receipt.id)
    return [(placed.fate, placed.incident) for placed in view.alerts]


async def test_alerts_of_one_service_are_one_incident_and_a_resend_is_a_duplicate(tmp_path: Path) -> None:
    async with _open(tmp_path, Clock()) as application:
        body = _body(_alert("Errors", "cart"), _alert("Latency", "cart"))
        first, second = await _receive(application, body)
        again = await _receive(application, body)
        assert first == second == (Fate.INCIDENT, first[1])
        assert [fate for fate, _ in again] == [Fate.DUPLICATE, Fate.DUPLICATE]
        assert (await application.views.load()).jobs_waiting == 1


async def test_what_was_stored_before_a_crash_is_placed_after_it_and_known_again(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await application.service.intake.receive("alertmanager", "test", _body(_alert("Errors", "cart")))
    async with _open(tmp_path, clock) as application:
        assert await application.service.placement.place_waiting() == 1
        opened = (await application.views.incidents()).incidents
    async with _open(tmp_path, clock) as application:
        [(fate, incident)] = await _receive(application, _body(_alert("Latency", "cart")))
        assert (fate, incident) == (Fate.INCIDENT, opened[0].id)
        assert len((await application.views.incidents()).incidents) == 1


async def test_a_batch_that_others_keep_overtaking_is_left_for_the_next_round(tmp_path: Path) -> None:
    slow = Contended()
    settings = Settings.model_validate({"data": tmp_path / "data", "runbooks": tmp_path / "none"})
    sources = Sources(topology=(slow,))
    replaced = Replaced(sources=sources, executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        slow.database = application.record.database
        await application.service.intake.receive("alertmanager", "test", _body(_alert("Errors", "cart")))

        assert (await application.service.placement.place_waiting(), slow.asked) == (0, TRIES)


async def test_the_call_graph_is_asked_for_again_although_the_clock_was_set_back(tmp_path: Path) -> None:
    clock, graph = Clock(), Asked()
    async with _open(tmp_path, clock, Sources(topology=(graph,))) as application:
        for name, back in (("Errors", timedelta(0)), ("Latency", timedelta(0)), ("Restarts", timedelta(days=3))):
            clock.time -= back
            await _receive(application, _body(_alert(name, "cart")))
    assert graph.asked == 2


async def test_a_new_episode_within_the_reopen_window_is_a_run_of_its_own(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        [(_, incident)] = await _receive(application, _body(_alert("Errors", "cart")))
        clock.time += timedelta(minutes=3)
        await _receive(application, _body(_alert("Errors", "cart", "resolved")))
        resolved = (await application.views.incidents()).incidents[0]
        clock.time += timedelta(minutes=5)
        [(_, again)] = await _receive(application, _body(_alert("Errors", "cart", began=clock.time)))
        reopened = (await application.views.incidents()).incidents[0]
        assert resolved.status is IncidentStatus.RESOLVED
        assert (again, reopened.episode, reopened.status) == (incident, 2, IncidentStatus.OPEN)
        assert (await application.views.load()).jobs_waiting == 2


async def test_an_alert_does_not_join_an_incident_that_was_closed_after_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = Clock()
    ann = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))
    async with _open(tmp_path, clock) as application:
        [(_, closed)] = await _receive(application, _body(_alert("Errors", "cart")))
        clock.time -= timedelta(minutes=1)
        await application.service.people.close(str(closed), ann)
        [(fate, opened)] = await _receive(application, _body(_alert("Latency", "cart")))
        found = {one.id: one.status for one in (await application.views.incidents()).incidents}
        assert (fate, found) == (Fate.INCIDENT, {closed: IncidentStatus.CLOSED, opened: IncidentStatus.OPEN})


async def test_a_quiet_incident_is_closed_and_learned_from(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await _receive(application, _body(_alert("Errors", "cart")))
        clock.time += timedelta(minutes=3)
        await _receive(application, _body(_alert("Errors", "cart", "resolved")))
        assert await application.service.upkeep.sweep() == 0
        clock.time += timedelta(minutes=31)
        assert await application.service.upkeep.sweep() == 1
        assert (await application.views.incidents()).incidents[0].status is IncidentStatus.CLOSED


async def test_a_silenced_alert_opens_an_incident_once_the_silence_is_ended(tmp_path: Path) -> None:
    clock = Clock()
    ann = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))
    async with _open(tmp_path, clock) as application:
        silencing = application.service.silencing
        made = await silencing.add([Matcher(label="service", value="cart")], timedelta(hours=1), "a deploy", ann)
        [(fate, incident)] = await _receive(application, _body(_alert("Errors", "cart")))
        assert (fate, incident, await silencing.active(ann)) == (Fate.SILENCED, None, [made])
        await silencing.end(made.id, ann)
        clock.time += timedelta(minutes=1)
        [(fate, _)] = await _receive(application, _body(_alert("Errors", "cart")))
        assert (fate, await silencing.active(ann)) == (Fate.INCIDENT, [])


async def test_the_route_and_its_reason_are_on_the_incident_and_in_the_journal(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("default_team: shop\nteams: {shop: {}, till: {services: [till]}}\n")
    settings = Settings.model_validate({"data": tmp_path / "data", "config_file": tmp_path / "agent.yaml"})
    replaced = Replaced(clock=Clock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        await _receive(application, _body(_alert("Errors", "till"), _alert("Errors", "cart")))
        routed = [(one.service, one.team, one.routed) for one in (await application.views.incidents()).incidents]
        assert sorted(routed) == [
            ("cart", "shop", "Nobody owns cart: the default team gets it."),
            ("till", "till", "Team till owns till."),
        ]
        told = [entry.event.facts for entry in await application.views.audit()]
        assert {(facts["team"], facts["routed"]) for facts in told if "routed" in facts} == {one[1:] for one in routed}


@pytest.mark.parametrize("when", ["with the end of the first", "later", "after a restart"])
async def test_what_fires_again_joins_an_incident_that_waits_for_the_outcome_of_an_action(
    tmp_path: Path, when: str
) -> None:
    """Its alerts were over, and it was not: nobody knows yet whether the action was done."""
    clock = Clock()
    over, again = _alert("Errors", "cart", "resolved"), _alert("Errors", "cart", began=BEGAN + timedelta(minutes=4))
    sent = [[over, again]] if when == "with the end of the first" else [[over], [again]]
    async with _open(tmp_path, clock) as application:
        [(_, incident)] = await _receive(application, _body(_alert("Errors", "cart")))
        await application.record.database.write(partial(_left_unknown, application.record.chain, str(incident)))
        clock.time += timedelta(minutes=5)
        if when != "after a restart":
            for alerts in sent:
                *_, last = await _receive(application, _body(*alerts))
        else:
            await _receive(application, _body(over))
    async with _open(tmp_path, clock) as application:
        if when == "after a restart":
            [last] = await _receive(application, _body(again))
        [found] = (await application.views.incidents()).incidents
    assert (last, found.status, found.episode) == ((Fate.INCIDENT, incident), IncidentStatus.PARKED, 1)


def _left_unknown(chain: Chain, incident: str, connection: Connection) -> None:
    effect = Effect(
        key="k",
        incident=incident,
        kind="action",
        name="restart-service",
        arguments={},
        approval="ap-1",
        status=EffectStatus.UNKNOWN,
        intent_at=chain.clock.now(),
    )
    connection.execute(effects.insert().values(effect.model_dump()))
    incidents.move(connection, chain, incident, IncidentStatus.PARKED, "Nobody knows whether it was done.")
