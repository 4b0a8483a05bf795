"""How are stored checkpoints sealed with another key?  In LangGraph's own tables, some rows at a time."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, column, select, table, update
from sqlalchemy.sql.expression import TableClause

from agent.storage.database import Database

Anew = Callable[[str, bytes], bytes]
"""Kind and sealed bytes -> the bytes as they should lie there."""

_MOST = 200
_IN_FILE = (("checkpoints", "checkpoint"), ("writes", "value"))
_IN_DATABASE = {
    "checkpoint_blobs": ("thread_id", "checkpoint_ns", "channel", "version"),
    "checkpoint_writes": ("thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx"),
}


def in_file(path: Path, anew: Anew) -> int:
    """How many were changed; those that were changed before are left as they are."""
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
        return sum(_file_table(connection, name, blob, anew) for name, blob in _IN_FILE)


def in_database(database: Database, anew: Anew) -> int:
    """The same, where PostgreSQL has them."""
    return sum(_database_table(database, name, keys, anew) for name, keys in _IN_DATABASE.items())


def _file_table(connection: sqlite3.Connection, name: str, blob: str, anew: Anew) -> int:
    page = f"SELECT rowid, type, {blob} FROM {name} WHERE rowid > ? ORDER BY rowid LIMIT {_MOST}"  # noqa: S608 (our names)
    after, changed = -1, 0
    while rows := connection.execute(page, (after,)).fetchall():
        after = rows[-1][0]
        sealed = [(anew(kind, old), row) for row, kind, old in rows if old and anew(kind, old) != old]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"UPDATE {name} SET {blob} = ? WHERE rowid = ?", sealed)  # noqa: S608 (our names)
        connection.execute("COMMIT")
        changed += len(sealed)
    return changed


def _database_table(database: Database, name: str, keys: tuple[str, ...], anew: Anew) -> int:
    held: TableClause = table(name, *(column(one) for one in (*keys, "type", "blob")))
    ids = [held.c[one] for one in keys]
    found = database.read_now(lambda connection: connection.execute(select(*ids).order_by(*ids)).all())
    changed = 0
    for start in range(0, len(found), _MOST):
        changed += database.write_now(partial(_rows, held=held, ids=ids, keys=found[start : start + _MOST], anew=anew))
    return changed


def _rows(connection: Connection, held: TableClause, ids: Sequence[Any], keys: Sequence[Row[Any]], anew: Anew) -> int:
    changed = 0
    for key in keys:
        here = [one == value for one, value in zip(ids, key, strict=True)]
        old = connection.execute(select(held.c.type, held.c.blob).where(*here)).first()
        if old is not None and old.blob and (new := anew(old.type, bytes(old.blob))) != bytes(old.blob):
            connection.execute(update(held).where(*here).values(blob=new))
            changed += 1
    return changed
