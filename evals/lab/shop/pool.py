"""How do the store's clients share a bounded number of connections to it?"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from evals.lab.shop.calls import CallFailed
from evals.lab.shop.telemetry import Stopwatch, Telemetry


class _Connection:
    """One TCP connection to the store: one question at a time, one JSON line each way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        self._writer.write(json.dumps(question).encode() + b"\n")
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def lost(self) -> bool:
        """The store has closed it (it was restarted)."""
        return self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()


class StorePool:
    """At most `size` connections; a request that gets none within `wait_s`, or no answer within `deadline_s`, fails."""

    def __init__(
        self,
        address: tuple[str, int],
        size: int,
        telemetry: Telemetry,
        leaks: Callable[[], bool] = lambda: False,
        *,
        wait_s: float = 0.5,
        deadline_s: float = 0.8,
    ) -> None:
        self._address = address
        self._size = size
        self._telemetry = telemetry
        self._wait_s = wait_s
        self._deadline_s = deadline_s
        self._leaks = leaks
        """Asked after each use: is this connection never given back?"""
        self._idle: deque[_Connection] = deque()
        self._leaked: list[_Connection] = []
        self._in_use = 0
        self._changed = asyncio.Condition()
        telemetry.pool_size.set(size)
        telemetry.pool_in_use.set(0)

    @property
    def in_use(self) -> int:
        return self._in_use

    async def resize(self, size: int) -> None:
        async with self._changed:
            self._size = size
            self._telemetry.pool_size.set(size)
            self._changed.notify_all()

    async def ask(self, operation: str, trace: str, **arguments: Any) -> Any:
        """The store's result. CallFailed when there is no connection, no answer in time, or the store says no."""
        watch = Stopwatch()
        try:
            answer = await self._ask({"op": operation, "trace": trace, **arguments})
        except CallFailed as failed:
            self._telemetry.called("store", failed.code, watch.seconds)
            raise
        self._telemetry.called("store", "200" if answer["ok"] else "500", watch.seconds)
        if not answer["ok"]:
            raise CallFailed("store", "500", f"store: {operation} failed: {answer['error']}")
        return answer["result"]

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        await self._acquire()
        connection: _Connection | None = None
        try:
            async with asyncio.timeout(self._deadline_s):
                connection = self._reusable() or await self._connect()
                answer = await connection.ask(question)
        except TimeoutError:
            await self._drop(connection)
            raise CallFailed(
                "store", "timeout", f"store: no answer to {question['op']} within {self._deadline_s * 1000:.0f} ms"
            ) from None
        except ConnectionRefusedError:
            await self._drop(connection)
            raise CallFailed("store", "refused", "store: connection refused") from None
        except OSError:
            await self._drop(connection)
            raise CallFailed("store", "reset", f"store: connection lost during {question['op']}") from None
        except asyncio.CancelledError:
            await self._drop(connection)
            raise
        if self._leaks():
            self._leaked.append(connection)
        else:
            self._idle.append(connection)
            await self._release()
        return answer

    async def _acquire(self) -> None:
        try:
            async with asyncio.timeout(self._wait_s), self._changed:
                await self._changed.wait_for(lambda: self._in_use < self._size)
                self._in_use += 1
        except TimeoutError:
            raise CallFailed(
                "store",
                "pool",
                f"timed out after {self._wait_s * 1000:.0f} ms waiting for a store connection: "
                f"{self._in_use} of {self._size} in use",
            ) from None
        self._telemetry.pool_in_use.set(self._in_use)

    async def _release(self) -> None:
        async with self._changed:
            self._in_use -= 1
            self._telemetry.pool_in_use.set(self._in_use)
            self._changed.notify()

    async def _drop(self, connection: _Connection | None) -> None:
        if connection is not None:
            connection.close()
        await self._release()

    def _reusable(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        return _Connection(*await asyncio.open_connection(*self._address))

    def close(self) -> None:
        for connection in (*self._idle, *self._leaked):
            connection.close()
