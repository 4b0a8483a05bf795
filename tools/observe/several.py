"""What do several sources say together?  One that fails hides nothing of the others."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from tools.base import BackendError

T = TypeVar("T")


async def answers(asked: Iterable[Awaitable[T]]) -> tuple[list[T], list[str]]:
    """What came, and a line for each source that failed; raises the first BackendError when nothing came."""
    outcomes = await asyncio.gather(*map(_outcome, asked))
    failed = [one for one in outcomes if isinstance(one, BackendError)]
    if failed and len(failed) == len(outcomes):
        raise failed[0]
    found = [one for one in outcomes if not isinstance(one, BackendError)]
    return found, [f"Not complete: {error}" for error in failed]


async def _outcome(asked: Awaitable[T]) -> T | BackendError:
    try:
        return await asked
    except BackendError as error:
        return error
