"""May this run's checkpoint be written to PostgreSQL?  Only while the job is its; the jobs are beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from agent.domain.errors import LeaseLost
from agent.domain.job import Lease
from agent.storage.checkpoints import lease_of
from agent.storage.savers import followed, held

# Nobody leases the job until what is being written by leave of this lease is there; else it may be changed meanwhile.
_EPOCH = "SELECT epoch FROM jobs WHERE id = %s FOR KEY SHARE"


class FencedPostgresSaver(AsyncPostgresSaver):
    """LangGraph's, with a look at the lease in each transaction that writes. LeaseLost when the job is another's."""

    conn: AsyncConnectionPool[AsyncConnection[DictRow]]

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]], *, serde: SerializerProtocol) -> None:
        super().__init__(pool, serde=serde)
        # As with `UnpipelinedCursor`: whoever freezes leaves nothing half sent.
        self.supports_pipeline = False

    aget_tuple = followed(AsyncPostgresSaver.aget_tuple)
    aput = held(AsyncPostgresSaver.aput)
    aput_writes = held(AsyncPostgresSaver.aput_writes)

    @asynccontextmanager
    async def _held(self, config: RunnableConfig) -> AsyncIterator[AsyncPostgresSaver]:
        async with self.conn.connection() as connection, connection.transaction():
            if (lease := lease_of(config)) is not None:
                await _fence(connection, lease)
            saver = AsyncPostgresSaver(connection, serde=self.serde)
            saver.supports_pipeline = self.supports_pipeline
            yield saver


async def _fence(connection: AsyncConnection[DictRow], lease: Lease) -> None:
    row = await (await connection.execute(_EPOCH, (lease.job.id,))).fetchone()
    if row is None or row["epoch"] != lease.epoch:
        raise LeaseLost
