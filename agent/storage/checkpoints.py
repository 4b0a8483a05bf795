"""How far has each run come? LangGraph's own savers, with every stored byte sealed by our key."""

import asyncio
import hmac
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from agent.domain.errors import ConfigurationError, JournalBroken
from agent.domain.job import Lease
from agent.storage.database import Database
from agent.storage.engine import CONNECT, patience

LEASE = "lease"
"""Where a run's configuration says by whose leave its checkpoints are written."""
SEAL = 32
CONNECTIONS = 5
"""To PostgreSQL, beside those of the record."""
OTHERS = timedelta(minutes=2)
"""How long a start waits for another process that makes LangGraph's tables."""
SETTING_UP = 0x1_4C1D_E48
"""The advisory lock of whoever does that."""


def lease_of(config: RunnableConfig) -> Lease | None:
    """None where nobody runs, as when somebody asks how far a run came."""
    return config.get("configurable", {}).get(LEASE)


class SealedSerializer(JsonPlusSerializer):
    """Refuses a checkpoint that this installation did not write, before a byte of it is decoded."""

    def __init__(self, key: bytes, former: bytes | None = None) -> None:
        """`former`: the key before this one; what it sealed is read, and nothing is sealed with it."""
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)
        self._key = key
        self._former = former

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, content = super().dumps_typed(obj)
        return kind, self._seal(kind, content) + content

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, sealed = data
        seal, content = sealed[:SEAL], sealed[SEAL:]
        if not hmac.compare_digest(seal, self._seal(kind, content)) and not self._sealed_before(kind, sealed):
            raise JournalBroken("A stored checkpoint was changed from outside; its run is not resumed.")
        return super().loads_typed((kind, content))

    def anew(self, kind: str, sealed: bytes) -> bytes:
        """Sealed with the present key, if the former one sealed it; otherwise as it was."""
        content = sealed[SEAL:]
        return self._seal(kind, content) + content if self._sealed_before(kind, sealed) else sealed

    def _sealed_before(self, kind: str, sealed: bytes) -> bool:
        if self._former is None:
            return False
        return hmac.compare_digest(sealed[:SEAL], _sealed(self._former, kind, sealed[SEAL:]))

    def _seal(self, kind: str, content: bytes) -> bytes:
        return _sealed(self._key, kind, content)


def _sealed(key: bytes, kind: str, content: bytes) -> bytes:
    return hmac.new(key, kind.encode() + b":" + content, sha256).digest()


@asynccontextmanager
async def sqlite_checkpoints(
    path: Path, database: Database, key: bytes, former: bytes | None = None
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Checkpoints in a file of their own, so that they and the record never wait for each other's commits.

    `database`: the record, which knows whose job a run is.
    """
    import aiosqlite

    from agent.storage.sqlite_saver import FencedSqliteSaver

    async with aiosqlite.connect(path) as connection:
        saver = FencedSqliteSaver(connection, serde=SealedSerializer(key, former), database=database)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
                await connection.execute(f"PRAGMA {pragma}")
            await saver.setup()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise ConfigurationError(
                f"{path} is damaged: {error}. Move it aside: what was under way begins anew, from the record."
            ) from error
        yield saver


@asynccontextmanager
async def postgres_checkpoints(
    url: str, key: bytes, former: bytes | None = None
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Checkpoints in the shared database, through at most CONNECTIONS of them."""
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    from agent.storage.postgres_saver import FencedPostgresSaver
    from agent.storage.unpipelined import UnpipelinedCursor

    address = url.replace("postgresql+psycopg", "postgresql")
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    await _set_up(address, options)
    async with AsyncConnectionPool(
        address,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=10,
        kwargs=options | patience() | {"cursor_factory": UnpipelinedCursor},
        # One that a restarted server has closed is not handed out.
        check=AsyncConnectionPool.check_connection,
        open=False,
    ) as pool:
        yield FencedPostgresSaver(pool, serde=SealedSerializer(key, former))  # type: ignore[arg-type]  # the pool's row type


async def _set_up(address: str, options: dict[str, Any]) -> None:
    """LangGraph's own migrations, by one process at a time.

    The lock is asked for again and again: a statement that waits for it would keep CREATE INDEX CONCURRENTLY waiting.
    """
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection

    async with await AsyncConnection.connect(address, **options, connect_timeout=CONNECT) as connection:
        try:
            async with asyncio.timeout(OTHERS.total_seconds()):
                while not await _locked(connection):  # noqa: ASYNC110 (what another process does has no event here)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ConfigurationError(
                f"Another process has been preparing the record for {OTHERS}; look whether it hangs, then start again."
            ) from None
        await AsyncPostgresSaver(connection).setup()


async def _locked(connection: Any) -> bool:
    """By this session, until it ends."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s) AS locked", (SETTING_UP,))
    return bool((await cursor.fetchone())["locked"])
