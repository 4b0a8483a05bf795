"""A program for the test that kills it: rebuilds a hundred lessons, says when 64 are stored, and then hangs."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.memory.embedding import HashingEmbedder, Vectors
from tests.integration.agent.memory.remembering import Record, lesson, remembering


class Hanging(HashingEmbedder):
    def __init__(self) -> None:
        self.embedded = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self.embedded == 65:
            sys.stdout.write("64 stored\n")
            sys.stdout.flush()
            await asyncio.Event().wait()
        self.embedded += len(texts)
        return await super().embed(texts)


async def rebuild(folder: Path) -> None:
    async with remembering(folder, Record(*(lesson(f"i{number}") for number in range(100))), Hanging()) as memory:
        await memory.state()


if __name__ == "__main__":
    asyncio.run(rebuild(Path(sys.argv[1])))
