"""Is one after the other called while nobody answers, each once, across restarts, until somebody does?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.alert import Severity
from agent.domain.approval import Decision
from agent.domain.event import EventType
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.storage import incidents
from agent.testing import NoMemory
from tests.clocks import NOON, Clock
from tests.farends.answers import Answer, Instead
from tests.farends.pagerduty import TOKEN, PagerDutyFarEnd
from tests.incidents import an_incident
from tests.integration.agent.storage.proposals import proposal

BEGAN = NOON
ANN = Caller(name="ann", kind="person", scopes=frozenset({"ask", "approve:low"}))
TEAMS = """
default_team: shop
teams:
  shop:
    on_call: first
    escalation:
      - {after: PT5M}
      - {after: PT15M, tell: [team, "person:eve"]}
      - {after: PT1H, tell: ["team:platform"]}
  platform: {}
schedules:
  first: {pagerduty: PSCHED, rotations: [{people: [ann, bob], begins: 2026-11-16, days: 1}]}
people:
  ann: {email: ann@example.org}
  kim: {email: kim@example.org}
"""


@asynccontextmanager
async def _open(folder: Path, clock: Clock, **given: object) -> AsyncIterator[Application]:
    (folder / "agent.yaml").write_text(TEAMS)
    settings = Settings.model_validate({"data": folder / "data", "config_file": folder / "agent.yaml", **given})
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        yield application


async def _incident(application: Application, severity: Severity = Severity.HIGH) -> None:
    opened = an_incident(application.clock.now(), severity=severity, team="shop")
    await application.record.database.write(lambda connection: incidents.insert(connection, opened))


async def _sweep_until(application: Application, clock: Clock, minutes: int) -> None:
    while clock.time < BEGAN + timedelta(minutes=minutes):
        await application.service.escalation.sweep()
        await clock.sleep(timedelta(seconds=30))


async def _steps(application: Application) -> list[tuple[int, list[str], list[str]]]:
    """When, in minutes; which teams and people."""
    told = [entry for entry in await application.views.audit() if entry.event.type is EventType.ESCALATED]
    return [
        (
            int((entry.at - BEGAN).total_seconds() / 60),
            list(entry.event.facts["teams"]),  # type: ignore[arg-type]  # lists of names
            list(entry.event.facts["people"]),  # type: ignore[arg-type]  # lists of names
        )
        for entry in told
        if "step" in entry.event.facts
    ]


WHOLE = [(5, [], ["bob"]), (15, ["shop"], ["eve"]), (60, ["platform"], [])]


async def test_while_nobody_has_seen_it_one_after_the_other_is_called_also_across_restarts(tmp_path: Path) -> None:
    clock = Clock()
    for minutes in (4, 6, 14, 16, 59, 120):
        async with _open(tmp_path, clock) as application:
            if minutes == 4:
                await _incident(application)
            await _sweep_until(application, clock, minutes)
    async with _open(tmp_path, clock) as application:
        assert await _steps(application) == WHOLE
        texts = [entry.event.text for entry in await application.views.audit()]
        assert texts[1:] == [
            "Nobody has seen this for 5 min: Errors on cart. bob is on duty until 2026-11-22 09:00 UTC. Step 1 of 3.",
            "Nobody has seen this for 15 min: Errors on cart. Team shop is told. eve is called. Step 2 of 3.",
            (
                "Nobody has seen this for 1 h: Errors on cart. Team platform is told. Step 3 of 3."
                " Nobody is left to call after this."
            ),
        ]


@pytest.mark.parametrize("swept", [True, False], ids=["on the record", "not yet"])
async def test_a_clock_that_was_ahead_as_it_began_keeps_nobody_from_being_called(tmp_path: Path, swept: bool) -> None:
    clock = Clock()
    clock.time += timedelta(days=3)
    async with _open(tmp_path, clock) as application:
        await _incident(application)
        if swept:
            await application.service.escalation.sweep()
    clock.time = BEGAN
    async with _open(tmp_path, clock) as application:
        await _sweep_until(application, clock, 120)
        assert await _steps(application) == WHOLE


async def test_an_incident_that_comes_up_again_after_the_clock_was_set_back_has_people_called(tmp_path: Path) -> None:
    clock = Clock()
    clock.time += timedelta(days=3)
    async with _open(tmp_path, clock) as application:
        clock.time = BEGAN
        again = an_incident(BEGAN, severity=Severity.HIGH, team="shop", episode=2)
        await application.record.database.write(lambda connection: incidents.insert(connection, again))
        await _sweep_until(application, clock, 120)
        assert await _steps(application) == WHOLE


async def test_steps_that_came_due_while_nothing_ran_are_taken_in_order(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await _incident(application)
        await application.service.escalation.sweep()
    clock.time += timedelta(minutes=20)
    async with _open(tmp_path, clock) as application:
        assert [await application.service.escalation.sweep() for _ in range(4)] == [1, 1, 0, 0]
        assert [people for _, _, people in await _steps(application)] == [["bob"], ["eve"]]


async def test_many_workers_that_sweep_at_once_take_a_step_once(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await _incident(application)
        await application.service.escalation.sweep()
        clock.time += timedelta(minutes=6)
        swept = await asyncio.gather(*(application.service.escalation.sweep() for _ in range(20)))
        assert (sum(swept), len(await _steps(application))) == (1, 1)


async def test_whoever_has_seen_it_ends_it(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await _incident(application)
        await _sweep_until(application, clock, 6)
        await application.service.people.acknowledge("inc-1", ANN)
        await application.service.people.acknowledge("inc-1", ANN)
        await _sweep_until(application, clock, 120)
        assert await _steps(application) == WHOLE[:1]
        texts = [entry.event.text for entry in (await application.views.incident("inc-1")).timeline]
        assert texts[1:] == ["ann has seen it; nobody else is called.", "ann has seen it, too."]


async def test_a_question_is_followed_up_until_it_is_decided(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await _incident(application, Severity.LOW)
        valid = timedelta(hours=2)
        asked = await application.record.approvals.request(proposal(), "a human is asked", "Restart cart?", valid)
        await _sweep_until(application, clock, 20)
        await application.service.people.decide(asked.id, Decision.DENY, ANN, "rest")
        await _sweep_until(application, clock, 120)
        assert await _steps(application) == WHOLE[:2]
        first = next(entry for entry in await application.views.audit() if "step" in entry.event.facts)
        assert first.event.text.startswith("Nobody has answered for 5 min: Restart cart? bob is on duty until")


async def test_an_incident_that_is_not_grave_waits_for_somebody_to_look(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock) as application:
        await _incident(application, Severity.MEDIUM)
        await _sweep_until(application, clock, 120)
        assert await _steps(application) == []


async def test_pagerduty_is_asked_who_is_on_duty_and_the_written_schedule_counts_when_it_fails(tmp_path: Path) -> None:
    with PagerDutyFarEnd() as far_end:
        far_end.on_call["PSCHED"] = [{"name": "Kim Lee", "email": "Kim@example.org", "end": "2026-11-21T20:00:00Z"}]
        for answer in ("kim", "bob"):
            clock = Clock()
            folder = tmp_path / answer
            folder.mkdir()
            given = {"pagerduty_token": SecretStr(TOKEN), "pagerduty_api_url": far_end.url}
            async with _open(folder, clock, **given) as application:
                await _incident(application)
                await application.service.escalation.sweep()
                clock.time += timedelta(minutes=5)
                await application.service.escalation.sweep()
                assert [people for _, _, people in await _steps(application)] == [[answer]]
                [told] = [one.event.text for one in await application.views.audit() if "step" in one.event.facts]
            far_end.plan(Instead(Answer(500, {"error": {"message": "Internal Server Error"}})), method="GET")
        assert "PagerDuty did not answer; by the written schedule: bob is on duty" in told
