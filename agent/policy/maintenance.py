"""Which planned windows are in force, and whom do they keep from being paged?"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agent.domain.incident import Incident
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.silence import Silence
from agent.policy.matching import conditions
from agent.policy.on_call import within


def in_force(calendar: Iterable[MaintenanceWindow], at: datetime) -> Iterator[Silence]:
    """Each as the silence it is at that moment, with the same id as long as it lasts."""
    for window in calendar:
        if window.starts_at is not None and window.ends_at is not None and window.starts_at <= at < window.ends_at:
            yield _silence(window, window.starts_at, window.ends_at)
        elif window.hours is not None and within(window.hours, at):
            zone = ZoneInfo(window.hours.zone)
            day = at.astimezone(zone).date()
            yield _silence(
                window,
                datetime.combine(day, window.hours.begin, zone),
                datetime.combine(day, window.hours.end, zone),
            )


def hush(silences: Iterable[Silence], incident: Incident) -> Silence | None:
    """The one that ends last, of those that let incidents open and keep people from being paged about this one."""
    about = [one for one in silences if one.opens and conditions(one.matchers).hold(incident.labels)]
    return max(about, key=lambda one: one.ends_at, default=None)


def hushes(silence: Silence) -> str:
    """The sentence that people read."""
    return f"Nobody is paged: {silence.title} lasts until {silence.ends_at:%Y-%m-%d %H:%M} UTC."


def _silence(window: MaintenanceWindow, starts_at: datetime, ends_at: datetime) -> Silence:
    return Silence(
        id=f"calendar:{window.name}:{starts_at.astimezone(UTC):%Y%m%dT%H%M}"[:80],
        matchers=window.matchers,
        starts_at=starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        created_by="the calendar",
        name=window.name,
        opens=window.opens,
    )
