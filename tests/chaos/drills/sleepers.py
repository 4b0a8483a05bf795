"""Does a process that was stopped, and wakes when another has taken everything over, do any harm?

SIGSTOP at a seeded point, a second whole process that does what it finds to be done, SIGCONT. On Redis and PostgreSQL
the first one's lease has run out; on the file the folder's lock was lost, as a tidy script or a network file system
may lose it.
"""

import os
import signal
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.chaos.attempt import Known, Tried, broken
from tests.chaos.check import Found
from tests.chaos.life import LEASE, Run
from tests.chaos.points import Points
from tests.chaos.server import ENDED, Ground, _ended, _live, _log, forked, judged

LATER = int(LEASE.total_seconds()) + 10
"""The number of the second life: they are a second apart on the agent's clock."""
IN_A_TRANSACTION = ("journal:", "anchor:", "ledger:INTENT uncommitted", "ledger:OUTCOME uncommitted")
"""Whoever sleeps there keeps the file to itself, and the second is answered with an error: it must not get far."""


@dataclass
class _Sleep(Points):
    at: tuple[str, int] = ("", 0)

    def _pass(self, name: str) -> tuple[str, int]:
        here = super()._pass(name)
        if here == self.at:
            os.kill(os.getpid(), signal.SIGSTOP)
        return here


def taken_over(ground: Ground, seed: int, known: Known) -> Tried:
    """The far end honours keys: a call that was announced before the sleep is made after it, with its key."""
    chance = Random(f"sleepers:{seed}")
    places = [
        one for one in known.passed if ground.deployment.name == "shared" or not one[0].startswith(IN_A_TRANSACTION)
    ]
    with ground.run(f"keeps-sleeps-{seed}") as run:
        sleeper = _started(run, 0, _Sleep(at=chance.choice(places)))
        slept = os.WIFSTOPPED(os.waitpid(sleeper, os.WUNTRACED)[1])
        (Path(run.folder) / "data" / "lock").unlink(missing_ok=True)
        second = _ended(_started(run, LATER, Points()), None)
        if slept:
            os.kill(sleeper, signal.SIGCONT)
            _ended(sleeper, None)
        last = _ended(_started(run, LATER + 1, Points()), None)
        outcome = judged(run, last, LATER + 1)
        told = f"the second: {ENDED} {second}: {_log(run, LATER).read_text()[-2000:]}" if second else ""
    found = outcome.found
    return Tried(
        int(slept), Found(found.lost, found.duplicates, (*found.broken, *broken(told).broken)), outcome.effects
    )


def _started(run: Run, number: int, points: Points) -> int:
    run.settings()
    return forked(partial(_live, run, number, points, time.monotonic()), _log(run, number))
