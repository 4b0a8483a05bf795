"""What if nobody hears whether a commit was done?  The line to PostgreSQL breaks at a COMMIT: before it arrives there,
or after it was done and before anybody is told.

The line is a process of its own, which reads what passes; all connections of the agent go through it.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Literal
from urllib.parse import urlsplit

from tests.chaos.attempt import Known, Tried
from tests.chaos.farend import FORGETS
from tests.chaos.life import ENDING, Run
from tests.chaos.line import line
from tests.chaos.logs import Log
from tests.chaos.server import Deaths, Ground, lived

Break = Literal["before", "after"]
COMMIT = b"COMMIT\0"
COMMITS = 60
"""Of an undisturbed run, about."""
BROKEN = "broken.jsonl"


def unheard(ground: Ground, seed: int, _: Known) -> Tried:
    chance = Random(f"unheard:{seed}")
    places = chance.sample(range(1, COMMITS), chance.randint(1, 4))
    breaks: dict[int, Break] = {place: chance.choice(("before", "after", "after")) for place in places}
    deaths = Deaths(points=(("", chance.randint(1, 90)),) * chance.choice((0, 0, 1)))
    with ground.run(f"{chance.choice(('keeps', FORGETS))}-unheard-{seed}") as run:
        return broken_off(run, breaks, deaths)


def broken_off(run: Run, breaks: Mapping[int, Break], deaths: Deaths) -> Tried:
    """Where nobody is killed no step is done again, so that no two entries of the journal say the same."""
    log, port = run.log(BROKEN), urlsplit(run.database).port
    with line(_Line(port or 0, breaks, log).connected) as near:
        outcome = lived(replace(run, database=run.database.replace(f":{port}/", f":{near}/")), deaths)
    found = outcome.found
    if not outcome.kills and not found:
        ending = json.loads((Path(run.folder) / ENDING).read_text())
        found = replace(found, duplicates=tuple(f"the journal says twice: {said}" for said in ending["repeated"]))
    return Tried(len(log.lines()), found, outcome.effects, outcome.recovered, outcome.kills)


@dataclass
class _Line:
    port: int
    breaks: Mapping[int, Break]
    log: Log
    commits: int = 0

    async def connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection("127.0.0.1", self.port)
        silent, answered = asyncio.Event(), asyncio.Event()
        answers = asyncio.create_task(_pass_back(far, back, silent, answered))
        with suppress(OSError):
            while content := await near.read(65536):
                how = self._breaks_at(content)
                if how == "after":
                    silent.set()
                if how != "before":
                    there.write(content)
                    await there.drain()
                if how == "after":
                    # When the server says anything, it has been done.
                    await answered.wait()
                if how:
                    self.log.add(commit=self.commits, how=how)
                    back.transport.abort()
                    break
        there.close()
        await asyncio.gather(answers, return_exceptions=True)

    def _breaks_at(self, content: bytes) -> Break | None:
        if COMMIT not in content:
            return None
        self.commits += 1
        return self.breaks.get(self.commits)


async def _pass_back(
    source: asyncio.StreamReader, to: asyncio.StreamWriter, silent: asyncio.Event, answered: asyncio.Event
) -> None:
    """What the server says, until that is to be `silent`."""
    with suppress(OSError):
        while (content := await source.read(65536)) and not silent.is_set():
            to.write(content)
            await to.drain()
    answered.set()
    to.close()
