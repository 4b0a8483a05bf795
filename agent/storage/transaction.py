"""Was it committed?  One transaction at a time, tried again when the server went away and it surely was not.

On PostgreSQL all processes take turns to write, by an advisory lock that the transaction holds; SQLite has one writer
anyway. So what a change has read still holds when it writes, on both engines alike, and no two lock each other out.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from agent.storage.engine import ABANDONED
from agent.telemetry import Log

log = Log(__name__)
T = TypeVar("T")

PATIENCE = 20.0
"""Seconds a transaction is tried again for, when the server goes away: longer than a restart takes."""
PAUSE = 0.25
"""Seconds between two tries."""
TURN = 0x1_4C1D_E47
"""The advisory lock of whoever writes."""

FROZEN = ABANDONED
"""Seconds after which whoever has the turn and does not go on loses it, if somebody waits for it."""
LOCKED = 2
"""Seconds a change waits for a row that somebody has locked without a turn, while all others wait for the change.

The agent keeps no row so that a change would have to wait; a person with psql, or another program, may.
"""

_LOCKED_TOO_LONG = "55P03"
_TAKE_TURN = text(
    "SELECT pg_current_xact_id()::text AS id, pg_postmaster_start_time()::text AS server,"
    " set_config('lock_timeout', :locked, true) FROM pg_advisory_xact_lock(:turn)"
)
_END_WHO_FROZE = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid, objid, objsubid) = (0, :turn, 1) AND granted"
    " AND wait_event_type = 'Client' AND state_change < clock_timestamp() - make_interval(secs => :silent)"
)
_STATUS = text("SELECT pg_xact_status(CAST(:id AS xid8)) AS status, pg_postmaster_start_time()::text AS server")


@dataclass
class _Try(Generic[T]):
    """How far one try has come."""

    id: str = ""
    """PostgreSQL's name for the transaction."""
    server: str = ""
    """When the server that runs it was started."""
    result: T | None = None
    sent: bool = False
    """COMMIT was sent, so that it may have been done."""


def transact(engine: Engine, work: Callable[[Connection], T], patience: float = PATIENCE) -> T:
    """What `work` returns, once it is on the disk.

    `work` may be run again, on a new connection, after a try that left nothing. Raises DBAPIError when the server
    stays away; in the rare case that it was restarted in the middle of a COMMIT, that does not say whether it was done.
    """
    give_up = time.monotonic() + patience
    while True:
        attempt: _Try[T] = _Try()
        try:
            _run(engine, work, attempt)
        except DBAPIError as error:
            if _got_no_turn(error, attempt) and (_end_who_froze(engine) or time.monotonic() < give_up):
                continue
            if not _server_went_away(error) or time.monotonic() > give_up:
                raise
            log.warning("the record went away, trying again", because=str(error.orig).strip())
            if not (attempt.sent and _was_committed(engine, attempt, give_up, error)):
                time.sleep(PAUSE)
                continue
        return attempt.result  # type: ignore[return-value]  # set by the try that ended well


def _run(engine: Engine, work: Callable[[Connection], T], attempt: _Try[T]) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        if engine.dialect.name == "postgresql":
            taken = connection.execute(_TAKE_TURN, {"turn": TURN, "locked": f"{LOCKED}s"})
            attempt.id, attempt.server, _ = taken.one()
        attempt.result = work(connection)
        attempt.sent = True
        transaction.commit()


def _got_no_turn(error: DBAPIError, attempt: _Try[T]) -> bool:
    return not attempt.id and getattr(error.orig, "sqlstate", None) == _LOCKED_TOO_LONG


def _end_who_froze(engine: Engine) -> bool:
    """Whoever has the turn and froze in the midst of it loses its session; was there anybody?

    PostgreSQL itself does that between two statements alone. A process that has sent some of many, has sent half of
    one, or does not read an answer is at work for it, until PostgreSQL 17, which can limit that (transaction_timeout).
    """
    with engine.connect() as connection:
        ended = connection.execute(_END_WHO_FROZE, {"turn": TURN, "silent": FROZEN}).scalar_one()
    if ended:
        log.warning("another process froze in its turn to write, and has lost it")
    return bool(ended)


def _was_committed(engine: Engine, attempt: _Try[T], give_up: float, lost: DBAPIError) -> bool:
    """Ask the server. `lost` is raised when it does not know, or is not there to be asked."""
    while time.monotonic() < give_up:
        try:
            with engine.connect() as connection:
                status, server = connection.execute(_STATUS, {"id": attempt.id}).one()
        except DBAPIError as error:
            if not _server_went_away(error):
                raise lost from error
        else:
            if status == "aborted":
                return False
            # A server that crashed may have given the number of a transaction it forgot to another one.
            if status == "committed" and server == attempt.server:
                return True
            if status != "in progress":
                raise lost
        time.sleep(PAUSE)
    raise lost


def _server_went_away(error: DBAPIError) -> bool:
    """Also: it is not there yet, which has no SQLSTATE. Never on SQLite."""
    if type(error.orig).__module__.partition(".")[0] != "psycopg":
        return False
    return error.connection_invalidated or (
        type(error.orig).__name__ == "OperationalError" and getattr(error.orig, "sqlstate", None) is None
    )
