"""Who is on duty, across hand-overs, zones, overrides and the hours at which clocks are moved?"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from agent.domain.duty import OnDuty, Override, Rotation, Schedule
from agent.domain.rules import Hours
from agent.policy.on_call import on_duty


def _weekly(**more: Any) -> Rotation:
    return Rotation(people=("ann", "bob", "eve"), begins=date(2026, 3, 2), zone="Europe/Berlin", **more)


def _who(schedule: Schedule, at: str) -> str:
    found = on_duty(schedule, datetime.fromisoformat(at))
    return found.who if found else "nobody"


def test_turns_are_handed_over_at_the_local_time_and_come_round_again() -> None:
    schedule = Schedule(rotations=(_weekly(),))
    told = [
        _who(schedule, at)
        for at in (
            "2026-03-02T07:59:59+00:00",  # before the first turn, 08:59:59 in Berlin
            "2026-03-02T08:00:00+00:00",
            "2026-03-09T07:59:59+00:00",
            "2026-03-09T08:00:00+00:00",
            "2026-03-16T09:00:00+01:00",
            "2026-03-23T09:00:00+01:00",
        )
    ]
    assert told == ["nobody", "ann", "ann", "bob", "eve", "ann"]


def test_summer_time_moves_no_hand_over() -> None:
    # Clocks go forward on 29 March and back on 25 October 2026: 09:00 is 08:00, then 07:00, then 08:00 UTC.
    schedule = Schedule(rotations=(_weekly(days=1),))
    moments = ["2026-03-28T08", "2026-03-29T07", "2026-10-24T07", "2026-10-25T08"]
    for moment in moments:
        at = datetime.fromisoformat(f"{moment}:00:00+00:00")
        before, after = on_duty(schedule, at - timedelta(seconds=1)), on_duty(schedule, at)
        assert before is not None
        assert after is not None
        assert (before.until, before.who != after.who) == (at, True)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("forward", "2026-03-29T01:30:00+00:00"),  # 02:30 is skipped: the turn begins at 03:30 summer time
        ("back", "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first one counts
    ],
)
def test_a_hand_over_in_the_moved_hour_happens_once(day: str, moment: str) -> None:
    schedule = Schedule(rotations=(_weekly(days=1, handover=time(2, 30)),))
    at = datetime.fromisoformat(moment)
    hours = [on_duty(schedule, at + timedelta(minutes=minutes)) for minutes in range(-180, 180, 10)]
    names = [found.who for found in hours if found]
    assert len(names) == 36, day
    assert [number for number in range(1, 36) if names[number] != names[number - 1]] == [18]


def test_every_turn_of_three_years_is_followed_by_the_next_with_no_gap() -> None:
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"):
        rotation = Rotation(people=("ann", "bob"), begins=date(2026, 1, 1), days=1, handover=time(2, 15), zone=zone)
        schedule, at, told = Schedule(rotations=(rotation,)), datetime(2026, 1, 2, tzinfo=UTC), []
        for _ in range(3 * 365):
            found = on_duty(schedule, at)
            assert found is not None
            assert found.until is not None
            assert timedelta(0) < found.until - at <= timedelta(hours=26)
            told.append(found.who)
            at = found.until
        assert set(pairwise(told)) == {("ann", "bob"), ("bob", "ann")}, zone


def test_an_override_counts_before_every_turn_and_ends() -> None:
    stands_in = Override(
        who="kim",
        starts_at=datetime.fromisoformat("2026-03-04T18:00:00+01:00"),
        ends_at=datetime.fromisoformat("2026-03-05T08:00:00+01:00"),
    )
    schedule = Schedule(rotations=(_weekly(),), overrides=(stands_in,))
    assert on_duty(schedule, datetime(2026, 3, 4, 16, 59, tzinfo=UTC)) == OnDuty(
        who="ann",
        why="ann is on duty until 2026-03-04 17:00 UTC.",
        until=datetime(2026, 3, 4, 17, tzinfo=UTC),
    )
    assert on_duty(schedule, datetime(2026, 3, 4, 17, tzinfo=UTC)) == OnDuty(
        who="kim",
        why="kim stands in until 2026-03-05 07:00 UTC.",
        until=datetime(2026, 3, 5, 7, tzinfo=UTC),
    )
    assert _who(schedule, "2026-03-05T07:00:00+00:00") == "ann"


def test_office_hours_are_covered_by_others_than_nights() -> None:
    berlin = Hours(days=("mon", "tue", "wed", "thu", "fri"), begin=time(8), end=time(18), zone="Europe/Berlin")
    day = Rotation(people=("dan",), begins=date(2026, 3, 2), zone="Europe/Berlin", hours=berlin)
    schedule = Schedule(rotations=(_weekly(), day))
    told = [
        _who(schedule, at)
        for at in ("2026-03-03T10:00:00+01:00", "2026-03-03T18:00:00+01:00", "2026-03-07T10:00:00+01:00")
    ]
    assert told == ["dan", "ann", "ann"]
    assert on_duty(schedule, datetime.fromisoformat("2026-03-03T10:00:00+01:00")) == OnDuty(
        who="dan",
        why="dan is on duty until 2026-03-03 18:00 Europe/Berlin.",
        until=datetime(2026, 3, 3, 17, tzinfo=UTC),
    )
    assert on_duty(Schedule(rotations=(day,)), datetime.fromisoformat("2026-03-07T10:00:00+01:00")) is None


@pytest.mark.parametrize(
    "given",
    [
        {"people": [], "begins": "2026-03-02"},
        {"people": ["ann"], "begins": "2026-03-02", "zone": "Europe/Atlantis"},
        {"people": ["ann"], "begins": "2026-03-02", "days": 0},
    ],
)
def test_a_rotation_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rotation.model_validate(given)
