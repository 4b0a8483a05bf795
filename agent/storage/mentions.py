"""Where on the record is somebody named?  Every text of every table, the journal apart, which has keys of its own."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, LargeBinary, Row, String, Table, Text, and_, cast, or_, select, update

from agent.storage.tables import metadata

_APART = frozenset({"journal", "journal_head", "journal_base", "subjects", "erasures", "cursors"})
_PEOPLE = frozenset({"who"})
"""Columns of a primary key that name a person; the others are ids."""


class Mention:
    """Finds one name, as a word of its own, in any case; `stand_in` takes its place."""

    def __init__(self, name: str, stand_in: str) -> None:
        self.name = name
        self._stand_in = stand_in
        self._word = re.compile(rf"(?<![\w@.+-]){re.escape(name)}(?!\.?[\w@-])", re.IGNORECASE)

    def replaced(self, value: Any) -> Any:
        """The value without the name, however deep; itself when it is not there."""
        match value:
            case str():
                return self._word.sub(self._stand_in, value)
            case bytes():
                said = value.decode("utf-8", "surrogateescape")
                return self._word.sub(self._stand_in, said).encode("utf-8", "surrogateescape")
            case list():
                return [self.replaced(item) for item in value]
            case dict():
                return {self.replaced(name): self.replaced(item) for name, item in value.items()}
        return value


def tables() -> Sequence[Table]:
    """Those that hold what somebody said, or what was said of somebody."""
    return [table for table in metadata.sorted_tables if table.name not in _APART and _texts(table)]


def rows(connection: Connection, table: Table, mention: Mention) -> list[dict[str, Any]]:
    """The primary keys of the rows that name them."""
    columns = _texts(table)
    query = select(*table.primary_key.columns, *(one for one in columns if not one.primary_key))
    if not any(isinstance(one.type, LargeBinary) for one in columns):
        query = query.where(or_(*(_may_hold(one, mention.name) for one in columns)))
    return [
        {key.name: getattr(row, key.name) for key in table.primary_key.columns}
        for row in connection.execute(query).yield_per(500)
        if any(True for _ in _changes(row, columns, mention))
    ]


def replace(connection: Connection, table: Table, keys: Sequence[dict[str, Any]], mention: Mention) -> None:
    """In these rows; what was changed since is looked at anew."""
    columns = _texts(table)
    for key in keys:
        here = and_(*(table.c[name] == value for name, value in key.items()))
        row = connection.execute(select(*columns).where(here)).one_or_none()
        if row is not None and (changed := dict(_changes(row, columns, mention))):
            connection.execute(update(table).where(here).values(changed))


def _changes(row: Row[Any], columns: Sequence[Column[Any]], mention: Mention) -> Iterator[tuple[str, Any]]:
    for column in columns:
        value = getattr(row, column.name)
        if value is not None and (without := mention.replaced(value)) != value:
            yield column.name, _fitting(column)(without)


def _texts(table: Table) -> list[Column[Any]]:
    kinds = (String, Text, JSON, LargeBinary)
    return [
        one
        for one in table.columns
        if isinstance(one.type, kinds) and not one.foreign_keys and (not one.primary_key or one.name in _PEOPLE)
    ]


def _fitting(column: Column[Any]) -> Callable[[Any], Any]:
    longest = column.type.length if isinstance(column.type, String) else None
    return lambda value: value[:longest] if isinstance(value, str) and longest else value


def _may_hold(column: Column[Any], name: str) -> Any:
    """Holds the letters, as they are or as JSON writes them; whether it is a word is looked at afterwards."""
    said = cast(column, Text)
    spelled = {name, json.dumps(name)[1:-1]}
    return or_(*(said.icontains(one, autoescape=True) for one in sorted(spelled)))
