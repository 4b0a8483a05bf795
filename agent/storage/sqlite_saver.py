"""May this run's checkpoint be written to the file?  Only while the job is its; the jobs are in another file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from aiosqlite import Connection
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agent.storage.checkpoints import lease_of
from agent.storage.database import Database
from agent.storage.fencing import fence
from agent.storage.savers import followed, held


class FencedSqliteSaver(AsyncSqliteSaver):
    """LangGraph's, with a look at the lease while the file is locked. LeaseLost when the job is another's.

    Whoever takes a job over looks, too, before it reads: what was written by leave of the lease before is there by
    then, and what comes later is refused.
    """

    def __init__(self, connection: Connection, *, serde: SerializerProtocol, database: Database) -> None:
        super().__init__(connection, serde=serde)
        self._database = database
        self._transaction = asyncio.Lock()
        """All share one connection: nobody else may commit between a look and what follows it."""

    aget_tuple = followed(held(AsyncSqliteSaver.aget_tuple))
    aput = held(AsyncSqliteSaver.aput)
    aput_writes = held(AsyncSqliteSaver.aput_writes)

    async def adelete_thread(self, thread_id: str) -> None:
        async with self._transaction:
            await super().adelete_thread(thread_id)

    @asynccontextmanager
    async def _held(self, config: RunnableConfig) -> AsyncIterator[AsyncSqliteSaver]:
        async with self._transaction:
            try:
                await self.conn.execute("BEGIN IMMEDIATE")
                await self._database.read(partial(fence, lease=lease_of(config)))
                yield self
            finally:
                # LangGraph's savers commit what they have written; nothing else is to be kept.
                await self.conn.rollback()
