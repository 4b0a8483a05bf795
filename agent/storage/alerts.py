"""Where is each alert, and where did it end? Receipts, alerts, and what could not be parsed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, func, literal, or_, select, update

from agent.domain.alert import Alert, AlertStatus, Fate, Placed
from agent.domain.base import Noun
from agent.domain.errors import Conflict
from agent.domain.incident import LIVE
from agent.ports import Unparsed
from agent.storage import tallies
from agent.storage.alert_rows import Unreadable, read, readable, stored
from agent.storage.sight import Teams, within
from agent.storage.tables import alerts, incidents, quarantine, receipts

T = TypeVar("T")

PART = 1_000
"""Ids that one statement names at most: a driver takes only so many values."""
_CORRELATED = alerts.c.fate != Fate.QUARANTINED
"""Placed, and not set aside: what the correlator failed of once is not shown to it again."""
_SILENCED = func.coalesce(alerts.c.fate, "") == Fate.SILENCED
"""Said so that they are found by their time: SQLite would else look at all that ever were."""


class Receipt(Noun):
    """What a sender is told: this much is on the disk."""

    id: str
    integration: str
    sender: str
    received_at: datetime
    accepted: int
    quarantined: int


@dataclass(frozen=True)
class Arrival:
    """A webhook's body, parsed, on its way to the disk."""

    receipt: Receipt
    alerts: Sequence[tuple[str, Alert]]
    """(our id, the alert)"""
    unparsed: Sequence[Unparsed]


class Aside(Noun):
    """An alert that has no incident, because it could not be placed or read."""

    id: str
    receipt: str
    received_at: datetime
    name: str
    """Empty when it cannot be read."""
    reason: str


class Waiting(NamedTuple):
    """What is to be placed, in order, and what nobody can read."""

    alerts: list[Placed]
    unreadable: list[Unreadable]


def store(connection: Connection, arrival: Arrival) -> None:
    """Put the receipt, its alerts and whatever could not be parsed on the record."""
    receipt = arrival.receipt
    connection.execute(receipts.insert().values(receipt.model_dump()))
    if arrival.alerts:
        connection.execute(alerts.insert(), [_row(receipt, id_, alert) for id_, alert in arrival.alerts])
    if arrival.unparsed:
        rows = [{"receipt": receipt.id, "body": part.body, "reason": part.reason} for part in arrival.unparsed]
        connection.execute(quarantine.insert(), rows)
        tallies.add(connection, {tallies.UNPARSED: len(rows)})


def unplaced(connection: Connection, limit: int) -> Waiting:
    """The oldest alerts that the correlator has not seen yet."""
    query = stored(connection).where(alerts.c.fate.is_(None)).order_by(alerts.c.sequence).limit(limit)
    waiting = Waiting([], [])
    for row in connection.execute(query):
        match read(row):
            case Placed() as placed:
                waiting.alerts.append(_news(row, placed))
            case Unreadable() as unreadable:
                waiting.unreadable.append(unreadable)
    return waiting


def held_back(connection: Connection, since: datetime) -> list[Placed]:
    """Of each occurrence that was silenced since then and whose end nobody told, the latest message."""
    query = stored(connection).where(_SILENCED, alerts.c.received_at >= since)
    # Sorted here: asked for this order, SQLite would go through all of them in it.
    found = sorted(connection.execute(query), key=lambda row: row.sequence)
    latest = {row.occurrence: one for row in found if isinstance(one := read(row), Placed)}
    return [one for one in latest.values() if one.alert.status is AlertStatus.FIRING]


def look_at_again(connection: Connection, ids: Sequence[str], fate: Fate, at: datetime) -> None:
    """Those that ended so are to be placed as if they had been received now."""
    for part in _parts(ids):
        again = update(alerts).where(alerts.c.id.in_(part), alerts.c.fate == fate)
        looked = connection.execute(again.values(fate=None, reason="", looked_at_again=at)).rowcount
        tallies.add(connection, {fate: -looked})


def look_at_what_followed(connection: Connection, at: datetime) -> None:
    """So is what came of the same occurrences since and found nothing to end: what is over must not stay open."""
    looked_at = select(alerts.c.occurrence, func.min(alerts.c.sequence).label("first")).group_by(alerts.c.occurrence)
    begun = connection.execute(looked_at.where(alerts.c.fate.is_(None), alerts.c.looked_at_again == at))
    first = {row.occurrence: row.first for row in begun}
    # In parts, and not by a join: each engine takes some join of the two for cheap that takes minutes.
    for part in _parts(list(first)):
        ended_nothing = (alerts.c.fate == Fate.DUPLICATE, alerts.c.incident.is_(None))
        query = select(alerts.c.sequence, alerts.c.occurrence).where(alerts.c.occurrence.in_(part), *ended_nothing)
        followed = [row.sequence for row in connection.execute(query) if row.sequence > first[row.occurrence]]
        for some in _parts(followed):
            again = update(alerts).where(alerts.c.sequence.in_(some))
            looked = connection.execute(again.values(fate=None, reason="", looked_at_again=at)).rowcount
            tallies.add(connection, {Fate.DUPLICATE: -looked})


def held_back_by(connection: Connection, silence: str, since: datetime) -> int:
    """How many messages the silence has kept from opening an incident; it began then."""
    came = or_(alerts.c.received_at >= since, alerts.c.looked_at_again >= since)
    reason = alerts.c.reason.contains(f"(silence {silence})", autoescape=True)
    return connection.scalar(select(func.count()).where(came, _SILENCED, reason)) or 0


def place(connection: Connection, placed: Sequence[Placed]) -> None:
    """Write down where they ended. An alert is placed once: a second time changes nothing."""
    once = update(alerts).where(alerts.c.id == bindparam("its_id"), alerts.c.fate.is_(None))
    values = once.values(fate=bindparam("its_fate"), reason=bindparam("its_reason"), incident=bindparam("its_incident"))
    ended: dict[Fate, list[dict[str, Any]]] = {}
    for one in placed:
        row = {"its_id": one.id, "its_fate": one.fate, "its_reason": one.reason, "its_incident": one.incident}
        if one.fate:
            ended.setdefault(one.fate, []).append(row)
    # By fate, so that each statement tells how many of them it was that ended there.
    tallies.add(connection, {fate: connection.execute(values, rows).rowcount for fate, rows in ended.items()})


def set_aside(connection: Connection, unreadable: Sequence[Unreadable]) -> None:
    """They are no longer in the way of the others; what stands in their rows is left as it is."""
    for one in unreadable:
        waits = update(alerts).where(alerts.c.id == one.id, alerts.c.fate.is_(None))
        aside = connection.execute(waits.values(fate=Fate.QUARANTINED, reason=one.why)).rowcount
        tallies.add(connection, {Fate.QUARANTINED: aside})


def asides(connection: Connection, limit: int) -> list[Aside]:
    """The oldest."""
    query = stored(connection).where(alerts.c.fate == Fate.QUARANTINED).order_by(alerts.c.sequence).limit(limit)
    return [_aside(row) for row in connection.execute(query)]


def set_aside_of(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Which of them are set aside, the oldest first; of all, when none is named."""
    named = [alerts.c.id.in_(ids)] if ids else []
    query = select(alerts.c.id).where(alerts.c.fate == Fate.QUARANTINED, *named).order_by(alerts.c.sequence)
    return list(connection.scalars(query))


def move(connection: Connection, ids: Sequence[str], incident: str, why: str) -> None:
    """They are part of another incident now; the sentence is added to each one's reason."""
    moved = update(alerts).where(alerts.c.id == bindparam("its_id"))
    reason = func.trim(alerts.c.reason + literal(" " + why))
    connection.execute(moved.values(incident=incident, reason=reason), [{"its_id": id_} for id_ in ids])


def remembered(connection: Connection, moment: datetime) -> list[Placed]:
    """Placed alerts received since then, and all of live incidents, in order: what the correlator must know again."""
    live = select(incidents.c.id).where(incidents.c.status.in_(LIVE))
    wanted = or_(alerts.c.received_at >= moment, alerts.c.incident.in_(live))
    return _in_order(connection, stored(connection).where(wanted, _CORRELATED))


def placed_since(connection: Connection, moment: datetime) -> list[Placed]:
    """Placed alerts received since then, in order."""
    return _in_order(connection, stored(connection).where(alerts.c.received_at >= moment, _CORRELATED))


def of_incident(connection: Connection, incident: str) -> list[Placed]:
    return _in_order(connection, stored(connection).where(alerts.c.incident == incident))


def one(connection: Connection, id_: str, teams: Teams = None) -> Placed | None:
    """Conflict when it is there and cannot be read."""
    query = stored(connection).where(alerts.c.id == id_, *within(alerts.c.incident, teams))
    row = connection.execute(query).one_or_none()
    found = read(row) if row else None
    if isinstance(found, Unreadable):
        raise Conflict(f"{found.why} GET /api/receipts/{found.receipt} shows what stands there.")
    return found


def receipt(
    connection: Connection, id_: str, teams: Teams = None
) -> tuple[Receipt, list[Placed], list[tuple[str, bytes]]] | None:
    """The receipt, its alerts, and (reason, body) of what was quarantined, which is no team's."""
    row = connection.execute(select(receipts).where(receipts.c.id == id_)).one_or_none()
    if row is None:
        return None
    its_alerts = stored(connection).where(alerts.c.receipt == id_, *within(alerts.c.incident, teams))
    found = [read(alert) for alert in connection.execute(its_alerts.order_by(alerts.c.sequence))]
    kept = connection.execute(select(quarantine).where(quarantine.c.receipt == id_).order_by(quarantine.c.id))
    not_read = [(part.reason, part.body) for part in kept if teams is None]
    return (
        Receipt.model_validate(dict(row._mapping)),  # noqa: SLF001 (a named tuple's public method, by its name)
        [one for one in found if isinstance(one, Placed)],
        not_read + [(one.why, one.body) for one in found if isinstance(one, Unreadable)],
    )


def counts(connection: Connection) -> dict[str, int]:
    """How many alerts ended where; `waiting` for those not placed yet, of whom `tallies.WAITING` are told at most."""
    found = tallies.told(connection)
    if waits := tallies.waiting(connection):
        found["waiting"] = waits
    found[Fate.QUARANTINED] = found.get(Fate.QUARANTINED, 0) + found.pop(tallies.UNPARSED, 0)
    return found


def _parts(many: Sequence[T]) -> Iterator[Sequence[T]]:
    return (many[first : first + PART] for first in range(0, len(many), PART))


def _row(receipt: Receipt, id_: str, alert: Alert) -> dict[str, Any]:
    identity = alert.identity
    return {
        "id": id_,
        "receipt": receipt.id,
        "received_at": receipt.received_at,
        "event": identity.event,
        "occurrence": identity.occurrence,
        "alert": alert.model_dump(mode="json"),
    }


def _news(row: Row[Any], placed: Placed) -> Placed:
    """One that was held back or set aside is news when it is looked at again."""
    return placed.model_copy(update={"received_at": row.looked_at_again}) if row.looked_at_again else placed


def _aside(row: Row[Any]) -> Aside:
    found = read(row)
    name = found.alert.name if isinstance(found, Placed) else ""
    return Aside(id=row.id, receipt=row.receipt, received_at=row.received_at, name=name, reason=row.reason)


def _in_order(connection: Connection, query: Select[Any]) -> list[Placed]:
    return list(readable(connection.execute(query.order_by(alerts.c.sequence))))
