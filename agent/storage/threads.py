"""Which runs' checkpoints hold a text?  Asked of the bytes that LangGraph stored, in its own tables."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text

_ON_SQLITE = """
SELECT thread_id FROM checkpoints WHERE instr(checkpoint, :said) OR instr(metadata, :said)
UNION SELECT thread_id FROM writes WHERE instr(value, :said)"""
_ON_POSTGRES = text("""
SELECT thread_id FROM checkpoints WHERE position(:word in checkpoint::text || metadata::text) > 0
UNION SELECT thread_id FROM checkpoint_blobs WHERE position(:said in blob) > 0
UNION SELECT thread_id FROM checkpoint_writes WHERE position(:said in blob) > 0""")


def in_file(path: Path, said: str) -> list[str]:
    """The threads, of the file with the checkpoints."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return sorted(row[0] for row in connection.execute(_ON_SQLITE, {"said": said.encode()}))


def in_database(connection: Connection, said: str) -> list[str]:
    """The same, where PostgreSQL has them."""
    rows = connection.execute(_ON_POSTGRES, {"said": said.encode(), "word": said})
    return sorted(row.thread_id for row in rows)
