"""What does a stored alert's row say?  One that cannot be read any more must not keep others from being read."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, Select, Text, case, cast, func, select

from agent.domain.alert import Alert, Placed
from agent.domain.base import Noun
from agent.storage.tables import alerts
from agent.telemetry import Log

log = Log(__name__)


class Unreadable(Noun):
    """An alert whose row is damaged, or was written by a version that knows more."""

    id: str
    receipt: str
    why: str
    """One sentence."""
    body: bytes
    """What stands in the row."""


def stored(connection: Connection) -> Select[Any]:
    """All of them, each with its alert as bytes: it is not the driver that is to fail of one."""
    others = [column for column in alerts.c if column is not alerts.c.alert]
    if connection.dialect.name == "sqlite":
        return select(*others, cast(alerts.c.alert, LargeBinary).label("alert"))
    return select(*others, func.convert_to(cast(alerts.c.alert, Text), "UTF8").label("alert"))


def name(connection: Connection, alert: ColumnElement[Any]) -> ColumnElement[str]:
    """Of what is in this column, for a query; NULL where the row cannot be read."""
    told = alert["name"].as_string()
    # PostgreSQL stores nothing else; SQLite would fail of one row for all.
    return case((func.json_valid(alert) == 1, told)) if connection.dialect.name == "sqlite" else told


def read(row: Row[Any]) -> Placed | Unreadable:
    try:
        return Placed(
            id=row.id,
            alert=Alert.model_validate(json.loads(row.alert)),
            receipt=row.receipt,
            received_at=row.received_at,
            fate=row.fate,
            reason=row.reason,
            incident=row.incident,
        )
    except ValueError as error:
        why = f"Its row on the record cannot be read: {_said(error)}."
        return Unreadable(id=row.id, receipt=row.receipt, why=why, body=bytes(row.alert))


def readable(found: Iterable[Row[Any]]) -> Iterator[Placed]:
    """Those that can be; the log tells of each other one."""
    for row in found:
        match read(row):
            case Placed() as placed:
                yield placed
            case Unreadable(id=id_, why=why):
                log.error("a stored alert is left out", alert=id_, reason=why)


def _said(error: ValueError) -> str:
    """Without what stands there, which may be anything."""
    match error:
        case ValidationError():
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        case UnicodeDecodeError():
            return f"byte {error.start} is no text"
        case _:
            return str(error)
