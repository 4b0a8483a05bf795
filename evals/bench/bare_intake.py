"""The least that keeps a post safe: Starlette and SQLite, one writer, at most 64 bodies a commit, an fsync a commit.

`python -m evals.bench.bare_intake DATA-FOLDER`; its first line is `{"url": ..., "key": ""}`. It checks no key, parses
nothing and stores the body as it came, behind the same server settings as ours.
"""

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.entrypoints.server import listening_on, running, server
from evals.bench.children import until_told

_BATCH = 64
_Waiting = tuple[bytes, "Future[None]"]


class Store:
    """Bodies in a table, on the disk when `keep` returns. Close it."""

    def __init__(self, path: Path) -> None:
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue()
        self._writer = threading.Thread(target=self._write_forever, args=(path,), daemon=True)
        self._writer.start()

    async def keep(self, body: bytes) -> None:
        done: Future[None] = Future()
        self._waiting.put((body, done))
        await asyncio.wrap_future(done)

    def close(self) -> None:
        self._waiting.put(None)
        self._writer.join()

    def _write_forever(self, path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE posts (body BLOB)"):
            connection.execute(statement)
        while (first := self._waiting.get()) is not None:
            self._commit(connection, [first, *self._more()])
        connection.close()

    def _more(self) -> list[_Waiting]:
        """Whatever waits beside the first."""
        waiting: list[_Waiting] = []
        while len(waiting) < _BATCH - 1 and not self._waiting.empty():
            if (one := self._waiting.get()) is None:
                self._waiting.put(None)
                break
            waiting.append(one)
        return waiting

    def _commit(self, connection: sqlite3.Connection, batch: list[_Waiting]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO posts VALUES (?)", [(body,) for body, _ in batch])
        connection.execute("COMMIT")
        for _, done in batch:
            done.set_result(None)


async def serve(data: Path) -> None:
    store = Store(data / "bare.db")

    async def receive(request: Request) -> JSONResponse:
        await store.keep(await request.body())
        return JSONResponse({"receipt": "kept"}, 202)

    web = server(Starlette(routes=[Route("/", receive, methods=["POST"])]), "127.0.0.1", 0)
    async with running(web):
        host, port = listening_on(web)
        print(json.dumps({"url": f"http://{host}:{port}/", "key": ""}), flush=True)
        await until_told()
    store.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
