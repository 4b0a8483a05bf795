"""How does a change get on the record? One writer thread, many changes a commit, one fsync a commit.

A commit waits for the disk (about 4 ms here), so changes that arrive while one is under way share the next one
(group commit, as in Gray and Reuter, Transaction Processing, 1993, section 9.4.7). A change is a function of a
connection; it is on the disk when `write` returns, and either all of it is or nothing.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from agent.domain.errors import QueueFull
from agent.storage.engine import open_engine
from agent.storage.transaction import transact

T = TypeVar("T")
Work = Callable[[Connection], T]

WAITING = 20_000
"""Changes that may wait for the writer before new ones are refused."""
BATCH = 64
"""Changes that share one commit at most."""
READERS = 4


@dataclass
class _Change(Generic[T]):
    work: Work[T]
    done: "Future[T]"


class Database:
    """SQLite or PostgreSQL behind the same two calls. Close it before the process ends."""

    committed_at = 0.0
    """By the monotonic clock; 0 before the first commit."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url, READERS + 1)
        self._waiting: queue.Queue[_Change[Any] | None] = queue.Queue(WAITING)
        self._closed = False
        self._door = threading.Lock()
        """Held while something is put: nothing comes behind what `close` puts."""
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer = threading.Thread(target=self._write_forever, name="writer", daemon=True)
        self._writer.start()

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; on the disk when this returns. What `work` raises is raised here, and
        then nothing of it is kept. QueueFull when too many changes wait; RuntimeError when it was closed."""
        return await asyncio.wrap_future(self._submit(work))

    def write_now(self, work: Work[T]) -> T:
        """The same for callers without an event loop."""
        return self._submit(work).result()

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a connection that sees the last commit. It must not write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Work[T]) -> T:
        try:
            return self._read(work)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        # The connection was lost on the way; nothing was changed, so another may be asked.
        return self._read(work)

    def _read(self, work: Work[T]) -> T:
        with self.engine.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """What waits is written first."""
        with self._door:
            self._closed = True
        self._waiting.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _submit(self, work: Work[T]) -> "Future[T]":
        change = _Change(work, Future())
        with self._door:
            if self._closed:
                raise RuntimeError("The record was closed: nothing more is written.")
            try:
                self._waiting.put_nowait(change)
            except queue.Full:
                raise QueueFull(f"{WAITING} changes wait for the disk; try again later.") from None
        return change.done

    def _write_forever(self) -> None:
        while True:
            batch, last = self._next_batch()
            if batch:
                self._commit(batch)
            if last:
                return

    def _next_batch(self) -> tuple[list[_Change[Any]], bool]:
        """Whatever waits, up to BATCH; blocks for the first."""
        batch: list[_Change[Any]] = []
        while len(batch) < BATCH:
            try:
                change = self._waiting.get(block=not batch)
            except queue.Empty:
                break
            if change is None:
                return batch, True
            # Whoever gave up waiting before it began gets it left out; from here on it cannot be cancelled.
            if change.done.set_running_or_notify_cancel():
                batch.append(change)
        return batch, False

    def _commit(self, batch: list[_Change[Any]]) -> None:
        try:
            outcomes = transact(self.engine, lambda connection: [_attempt(change, connection) for change in batch])
        except Exception as error:  # noqa: BLE001 (this thread's outermost frame; every caller gets the error)
            for change in batch:
                change.done.set_exception(error)
            return
        self.committed_at = time.monotonic()
        for change, (result, failure) in zip(batch, outcomes, strict=True):
            if failure is None:
                change.done.set_result(result)
            else:
                change.done.set_exception(failure)


def _attempt(change: _Change[T], connection: Connection) -> tuple[T | None, BaseException | None]:
    """Run one change; the savepoint keeps its failure from its neighbours."""
    # Said in SQL: what `begin_nested` does around it costs more than the change itself.
    connection.exec_driver_sql("SAVEPOINT change")
    try:
        result = change.work(connection)
    except Exception as error:
        if connection.invalidated:
            # The connection is gone, and with it the whole batch.
            raise
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT change")
        except DBAPIError:
            # SQLite has rolled the whole batch back by itself, as it does on a full disk: that is told, not this.
            raise error from None
        return None, error
    connection.exec_driver_sql("RELEASE SAVEPOINT change")
    return result, None
