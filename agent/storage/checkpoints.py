"""How far has each run come? LangGraph's own savers, with every stored byte sealed by our key."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from agent.domain.errors import JournalBroken

SEAL = 32


class SealedSerializer(JsonPlusSerializer):
    """Refuses a checkpoint that this installation did not write, before a byte of it is decoded."""

    def __init__(self, key: bytes) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)
        self._key = key

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, content = super().dumps_typed(obj)
        return kind, self._seal(kind, content) + content

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, sealed = data
        seal, content = sealed[:SEAL], sealed[SEAL:]
        if not hmac.compare_digest(seal, self._seal(kind, content)):
            raise JournalBroken("A stored checkpoint was changed from outside; its run is not resumed.")
        return super().loads_typed((kind, content))

    def _seal(self, kind: str, content: bytes) -> bytes:
        return hmac.new(self._key, kind.encode() + b":" + content, sha256).digest()


@asynccontextmanager
async def sqlite_checkpoints(path: Path, key: bytes) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Checkpoints in a file of their own, so that they and the record never wait for each other's commits."""
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with aiosqlite.connect(path) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            await connection.execute(f"PRAGMA {pragma}")
        saver = AsyncSqliteSaver(connection, serde=SealedSerializer(key))
        await saver.setup()
        yield saver


@asynccontextmanager
async def postgres_checkpoints(url: str, key: bytes) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Checkpoints in the shared database."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    address = url.replace("postgresql+psycopg", "postgresql")
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(address, max_size=10, kwargs=options, open=False) as pool:
        saver = AsyncPostgresSaver(pool, serde=SealedSerializer(key))  # type: ignore[arg-type]  # the pool's row type
        await saver.setup()
        yield saver
