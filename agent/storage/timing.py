"""By which clock is a job due, and a lease over?

Where hosts share a database, by the database's: a lease that one host has written is judged by another, and their
own clocks may differ. All else goes by the host's, since it is compared with what others say the time is.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from agent.ports import Clock

OUT_OF_STEP = timedelta(seconds=2)
"""Clocks that are kept in step differ by milliseconds; what differs by more is told."""
KEEP_IN_STEP = (
    "Keep it in step (chrony, systemd-timesyncd): by it questions expire, silences end and telemetry is read."
)
TRIES = 3
"""The database is asked so often what time it is; the answer that took least counts."""


class SharedClock:
    """`ports.Clock` of one of many hosts, by which jobs go by the database's time."""

    def __init__(self, own: Clock) -> None:
        self._own = own

    def now(self) -> datetime:
        return self._own.now()

    async def sleep(self, duration: timedelta) -> None:
        await self._own.sleep(duration)


def time_of_jobs(connection: Connection, clock: Clock) -> datetime:
    return _time_of(connection) if isinstance(clock, SharedClock) else clock.now()


def ahead(connection: Connection, clock: Clock) -> timedelta:
    """How far this host is ahead of PostgreSQL, less than zero when behind; wrong by half of one answer's way at most.

    Each answer is taken to have been given in the middle of its way, as in Cristian, Probabilistic Clock
    Synchronization, 1989.
    """
    asked = [_ahead_once(connection, clock) for _ in range(TRIES)]
    return min(asked)[1]


def told(lead: timedelta) -> str:
    """In words, e.g. `this host's clock is 61.2 s ahead of the database's`."""
    way = "ahead of" if lead > timedelta(0) else "behind"
    return f"this host's clock is {abs(lead).total_seconds():.1f} s {way} the database's"


def _ahead_once(connection: Connection, clock: Clock) -> tuple[timedelta, timedelta]:
    """(how long the answer took, how far the host is ahead by it)."""
    before = clock.now()
    theirs = _time_of(connection)
    took = clock.now() - before
    return took, before + took / 2 - theirs


def _time_of(connection: Connection) -> datetime:
    # The time of this statement: `now()` is when the transaction began.
    told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return told.astimezone(UTC)
