"""How long does it take to be well again?  Killed at a seeded point, then a fresh interpreter finishes everything."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.chaos.farend import FORGETS
from tests.chaos.life import Run, told
from tests.chaos.points import Points
from tests.chaos.rows import Known
from tests.chaos.server import Ground, died

ROOT = Path(__file__).parents[2]


def recoveries(ground: Ground, port: int, known: Known, times: int, first_seed: int) -> list[float]:
    """Seconds of each, from the start of the process to its end, imports included."""
    return [_recovery(ground, port, Random(f"cold:{first_seed + number}"), known) for number in range(times)]


def _recovery(ground: Ground, port: int, chance: Random, known: Known) -> float:
    with ground.run_folder(f"{FORGETS}-{time.monotonic_ns()}") as folder:
        run = Run(str(folder), port)
        died(run, Points(die_at=chance.choice(known.passed)))
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "tests.chaos.life", told(run, 1)], cwd=ROOT, check=True)
        return time.monotonic() - began
