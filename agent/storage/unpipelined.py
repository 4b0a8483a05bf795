"""Does PostgreSQL know at each moment that it waits for us?  Only when an answer is asked for with each statement.

psycopg sends what `executemany` is given in a pipeline and asks for the answers at its end. A process that freezes in
between is busy for PostgreSQL, not idle in its transaction, and is never ended: whatever it has locked is locked until
it wakes, which may be never. PostgreSQL 17 can limit that (transaction_timeout), those before cannot.
"""

from collections.abc import Iterable
from typing import TypeVar, cast

from psycopg import AsyncCursor
from psycopg.abc import Params, Query, QueryNoTemplate

Row = TypeVar("Row")


class UnpipelinedCursor(AsyncCursor[Row]):
    """psycopg's, for many statements that return no rows."""

    async def executemany(
        self,
        query: Query,
        params_seq: Iterable[Params],
        *,
        returning: bool = False,  # noqa: ARG002 (psycopg's own; nothing here returns rows)
    ) -> None:
        for params in params_seq:
            await self.execute(cast(QueryNoTemplate, query), params)
