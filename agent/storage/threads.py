"""Whose runs have checkpoints, and what is in them?  Asked of the tables in which LangGraph stores them."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from sqlalchemy import text

from agent.storage.database import Database

_ALL = "SELECT DISTINCT thread_id FROM checkpoints ORDER BY thread_id"
_NAMING_ON_SQLITE = """
SELECT thread_id FROM checkpoints WHERE instr(checkpoint, :said) OR instr(metadata, :said)
UNION SELECT thread_id FROM writes WHERE instr(value, :said) ORDER BY thread_id"""
_NAMING_ON_POSTGRES = """
SELECT thread_id FROM checkpoints WHERE position(:word in checkpoint::text || metadata::text) > 0
UNION SELECT thread_id FROM checkpoint_blobs WHERE position(:said in blob) > 0
UNION SELECT thread_id FROM checkpoint_writes WHERE position(:said in blob) > 0 ORDER BY thread_id"""


class Threads:
    """`file`: where the checkpoints are on SQLite; None where the database has them."""

    def __init__(self, database: Database, file: Path | None, checkpoints: BaseCheckpointSaver[Any]) -> None:
        self._database = database
        self._file = file
        self._checkpoints = checkpoints

    async def all(self) -> list[str]:
        return await self._asked(_ALL, _ALL, {})

    async def naming(self, said: str) -> list[str]:
        """Those in whose checkpoints these letters stand."""
        return await self._asked(_NAMING_ON_SQLITE, _NAMING_ON_POSTGRES, {"said": said.encode(), "word": said})

    async def drop(self, thread: str) -> None:
        await self._checkpoints.adelete_thread(thread)

    async def _asked(self, on_sqlite: str, on_postgres: str, values: Mapping[str, object]) -> list[str]:
        if self._file is not None:
            return await asyncio.to_thread(_in_file, self._file, on_sqlite, values)
        return await self._database.read(
            lambda connection: list(connection.scalars(text(on_postgres), dict(values) or None))
        )


def incident_of(thread: str) -> str:
    """Whose run it is."""
    return thread.removeprefix("learn:").partition(".")[0]


def _in_file(path: Path, query: str, values: Mapping[str, object]) -> list[str]:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return [row[0] for row in connection.execute(query, values)]
