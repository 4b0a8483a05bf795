"""What holds of the savers of both engines?  They write by leave of the run's lease, and go on from what they read."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.base import id as ids

Write = TypeVar("Write", bound=Callable[..., Awaitable[object]])
Read = TypeVar("Read", bound=Callable[..., Awaitable[CheckpointTuple | None]])


def held(method: Write) -> Write:
    """LangGraph's method, of the saver that `_held` gives, for as long as it does."""

    @wraps(method)
    async def by_leave(self: Any, config: RunnableConfig, *given: Any, **named: Any) -> object:
        async with self._held(config) as saver:
            return await method(saver, config, *given, **named)

    return cast(Write, by_leave)


def followed(method: Read) -> Read:
    """What is stored after it was read is newer than it, whatever this host's clock says.

    A run's newest checkpoint is the one with the greatest id, and ids are drawn from the clock of whoever writes. So
    each that is read moves our clock for ids on: L. Lamport, Time, Clocks, and the Ordering of Events, 1978.
    """

    @wraps(method)
    async def reading(self: Any, config: RunnableConfig) -> CheckpointTuple | None:
        found = await method(self, config)
        if found is not None:
            _draw_above(found.checkpoint["id"])
        return found

    return cast(Read, reading)


def _draw_above(read: str) -> None:
    # LangGraph draws each id above the last of its process, and has no other place in which to be told of one.
    last = ids._last_v6_timestamp  # noqa: SLF001 (the contract of both engines fails when it is gone)
    ids._last_v6_timestamp = max(last or 0, ids.UUID(read).time)  # type: ignore[assignment]  # noqa: SLF001 (typed None)
