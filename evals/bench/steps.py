"""How many steps of the graph are on the disk a second? Ours do their work; the reference's nodes do nothing."""

import asyncio
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from sqlalchemy import Connection, func, select

from agent.bootstrap import Application
from agent.entrypoints.worker import Worker
from agent.storage.tables import jobs
from evals.bench.children import PATIENCE
from evals.bench.replayed import alert, fresh, replayed
from evals.bench.row import Row, in_turn

AT_ONCE = 4
"""Runs; the worker's own default."""
_BESIDE_NODES = 2
"""Checkpoints that LangGraph writes of a run beside one for each node: its input, and what came of it."""


async def row(folder: Path, runs: int, incidents: int) -> Row:
    """Each run takes `incidents` incidents through the graph, and as many threads through as many empty nodes."""
    measure = _Steps(folder, incidents)
    return await in_turn("durable graph steps", "steps/s", runs, measure.ours, measure.reference)


class _Steps:
    def __init__(self, folder: Path, incidents: int) -> None:
        self._folder = folder
        self._incidents = incidents
        self._nodes = 0

    async def ours(self) -> float:
        with TemporaryDirectory(dir=self._folder) as data:
            replay = fresh()
            async with replayed(Path(data), replay) as application:
                for number in range(self._incidents):
                    await application.service.intake.receive("alertmanager", "bench", alert(replay, f"c{number}"))
                await application.service.placement.place_waiting()
                took = await _worked(application)
            written = _checkpoints(Path(data) / "checkpoints.db")
        self._nodes = self._nodes_of(written)
        return sum(written) / took

    async def reference(self) -> float:
        """After ours, whose number of nodes it takes."""
        with TemporaryDirectory(dir=self._folder) as data:
            path = Path(data) / "checkpoints.db"
            took = await _ran_empty(path, self._nodes, self._incidents)
            return sum(_checkpoints(path)) / took

    def _nodes_of(self, written: list[int]) -> int:
        if len(written) != self._incidents or len(set(written)) != 1:
            raise RuntimeError(f"{self._incidents} like incidents left unlike threads: {written} checkpoints")
        return written[0] - _BESIDE_NODES


async def _worked(application: Application) -> float:
    """Seconds until no job is left."""
    worker = Worker(application.service, application.queue, application.clock, concurrency=AT_ONCE)
    began = time.perf_counter()
    working = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(PATIENCE):
            while await application.record.database.read(_left):  # noqa: ASYNC110 (the queue has no event for it)
                await asyncio.sleep(0.02)
        return time.perf_counter() - began
    finally:
        worker.stop()
        await working


def _left(connection: Connection) -> int:
    query = select(func.count()).select_from(jobs).where(jobs.c.status.in_(("queued", "leased")))
    return connection.scalar(query) or 0


class _Empty(TypedDict):
    at: int


async def _ran_empty(path: Path, nodes: int, threads: int) -> float:
    """Seconds for `threads` threads through a chain of nodes that do nothing, with LangGraph's own saver."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415 (heavy)

    chain = StateGraph(_Empty)
    for number in range(nodes):
        chain.add_node(f"n{number}", partial(_nothing, number))
        chain.add_edge(f"n{number - 1}" if number else START, f"n{number}")
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.setup()
        graph = chain.compile(checkpointer=saver)
        places = asyncio.Semaphore(AT_ONCE)

        async def run(thread: int) -> None:
            async with places:
                config = RunnableConfig(configurable={"thread_id": str(thread)})
                await graph.ainvoke({"at": 0}, config, durability="sync")

        began = time.perf_counter()
        await asyncio.gather(*(run(thread) for thread in range(threads)))
        return time.perf_counter() - began


async def _nothing(number: int, _: _Empty) -> _Empty:
    return {"at": number}


def _checkpoints(path: Path) -> list[int]:
    """Of each thread."""
    with closing(sqlite3.connect(path)) as connection:
        return [n for (n,) in connection.execute("SELECT COUNT(*) FROM checkpoints GROUP BY thread_id")]
