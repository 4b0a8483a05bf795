"""How long does it take to be well again?  Killed at a seeded point, then a fresh interpreter goes on from there."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.chaos.attempt import Known
from tests.chaos.farend import FORGETS
from tests.chaos.life import RECOVERED, told
from tests.chaos.points import Points
from tests.chaos.server import Ground, died

ROOT = Path(__file__).parents[2]


def recovery(ground: Ground, known: Known, seed: int) -> dict[str, float]:
    """Seconds from the start of the process, imports included: until it is `ready`, and until the first `step` that
    was due is done."""
    chance = Random(f"cold:{seed}")
    # In the first half of what an undisturbed run comes by, so that a step is left to be done.
    point = ("", chance.randint(1, len(known.passed) // 2))
    with ground.run(f"{FORGETS}-{time.monotonic_ns()}") as run:
        died(run, Points(die_at=point))
        subprocess.run([sys.executable, "-m", "tests.chaos.life", told(run, 1)], cwd=ROOT, check=True, timeout=240)
        return {line["what"]: line["seconds"] for line in run.log(RECOVERED).lines() if line["life"] == 1}
