"""Who is on duty at this moment, by a written schedule?  Local days and times, so that summer time moves nothing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.domain.duty import OnDuty, Override, Rotation, Schedule
from agent.domain.rules import Hours

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def on_duty(schedule: Schedule, at: datetime) -> OnDuty | None:
    """The override that covers the moment, else the last rotation that does; None when nobody is."""
    for override in reversed(schedule.overrides):
        if override.starts_at <= at < override.ends_at:
            return _standing_in(override)
    for rotation in reversed(schedule.rotations):
        if (found := _by_turns(rotation, at)) is not None:
            return _cut_short(found, schedule, at)
    return None


def turn(rotation: Rotation, at: datetime) -> int | None:
    """How many hand-overs there were by then; None before the first turn.

    A hand-over is one moment: of a local time that comes twice when clocks go back it is the first, and one that
    is skipped when they go forward comes as much later as they were moved (PEP 495).
    """
    day = at.astimezone(ZoneInfo(rotation.zone)).date()
    number = (day - rotation.begins).days // rotation.days
    # The hand-over of the day itself may still be to come.
    while begins(rotation, number) > at:
        number -= 1
    return number if number >= 0 else None


def begins(rotation: Rotation, number: int) -> datetime:
    """When that turn begins, in UTC."""
    day = rotation.begins + timedelta(days=number * rotation.days)
    return datetime.combine(day, rotation.handover, ZoneInfo(rotation.zone)).astimezone(UTC)


def _standing_in(override: Override) -> OnDuty:
    until = override.ends_at.astimezone(UTC)
    return OnDuty(who=override.who, why=f"{override.who} stands in until {until:%Y-%m-%d %H:%M} UTC.", until=until)


def _by_turns(rotation: Rotation, at: datetime) -> OnDuty | None:
    number = turn(rotation, at)
    if number is None or (rotation.hours and not within(rotation.hours, at)):
        return None
    who = rotation.people[number % len(rotation.people)]
    until = begins(rotation, number + 1)
    if rotation.hours:
        until = min(until, _end_of_day(rotation.hours, at))
    return OnDuty(who=who, why=_until(who, until, rotation.zone), until=until)


def within(hours: Hours, at: datetime) -> bool:
    """Is it a day and a time of them?"""
    local = at.astimezone(ZoneInfo(hours.zone))
    return _DAYS[local.weekday()] in hours.days and hours.begin <= local.time() < hours.end


def _end_of_day(hours: Hours, at: datetime) -> datetime:
    zone = ZoneInfo(hours.zone)
    return datetime.combine(at.astimezone(zone).date(), hours.end, zone).astimezone(UTC)


def _cut_short(found: OnDuty, schedule: Schedule, at: datetime) -> OnDuty:
    """An override may begin before the turn ends."""
    coming = [one.starts_at for one in schedule.overrides if one.starts_at > at]
    first = min(coming, default=None)
    if first is None or found.until is None or first >= found.until:
        return found
    until = first.astimezone(UTC)
    return OnDuty(who=found.who, why=_until(found.who, until, "UTC"), until=until)


def _until(who: str, until: datetime, zone: str) -> str:
    local = until.astimezone(ZoneInfo(zone))
    return f"{who} is on duty until {local:%Y-%m-%d %H:%M} {zone}."
