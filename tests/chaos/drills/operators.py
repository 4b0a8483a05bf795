"""What if an operator's command is killed half-way?  In the middle of an incident the root secret is replaced, or the
installation is put aside and brought back; each is killed some times, and done again until it is done.
"""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from signal import SIGKILL

from agent.bootstrap.backup import back_up, restore
from agent.bootstrap.rotating import rotate
from tests.chaos.attempt import Known, Tried
from tests.chaos.farend import FORGETS
from tests.chaos.life import Run
from tests.chaos.points import Points
from tests.chaos.server import Deaths, Ground, _ended, died, forked, lived

TAKES = 0.2
"""Seconds that such a command takes, about."""


def operated(ground: Ground, seed: int, known: Known) -> Tried:
    chance = Random(f"operators:{seed}")
    with ground.run(f"{FORGETS}-operators-{seed}") as run:
        died(run, Points(die_at=("", chance.randint(1, len(known.passed)))))
        kills = 1 + chance.choice((_another_secret, _brought_back))(run, chance)
        outcome = lived(run, Deaths())
        return Tried(kills, outcome.found, outcome.effects, outcome.recovered, kills + outcome.kills)


def _another_secret(run: Run, chance: Random) -> int:
    def replace(_: int) -> None:
        asyncio.run(rotate(run.settings()))

    return _killed(run, chance, replace)


def _brought_back(run: Run, chance: Random) -> int:
    """A folder of its own each time, as both commands want it; what was killed is left lying."""
    folder = Path(run.folder)

    def put_aside(number: int) -> None:
        back_up(run.settings(), folder / f"backup-{number}")

    kills = _killed(run, chance, put_aside)
    aside = max(folder.glob("backup-*"), key=os.path.getmtime)

    def back(number: int) -> None:
        into = folder / f"restored-{number}"
        into.mkdir()
        restore(run.settings().model_copy(update={"data": into}), aside, as_it_was=True)

    kills += _killed(run, chance, back)
    (folder / "data").rename(folder / "before")
    max(folder.glob("restored-*"), key=os.path.getmtime).rename(folder / "data")
    return kills


def _killed(run: Run, chance: Random, what: Callable[[int], None]) -> int:
    """How often it was killed before it was let come to its end. RuntimeError when it fails by itself."""
    kills = 0
    for number, after in enumerate([*(chance.uniform(0, TAKES) for _ in range(chance.randint(1, 4))), None]):
        log = Path(run.folder) / f"operator-{number}.log"
        ended = _ended(forked(partial(what, number), log), after)
        if ended not in (0, -SIGKILL):
            raise RuntimeError(log.read_text())
        kills += ended == -SIGKILL
    return kills
