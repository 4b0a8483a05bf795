"""Whom does the journal speak of?  Each person has a key; what is said about them lies under it, until it is destroyed.

So a deletion request leaves the chain of hashes whole (it is taken over what lies there) and the text unreadable:
"crypto-shredding", as in Boneh and Lipton, A Revocable Backup System, 1996.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from agent.storage.tables import subjects

ID = re.compile(r"sub-[0-9a-f]{16}")
OFTEN = timedelta(days=1)
"""How often it is noted that somebody was spoken of."""


@dataclass(frozen=True)
class Subject:
    """Somebody whose key is still there. `id` is drawn by chance, and says nothing once the row is gone."""

    id: str
    name: str
    key: bytes = field(repr=False)


def of(connection: Connection, name: str, at: datetime) -> Subject:
    """The person of that name, with a new key when there is none."""
    row = connection.execute(select(subjects).where(subjects.c.name == name)).one_or_none()
    if row is not None:
        if at - row.seen_at >= OFTEN:
            connection.execute(update(subjects).where(subjects.c.id == row.id).values(seen_at=at))
        return Subject(row.id, row.name, row.key)
    made = Subject(id=f"sub-{secrets.token_hex(8)}", name=name, key=secrets.token_bytes(32))
    connection.execute(subjects.insert().values(id=made.id, name=name, key=made.key, seen_at=at))
    return made


def named(connection: Connection, name: str) -> Subject | None:
    row = connection.execute(select(subjects).where(subjects.c.name == name)).one_or_none()
    return Subject(row.id, row.name, row.key) if row else None


def among(connection: Connection, ids: Collection[str]) -> dict[str, Subject]:
    """Those of them whose keys are still there, by id."""
    if not ids:
        return {}
    rows = connection.execute(select(subjects).where(subjects.c.id.in_(ids)))
    return {row.id: Subject(row.id, row.name, row.key) for row in rows}


def destroy(connection: Connection, id_: str) -> None:
    """The key is gone when the transaction is; on SQLite its page is overwritten, too."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    connection.execute(subjects.delete().where(subjects.c.id == id_))
