"""What is old enough to be let go?  A bounded part of each kind at a time, and told to the journal as it goes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, bindparam, exists, func, select

from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.retention import Retention
from agent.storage import tallies
from agent.storage.journal import Chain
from agent.storage.subjects import OFTEN
from agent.storage.tables import (
    COUNTED,
    alerts,
    approvals,
    changes,
    cursors,
    incidents,
    journal,
    metadata,
    quarantine,
    reads,
    receipts,
    subjects,
    votes,
)

MOST = 500
"""Rows of one kind in one transaction; of incidents, with all that is theirs, a twentieth."""
_OF_THEIR_OWN = frozenset({"journal", "reads", "lessons"})
"""Tables that name an incident, and what is in them has an age, or a worth, of its own."""

Due = Mapping[str, Sequence[Any]]
"""By kind: the primary keys of what may go; of the journal, up to which entry."""


def due(connection: Connection, rules: Retention, now: datetime, anchored: int) -> Due:
    """What is old enough; empty when nothing is. `anchored`: the entry of the journal's latest anchor."""
    found: dict[str, Sequence[Any]] = {}
    for kind, age, table, old in _kinds(rules):
        if age is not None:
            keys = list(table.primary_key.columns)
            most = MOST // 20 if table is incidents else MOST
            found[kind] = connection.execute(select(*keys).where(old(now - age)).order_by(*keys).limit(most)).all()
    if rules.journal is not None:
        before, keep = now - rules.journal, min(anchored, _followed(connection))
        found["entries"] = connection.execute(Chain.older(before, keep, MOST)).all()
    return {kind: keys for kind, keys in found.items() if keys}


def let_go(connection: Connection, chain: Chain, found: Due) -> dict[str, int]:
    """How many of which kind went, told to the journal in the same transaction."""
    gone: dict[str, int] = {}
    for kind, keys in found.items():
        match kind:
            case "entries":
                gone[kind] = chain.let_go(connection, [row.sequence for row in keys])
            case "incidents":
                gone[kind] = _incidents(connection, [row.id for row in keys])
            case "alerts":
                tallies.let_go(connection, alerts.c.sequence.in_([row.sequence for row in keys]))
                gone[kind] = _rows(connection, alerts, keys)
            case "unparsed":
                tallies.add(connection, {tallies.UNPARSED: -len(keys)})
                gone[kind] = _rows(connection, quarantine, keys)
            case _:
                gone[kind] = _rows(connection, _TABLES[kind], keys)
    if any(gone.values()):
        said = ", ".join(f"{count} {kind}" for kind, count in gone.items())
        event = Event(type=EventType.ENTRIES_LET_GO, text=f"Let go for their age: {said}.", actor="system")
        chain.append(connection, event.model_copy(update={"facts": dict(gone)}))
    return gone


def closed_before(connection: Connection, ids: Sequence[str], moment: datetime) -> set[str]:
    """Those of the incidents that were closed before then, or are not there at all."""
    rows = connection.execute(select(incidents.c.id, incidents.c.closed_at).where(incidents.c.id.in_(ids)))
    return set(ids) - {row.id for row in rows if row.closed_at is None or row.closed_at >= moment}


_TABLES = {
    "receipts": receipts,
    "changes": changes,
    "reads": reads,
    "people": subjects,
}
_Old = Callable[[datetime], ColumnElement[bool]]


def _kinds(rules: Retention) -> tuple[tuple[str, timedelta | None, Table, _Old], ...]:
    return (
        ("incidents", rules.incidents, incidents, _closed),
        ("alerts", rules.noise, alerts, _noise),
        ("unparsed", rules.noise, quarantine, lambda before: quarantine.c.receipt.in_(_received(before))),
        ("receipts", rules.noise, receipts, _empty),
        ("changes", rules.changes, changes, lambda before: changes.c.at < before),
        ("reads", rules.reads, reads, lambda before: reads.c.at < before),
        # Noted once a day, so that the last entry about somebody may be a day younger.
        ("people", rules.journal, subjects, lambda before: subjects.c.seen_at < before - OFTEN),
    )


def _closed(before: datetime) -> ColumnElement[bool]:
    return (incidents.c.status == IncidentStatus.CLOSED) & (incidents.c.closed_at < before)


def _noise(before: datetime) -> ColumnElement[bool]:
    """Part of no incident; what was not placed yet stays."""
    return alerts.c.incident.is_(None) & alerts.c.fate.is_not(None) & (alerts.c.received_at < before)


def _received(before: datetime) -> Select[tuple[str]]:
    return select(receipts.c.id).where(receipts.c.received_at < before)


def _empty(before: datetime) -> ColumnElement[bool]:
    """Nothing is left of what came with it."""
    held = (select(table.c.receipt).where(table.c.receipt == receipts.c.id) for table in (alerts, quarantine))
    return and_(receipts.c.received_at < before, *(~exists(one) for one in held))


def _incidents(connection: Connection, ids: Sequence[str]) -> int:
    asked = select(approvals.c.id).where(approvals.c.incident.in_(ids))
    connection.execute(votes.delete().where(votes.c.approval.in_(asked)))
    tallies.let_go(connection, alerts.c.incident.in_(ids))
    for table in _of_an_incident():
        connection.execute(table.delete().where(table.c.incident.in_(ids)))
    connection.execute(incidents.delete().where(incidents.c.id.in_(ids)))
    return len(ids)


def _of_an_incident() -> list[Table]:
    """Whatever holds rows of an incident, those that refer to others first."""
    tables = reversed(metadata.sorted_tables)
    return [table for table in tables if "incident" in table.c and table.name not in _OF_THEIR_OWN]


def _rows(connection: Connection, table: Table, keys: Sequence[Row[Any]]) -> int:
    here = and_(*(column == bindparam(f"key_{column.name}") for column in table.primary_key.columns))
    values = [{f"key_{name}": value for name, value in row._mapping.items()} for row in keys]  # noqa: SLF001 (public)
    connection.execute(table.delete().where(here), values)
    return len(keys)


def _followed(connection: Connection) -> int:
    """Up to where everybody who follows the journal has read; the last entry always stays."""
    last = (connection.scalar(select(func.max(journal.c.sequence))) or 0) - 1
    followers = select(cursors.c.sequence).where(cursors.c.name.not_in(COUNTED))
    read: list[int] = [last, *connection.scalars(followers)]
    return min(read)
