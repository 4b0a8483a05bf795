"""Whose keys are known? Rows that let nobody in by themselves; every change to them goes into the journal."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Row, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from agent.domain.errors import ConfigurationError, QueueFull
from agent.domain.event import Event, EventType
from agent.domain.key import StoredKey
from agent.storage.database import Database
from agent.storage.engine import open_engine, said
from agent.storage.journal import Chain
from agent.storage.tables import keys
from agent.telemetry import Log

log = Log(__name__)


class SqlKeys:
    """`identity.keys.KeyStore` over the record."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    async def get(self, id: str) -> StoredKey | None:  # noqa: A002 (the field's name)
        return await self._database.read(lambda connection: _get(connection, id))

    async def add(self, key: StoredKey) -> None:
        await self._database.write(lambda connection: self._add(connection, key))

    async def revoke(self, id: str, at: datetime) -> None:  # noqa: A002 (the field's name)
        await self._database.write(lambda connection: self._revoke(connection, id, at))

    async def forget(self, id: str, at: datetime) -> None:  # noqa: A002 (the field's name)
        await self._database.write(lambda connection: self._forget(connection, id, at))

    async def list(self) -> Sequence[StoredKey]:
        rows = await self._database.read(
            lambda connection: connection.execute(select(keys).order_by(keys.c.created_at, keys.c.id)).all()
        )
        return [_key(row) for row in rows]

    async def rehash(self, id: str, digest: str) -> None:  # noqa: A002 (the field's name)
        # Not of one that was revoked for good meanwhile.
        hashed = update(keys).where(keys.c.id == id, keys.c.digest != "").values(digest=digest)
        await self._database.write(lambda connection: connection.execute(hashed))

    async def touch(self, id: str, at: datetime) -> None:  # noqa: A002 (the field's name)
        used = update(keys).where(keys.c.id == id).values(last_used_at=at)
        try:
            await self._database.write(lambda connection: connection.execute(used))
        except (SQLAlchemyError, QueueFull) as error:
            # On a disk that can only be read, or is behind, whoever may read goes on reading.
            log.debug("the use of a key was not noted", because=said(error))

    def _add(self, connection: Connection, key: StoredKey) -> None:
        teams = None if key.teams is None else list(key.teams)
        values = key.model_dump() | {"scopes": list(key.scopes), "teams": teams}
        connection.execute(keys.insert().values(values))
        limit = "" if teams is None else f", for incidents of {', '.join(team or 'no team' for team in teams)}"
        self._tell(connection, key, f"A key for {key.name} was made: {', '.join(key.scopes)}{limit}.")

    def _revoke(self, connection: Connection, id_: str, at: datetime) -> None:
        known = _get(connection, id_)
        if known is None or (known.revoked_at is not None and known.revoked_at <= at):
            return
        connection.execute(update(keys).where(keys.c.id == id_).values(revoked_at=at))
        self._tell(connection, known, f"A key of {known.name} is refused from {at:%Y-%m-%d %H:%M:%S} UTC.")

    def _forget(self, connection: Connection, id_: str, at: datetime) -> None:
        self._revoke(connection, id_, at)
        connection.execute(update(keys).where(keys.c.id == id_).values(digest=""))

    def _tell(self, connection: Connection, key: StoredKey, text: str) -> None:
        facts = {"key": key.id, "name": key.name, "kind": key.kind}
        self._chain.append(connection, Event(type=EventType.KEY_CHANGED, text=text, facts=facts, subject=key.name))


def of_name(connection: Connection, name: str) -> list[StoredKey]:
    """Every key of that name, the revoked too."""
    return [_key(row) for row in connection.execute(select(keys).where(keys.c.name == name)).all()]


def people(connection: Connection, at: datetime) -> set[str]:
    """Names of the persons who have a valid key."""
    rows = connection.execute(select(keys).where(keys.c.kind == "person")).all()
    return {key.name for key in map(_key, rows) if key.valid(at)}


def known_keys(url: str) -> list[StoredKey]:
    """Those of a record that nobody may have opened yet; none is made. ConfigurationError when it cannot be reached."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        return []
    engine = open_engine(url, 1)
    try:
        with engine.connect() as connection:
            known = inspect(connection).has_table(keys.name)
            return [_key(row) for row in connection.execute(select(keys)).all()] if known else []
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"The record cannot be read: {type(error).__name__}. See AGENT_DATABASE_URL."
        ) from error
    finally:
        engine.dispose()


def _get(connection: Connection, id_: str) -> StoredKey | None:
    row = connection.execute(select(keys).where(keys.c.id == id_)).one_or_none()
    return _key(row) if row else None


def _key(row: "Row[tuple[object, ...]]") -> StoredKey:
    return StoredKey.model_validate({name: getattr(row, name) for name in StoredKey.model_fields})
