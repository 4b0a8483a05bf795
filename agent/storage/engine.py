"""How is each engine opened, so that nothing on it waits for ever?"""

import threading
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

STATEMENT = 30
"""Seconds one statement may take on PostgreSQL, the wait for its turn to write included."""
ABANDONED = 15
"""Seconds after which PostgreSQL ends a transaction that its process has left open, and with it its turn to write.

So long anybody waits for a lock before they look who has it.
"""
CONNECT = 5
"""Seconds to reach PostgreSQL."""
SILENT = 20
"""Seconds after which a PostgreSQL that no longer answers on the network counts as gone."""


def open_engine(url: str, connections: int) -> Engine:
    """SQLite or PostgreSQL; of the latter at most so many `connections`, and whoever finds none free waits 10 s."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(
        url, pool_size=connections, max_overflow=0, pool_timeout=10, pool_pre_ping=True, connect_args=patience()
    )


def said(error: Exception) -> str:
    """What the engine itself said, or whoever stands before it, in one line."""
    told = error.orig if isinstance(error, DBAPIError) else error
    return str(told).strip().partition("\n")[0]


def patience() -> dict[str, str | int]:
    """What a connection to PostgreSQL is told, so that each of its waits ends."""
    limits = {"statement_timeout": STATEMENT, "lock_timeout": ABANDONED + 1}
    limits["idle_in_transaction_session_timeout"] = ABANDONED
    return {
        "connect_timeout": CONNECT,
        "keepalives_idle": SILENT // 2,
        "keepalives_interval": SILENT // 4,
        "keepalives_count": 2,
        "tcp_user_timeout": SILENT * 1000,
        "application_name": "incident-agent",
        "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items()),
    }


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions would commit before DDL and begin late; we say BEGIN ourselves.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = threading.current_thread().name == "writer"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
