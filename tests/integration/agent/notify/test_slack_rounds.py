"""Is nobody woken for little, and nobody left without what happened?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.domain.alert import Severity
from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.silence import Matcher
from agent.identity.roles import Caller
from agent.storage import incidents
from tests.clocks import Clock
from tests.farends.answers import Answer, Instead
from tests.integration.agent.entrypoints.slack.office import Office, office

QUIET = "quiet: {begin: '22:00', end: '07:00', zone: Europe/Berlin, unless: high}"
NIGHT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 21, 6, 0, 30, tzinfo=UTC)
"""Seven in Berlin."""


def _clock(at: datetime) -> Clock:
    clock = Clock()
    clock.time = at
    return clock


async def _move(here: Office, incident: str, status: IncidentStatus) -> None:
    move, chain = incidents.move, here.application.record.chain
    await here.application.record.database.write(lambda connection: move(connection, chain, incident, status, "So."))


async def _rounds(here: Office, number: int = 3) -> None:
    for _ in range(number):
        await here.dispatch()


def _cards(here: Office) -> list[str]:
    return [one.text for one in here.slack.messages if not one.thread_ts]


async def test_a_lesser_incident_waits_for_the_morning_and_a_grave_one_does_not(tmp_path: Path) -> None:
    clock = _clock(NIGHT)
    async with office(tmp_path, slack_too=QUIET, clock=clock) as here:
        await here.incident("inc-1", severity=Severity.LOW, title="Disk", status=IncidentStatus.OPEN)
        await here.incident("inc-2", severity=Severity.CRITICAL, title="Down", status=IncidentStatus.OPEN)
        await here.tell(EventType.DIAGNOSED, "inc-1", "It fills.")
        await _rounds(here)
        assert _cards(here) == ["[CRITICAL] Down: open"]
        clock.time = MORNING
        await _rounds(here)
        assert _cards(here) == ["[CRITICAL] Down: open", "[LOW] Disk: open"]
        assert here.slack.thread(here.slack.messages[1]) == ["It fills."]


async def test_during_maintenance_nothing_is_told_and_afterwards_what_is_not_over(tmp_path: Path) -> None:
    clock = _clock(MORNING)
    async with office(tmp_path, clock=clock) as here:
        silencing = here.application.service.silencing
        matchers = (Matcher(label="service", value="cart"),)
        window = MaintenanceWindow(
            name="disks", matchers=matchers, starts_at=MORNING, ends_at=MORNING + timedelta(hours=1), opens=True
        )
        await silencing.plan(window, "", Caller(name="ann", kind="person", scopes=frozenset({"admin"})))
        await here.incident("inc-1", title="Down", status=IncidentStatus.OPEN)
        await here.incident("inc-2", title="Over", status=IncidentStatus.OPEN)
        await here.incident("inc-3", title="Asks")
        await here.ask("inc-3")
        await here.tell(EventType.DIAGNOSED, "inc-1", "It fills.")
        await _rounds(here)
        assert _cards(here) == ["[HIGH] Asks: awaiting approval"]
        await _move(here, "inc-2", IncidentStatus.RESOLVED)
        clock.time = MORNING + timedelta(hours=1)
        await silencing.sweep()
        await _rounds(here)
        assert _cards(here) == ["[HIGH] Asks: awaiting approval", "[HIGH] Down: open"]
        [down] = [one for one in here.slack.messages if one.text == "[HIGH] Down: open"]
        assert here.slack.thread(down) == ["It fills."]


async def test_what_waits_for_a_human_is_told_at_any_hour(tmp_path: Path) -> None:
    async with office(tmp_path, slack_too=QUIET, clock=_clock(NIGHT)) as here:
        await here.incident("inc-1", severity=Severity.LOW)
        await here.incident("inc-2", severity=Severity.LOW, status=IncidentStatus.PARKED)
        await here.ask("inc-1")
        await _rounds(here)
        assert _cards(here) == ["[LOW] High errors on cart: awaiting approval", "[LOW] High errors on cart: parked"]


async def test_in_quiet_hours_a_card_that_stands_is_kept_current_without_a_word(tmp_path: Path) -> None:
    clock = _clock(NIGHT - timedelta(hours=3))
    async with office(tmp_path, slack_too=QUIET, clock=clock) as here:
        await here.incident(severity=Severity.LOW, status=IncidentStatus.OPEN)
        await _rounds(here)
        clock.time = NIGHT
        await here.tell(EventType.DIAGNOSED, "inc-1", "It fills.")
        await _move(here, "inc-1", IncidentStatus.RESOLVED)
        await _rounds(here)
        card = here.slack.card()
        assert (card.text, here.slack.thread(card)) == ("[LOW] High errors on cart: resolved", [])


async def test_what_was_over_before_morning_is_one_line(tmp_path: Path) -> None:
    clock = _clock(NIGHT)
    async with office(tmp_path, slack_too=QUIET, clock=clock) as here:
        for number in range(3):
            await here.incident(
                f"inc-{number}", severity=Severity.LOW, status=IncidentStatus.OPEN, title=f"<!here> {number}"
            )
            await _rounds(here, 1)
            await _move(here, f"inc-{number}", IncidentStatus.RESOLVED)
        await _rounds(here)
        clock.time = MORNING
        await _rounds(here)
        [told] = _cards(here)
    assert told.splitlines() == [
        "3 incidents were over before you could be told:",
        *[f"• inc-{number} · low · &lt;!here&gt; {number}" for number in range(3)],
    ]


async def test_after_an_hour_without_slack_each_incident_is_told_at_once_and_as_it_is_now(tmp_path: Path) -> None:
    clock = _clock(NIGHT)
    async with office(tmp_path, clock=clock) as here:
        await here.incident("inc-1", status=IncidentStatus.OPEN)
        await _rounds(here, 1)
        here.slack.plan(Instead(Answer(503, "")), times=10_000)
        for minute in range(60):
            clock.time += timedelta(minutes=1)
            await here.tell(EventType.EFFECT_OUTCOME, "inc-1", f"Step {minute} of inc-1.")
            if minute % 10 == 0:
                id_ = f"inc-{minute + 2}"
                await here.incident(id_, status=IncidentStatus.OPEN, title=f"Number {minute}")
                await here.tell(EventType.DIAGNOSED, id_, f"{id_} leaks.")
            await _rounds(here, 1)
        await _move(here, "inc-2", IncidentStatus.RESOLVED)
        await here.tell(EventType.PARKED, "inc-1", "A human must look.")
        assert len(here.slack.messages) == 1
        here.slack.behave()
        for _ in range(10):
            clock.time += timedelta(minutes=3)
            await _rounds(here, 1)
        cards = _cards(here)
        [told] = here.slack.thread(here.slack.messages[0])
        effects = [str(one["effect"]) for one in here.slack.journal]
    assert cards == [
        "[HIGH] High errors on cart: open",
        *[f"[HIGH] Number {minute}: open" for minute in range(10, 60, 10)],
        "1 incident was over before you could be told:\n• inc-2 · high · Number 0",
    ]
    assert told.splitlines()[-1].endswith("A human must look.")
    assert len(told.splitlines()) == 21
    assert (effects.count("post"), effects.count("reply"), effects.count("update")) == (7, 6, 0)


async def test_once_a_day_people_hear_what_was_suppressed(tmp_path: Path) -> None:
    clock = _clock(MORNING)
    body = '{"title": "%s", "status": "firing", "labels": {"service": "cart", "alertname": "%s"}}'
    async with office(tmp_path, slack_too="digest: {at: '09:00', zone: Europe/Berlin}", clock=clock) as here:
        service = here.application.service
        ann = Caller(name="ann", kind="person", scopes=frozenset({"admin"}))
        await service.silencing.add([Matcher(label="alertname", value="Disk")], timedelta(hours=9), "known", ann)
        for name in ("Disk", "Disk", "Down"):
            clock.time += timedelta(seconds=1)
            await service.intake.receive("generic", "test", (body % (name, name)).encode())
            await service.placement.place_waiting()
        await _rounds(here)
        before = len(here.slack.messages)
        clock.time = MORNING + timedelta(hours=2)
        await _rounds(here)
        clock.time += timedelta(hours=3)
        await _rounds(here)
        told = [one.shown for one in here.slack.messages[before:] if not one.thread_ts]
    assert told == [
        "The last day: 3 alerts came, 1 incident opened. Where alerts ended: incident 1, silenced 2.\nSilenced: Disk 2."
    ]


async def test_what_began_and_ended_during_maintenance_is_in_the_digest(tmp_path: Path) -> None:
    clock = _clock(MORNING)
    async with office(tmp_path, slack_too="digest: {at: '09:00', zone: Europe/Berlin}", clock=clock) as here:
        await _rounds(here)
        matchers = (Matcher(label="service", value="cart"),)
        hour = timedelta(hours=1)
        window = MaintenanceWindow(
            name="disks", matchers=matchers, starts_at=MORNING, ends_at=MORNING + hour, opens=True
        )
        ann = Caller(name="ann", kind="person", scopes=frozenset({"admin"}))
        await here.application.service.silencing.plan(window, "", ann)
        await here.incident("inc-1", title="Over <!here>", status=IncidentStatus.OPEN)
        await _rounds(here)
        await _move(here, "inc-1", IncidentStatus.RESOLVED)
        clock.time = MORNING + hour
        await here.application.service.silencing.sweep()
        await _rounds(here)
        assert _cards(here) == []
        clock.time = MORNING + 2 * hour
        await _rounds(here)
        [told] = _cards(here)
    assert told.splitlines() == [
        "The last day: 0 alerts came, 1 incident opened.",
        "Began and ended during maintenance:",
        "• inc-1 · high · Over &lt;!here&gt;",
    ]
