"""Is a slow and broken network only slow?  A line in a process of its own holds up what passes, or breaks off.

The far end is called over it; PostgreSQL and Redis, where there are any, are asked over lines that are only slow.
"""

import asyncio
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import urlsplit

from tests.chaos.attempt import Known, Tried
from tests.chaos.farend import FORGETS
from tests.chaos.line import line
from tests.chaos.server import Deaths, Ground, lived


@dataclass(frozen=True)
class Weather:
    """Of one line; chances are of each chunk that passes."""

    delayed: float
    least: float
    most: float
    """Seconds."""
    broken: float


FAR = Weather(delayed=0.5, least=1, most=3, broken=0.02)
NEAR = Weather(delayed=0.1, least=0, most=0.05, broken=0)
"""Of a record that is asked hundreds of times for one incident; that its sessions are cut is F30."""


def slow(ground: Ground, seed: int, _: Known) -> Tried:
    chance = Random(f"slow:{seed}")
    with ground.run(f"{FORGETS}-slow-{seed}") as run, ExitStack() as lines:
        far = lines.enter_context(_line(run.port, FAR, chance.random()))
        slowed = replace(
            run,
            far_end=f"http://127.0.0.1:{far}",
            database=_over_a_line(run.database, lines, chance),
            redis=_over_a_line(run.redis, lines, chance),
        )
        outcome = lived(slowed, Deaths(points=(("", chance.randint(1, 90)),) * chance.choice((0, 1))))
        return Tried(1, outcome.found, outcome.effects, outcome.recovered, outcome.kills)


def _over_a_line(address: str, lines: ExitStack, chance: Random) -> str:
    """The same by another port; empty, when it is."""
    if not (port := urlsplit(address).port):
        return ""
    return address.replace(f":{port}/", f":{lines.enter_context(_line(port, NEAR, chance.random()))}/")


def _line(port: int, weather: Weather, drawn: float) -> AbstractContextManager[int]:
    """Its port; what comes there goes to the other."""
    chance = Random(drawn)

    async def connected(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(near, there, weather, chance), _pump(far, back, weather, chance))

    return line(connected)


async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter, weather: Weather, chance: Random) -> None:
    with suppress(OSError):
        while content := await source.read(65536):
            if chance.random() < weather.delayed:
                await asyncio.sleep(chance.uniform(weather.least, weather.most))
            if chance.random() < weather.broken:
                to.transport.abort()
                return
            to.write(content)
            await to.drain()
    to.close()
