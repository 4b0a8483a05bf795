from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from agent.analysis.capacity import Episode, Told, Traffic, episodes, erlang_c, mean_wait, plan, traffic
from agent.domain.event import EventType

START = datetime(2026, 11, 21, 3, tzinfo=UTC)


def journal(*told: tuple[float, EventType, str]) -> list[Told]:
    """Entries of (seconds after START, what, incident)."""
    return [Told(START + timedelta(seconds=after), kind, incident) for after, kind, incident in told]


def test_an_episode_is_answered_when_diagnosed_and_costs_a_worker_no_time_while_a_human_thinks() -> None:
    found = episodes(
        journal(
            (0, EventType.INCIDENT_OPENED, "a"),
            (2, EventType.TRIAGED, "a"),
            (9, EventType.DIAGNOSED, "a"),
            (10, EventType.APPROVAL_REQUESTED, "a"),
            (600, EventType.APPROVAL_DECIDED, "a"),
            (605, EventType.REPORTED, "a"),
        )
    )
    assert found == [
        Episode(arrived=START, answered=START + timedelta(seconds=9), busy=timedelta(seconds=8 + 5)),
    ]


def test_a_reopened_incident_is_a_new_episode_and_another_incidents_entries_are_not_its_own() -> None:
    found = episodes(
        journal(
            (0, EventType.INCIDENT_OPENED, "a"),
            (1, EventType.TRIAGED, "a"),
            (2, EventType.DIAGNOSED, "a"),
            (3, EventType.REPORTED, "a"),
            (50, EventType.INCIDENT_OPENED, "b"),
            (100, EventType.INCIDENT_REOPENED, "a"),
            (104, EventType.DIAGNOSED, "a"),
            (200, EventType.FEEDBACK, "never opened"),
        )
    )
    assert found == [
        Episode(arrived=START, answered=START + timedelta(seconds=2), busy=timedelta(seconds=2)),
        Episode(arrived=START + timedelta(seconds=50)),
        Episode(arrived=START + timedelta(seconds=100), answered=START + timedelta(seconds=104)),
    ]


def test_traffic_keeps_littles_law_and_finds_the_busiest_quarter_of_an_hour() -> None:
    # Ten at once in a storm, then one an hour later.
    arrivals = [START + timedelta(seconds=second) for second in [*range(10), 3600]]
    load = traffic(
        [Episode(arrived=at, answered=at + timedelta(seconds=36), busy=timedelta(seconds=30)) for at in arrivals]
    )
    assert load == Traffic(
        episodes=11,
        hours=1.0,
        rate=11.0,
        peak_rate=40.0,
        answer_seconds=36.0,
        in_progress=11 / 3600 * 36,
        busy_seconds=30.0,
    )


def test_a_journal_without_a_diagnosis_gives_no_figures() -> None:
    assert (traffic([]), traffic([Episode(arrived=START)])) == (None, None)


@pytest.mark.parametrize(
    ("slots", "offered", "waiting"),
    [
        (1, 0.5, 0.5),  # with one server it is the load itself
        (2, 1.0, 1 / 3),  # two servers, half loaded: a² / (2 + a)
        (10, 8.0, 0.4092),  # a table of Erlang C
        (100, 80.0, 0.0196),  # where a sum of factorials is at its limits
    ],
)
def test_the_share_that_must_wait_is_erlangs(slots: int, offered: float, waiting: float) -> None:
    assert erlang_c(slots, offered) == pytest.approx(waiting, abs=5e-5)


def test_a_load_that_the_slots_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="2 slots cannot carry a load of 2"):
        erlang_c(2, 2.0)


def test_the_plan_has_the_fewest_slots_that_keep_the_target() -> None:
    load = Traffic(episodes=100, hours=24, rate=4, peak_rate=240, answer_seconds=60, in_progress=0.1, busy_seconds=60)
    planned = plan(load, timedelta(seconds=10))
    offered = 240 / 3600 * 60
    assert (planned.slots, planned.busy) == (6, offered / 6)
    assert planned.waits == pytest.approx(8.54, abs=0.01)  # 0.2847 of the arrivals wait 60 s / (6 - 4)
    assert mean_wait(5, offered, 60) > 10


def test_what_is_told_of_a_load_is_what_a_clock_beside_it_counts() -> None:
    chance, slots, at = Random(7), [0.0, 0.0], 0.0
    told: list[tuple[float, EventType, str]] = []
    held: list[tuple[float, float]] = []
    for number in range(2_000):
        at += chance.expovariate(1 / 30)
        begins = max(at, min(slots))
        ends = begins + chance.uniform(20, 60)
        slots[slots.index(min(slots))] = ends
        held.append((at, ends))
        told += [(at, EventType.INCIDENT_OPENED, f"i{number}"), (begins, EventType.TRIAGED, f"i{number}")]
        told += [(ends, EventType.DIAGNOSED, f"i{number}"), (ends, EventType.REPORTED, f"i{number}")]
    found = traffic(episodes(journal(*sorted(told))))
    assert found is not None
    # Looked at once a second, how many are without a diagnosis?
    changes = sorted([(begin, 1) for begin, _ in held] + [(end, -1) for _, end in held])
    looks, present, at_once = range(int(held[0][0]), int(held[-1][0])), 0, []
    for second in looks:
        while changes and changes[0][0] <= second:
            present += changes.pop(0)[1]
        at_once.append(present)
    assert found.in_progress == pytest.approx(sum(at_once) / len(at_once), rel=0.02)
    assert found.rate == pytest.approx(2_000 / (held[-1][0] - held[0][0]) * 3600)
    assert found.answer_seconds == pytest.approx(sum(end - begin for begin, end in held) / 2_000, rel=1e-6)
    assert found.busy_seconds == pytest.approx(40, rel=0.02)
