"""How much noise is there, and does the agent keep up? What the record says when it is added up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, String, cast, func, select

from agent.analysis.capacity import TELLING, Plan, Told, Traffic, episodes, plan, traffic
from agent.domain.alert import Fate
from agent.domain.base import Noun
from agent.ports import Clock
from agent.storage import alert_rows, jobs
from agent.storage.tables import alerts, incidents, journal, journal_head, quarantine, receipts

TARGET = timedelta(seconds=10)
"""How long an incident may wait for a worker, for `Capacity.plan`."""
_LOOKED_AT = 50_000
"""Entries of the journal, the newest, that capacity is reckoned from."""
_NOISIEST = 20
NAMED = 20_000
"""Alerts, the latest, that are asked for their names: those lie in what was sent, and have no index."""


class Day(Noun):
    date: str
    """ISO 8601, in UTC."""
    alerts: int
    incidents: int


class Noisy(Noun):
    """Alerts of one name."""

    name: str
    alerts: int
    fates: dict[str, int]
    """How many ended where; `waiting` for those not placed yet."""
    incidents: int
    """Different incidents that they are part of."""


class Noise(Noun):
    """Alerts in, incidents out."""

    since: datetime
    alerts: int
    incidents: int
    """Opened since then."""
    fates: dict[str, int]
    """How many ended where; `waiting` for those not placed yet."""
    days: tuple[Day, ...]
    """Each on which something came, in order."""
    noisiest: tuple[Noisy, ...]
    """The most alerts first; of the latest `NAMED` at most."""

    @property
    def reduction(self) -> float:
        """The part of the alerts that nobody had to look at one by one, 0 to 1."""
        return max(0.0, 1 - self.incidents / self.alerts) if self.alerts else 0.0


class Capacity(Noun):
    waiting: int
    """Jobs in the queue."""
    oldest: timedelta
    """How long the first of them has waited."""
    traffic: Traffic | None
    """None while nothing has been diagnosed."""
    plan: Plan | None
    """What keeps the wait at the peak under `TARGET`."""


def noise(connection: Connection, since: datetime) -> Noise:
    fates = _fates(connection, since)
    opened = connection.scalar(select(func.count()).select_from(incidents).where(incidents.c.opened_at >= since))
    return Noise(
        since=since,
        alerts=sum(fates.values()),
        incidents=opened or 0,
        fates=fates,
        days=_days(connection, since),
        noisiest=_noisiest(connection, since),
    )


def capacity(connection: Connection, clock: Clock) -> Capacity:
    load = traffic(episodes(_told(connection)))
    return Capacity(
        waiting=jobs.depth(connection),
        oldest=jobs.oldest(connection, clock),
        traffic=load,
        plan=plan(load, TARGET) if load else None,
    )


def _told(connection: Connection) -> Iterator[Told]:
    head = connection.scalar(select(journal_head.c.sequence)) or 0
    latest = (journal.c.sequence > head - _LOOKED_AT, journal.c.type.in_(TELLING))
    query = select(journal.c.at, journal.c.type, journal.c.incident).where(*latest).order_by(journal.c.sequence)
    return (Told(*row) for row in connection.execute(query))


def _fates(connection: Connection, since: datetime) -> dict[str, int]:
    # By an expression: SQLite would else go through the alerts of all times in the order of their fates.
    fate = func.coalesce(alerts.c.fate, "waiting")
    counted = select(fate, func.count()).where(alerts.c.received_at >= since).group_by(fate)
    found: dict[str, int] = {str(name): number for name, number in connection.execute(counted)}
    unread = select(func.count()).select_from(quarantine.join(receipts)).where(receipts.c.received_at >= since)
    aside = found.get(Fate.QUARANTINED, 0) + (connection.scalar(unread) or 0)
    return found | ({Fate.QUARANTINED.value: aside} if aside else {})


def _days(connection: Connection, since: datetime) -> tuple[Day, ...]:
    def by_day(moment: Column[datetime]) -> dict[str, int]:
        day = func.substr(cast(moment, String), 1, 10)
        counted = select(day, func.count()).where(moment >= since).group_by(day)
        return {str(date): number for date, number in connection.execute(counted)}

    came, opened = by_day(alerts.c.received_at), by_day(incidents.c.opened_at)
    return tuple(
        Day(date=date, alerts=came.get(date, 0), incidents=opened.get(date, 0)) for date in sorted({*came, *opened})
    )


def _noisiest(connection: Connection, since: datetime) -> tuple[Noisy, ...]:
    latest = select(alerts).where(alerts.c.received_at >= since).order_by(alerts.c.received_at.desc()).limit(NAMED)
    each = latest.subquery()
    name = alert_rows.name(connection, each.c.alert)
    counted = (
        select(name, each.c.fate, func.count(), func.count(each.c.incident.distinct()))
        .where(name.is_not(None), each.c.fate.is_distinct_from(Fate.QUARANTINED))
        .group_by(name, each.c.fate)
    )
    found: dict[str, Noisy] = {}
    for said, fate, number, apart in connection.execute(counted):
        known = found.get(said) or Noisy(name=said, alerts=0, fates={}, incidents=0)
        found[said] = Noisy(
            name=said,
            alerts=known.alerts + number,
            fates=known.fates | {str(fate or "waiting"): number},
            incidents=max(known.incidents, apart),
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.alerts, one.name))[:_NOISIEST])
