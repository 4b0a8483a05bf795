"""Many runs: the row that is furthest behind gets its next seed, until there are enough kills or the time is over."""

import os
import pickle
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.chaos.check import Found
from tests.chaos.farend import FORGETS
from tests.chaos.life import Run
from tests.chaos.rows import ROWS, Known, drawn
from tests.chaos.server import Deaths, Ground, Outcome, forked, lived

DELIVERIES = 3
"""After so many deaths of its worker a job is set aside."""


@dataclass
class Tally:
    tried: Counter[str] = field(default_factory=Counter)
    """Faults by row: kills, or workers held up."""
    runs: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    effects: int = 0

    def add(self, row: str, seed: int, faults: int, effects: int, found: Found) -> None:
        self.runs[row] += 1
        self.tried[row] += faults
        self.effects += effects
        self.lost[row] += len(found.lost)
        self.duplicates[row] += len(found.duplicates)
        self.broken[row] += len(found.broken)
        told = (*found.lost, *found.duplicates, *found.broken)
        self.findings += [f"--row {row} --seed {seed}: {one}" for one in told]

    def join(self, other: "Tally") -> None:
        for name in ("tried", "runs", "lost", "duplicates", "broken"):
            getattr(self, name).update(getattr(other, name))
        self.findings += other.findings
        self.effects += other.effects


@dataclass(frozen=True)
class Limits:
    kills: int
    seconds: float
    rows: tuple[str, ...] = tuple(ROWS)
    """Each of them is tried once, however little time there is."""


def campaign(ground: Ground, port: int, limits: Limits, *, first_seed: int, beside: int) -> Tally:
    """`beside` processes share the kills and take seeds in turn."""
    told = [ground.runs.parent / f"worker-{number}" for number in range(beside)]
    share = Limits(limits.kills // beside, limits.seconds, limits.rows)

    def work(number: int) -> None:
        tally = _tally(ground, port, share, iter(range(first_seed + number, 10**9, beside)))
        told[number].write_bytes(pickle.dumps(tally))

    children = [forked(partial(work, number), told[number].with_suffix(".log")) for number in range(beside)]
    whole = Tally()
    for child, path in zip(children, told, strict=True):
        os.waitpid(child, 0)
        if not path.exists():
            raise RuntimeError(path.with_suffix(".log").read_text())
        whole.join(pickle.loads(path.read_bytes()))
    return whole


def _tally(ground: Ground, port: int, limits: Limits, seeds: Iterator[int]) -> Tally:
    tally, known, until = Tally(), calm(ground, port), time.monotonic() + limits.seconds
    order = sorted(limits.rows, key=lambda row: -ROWS[row].share)
    for seed in seeds:
        row = min(order, key=lambda row: tally.tried[row] / ROWS[row].share)
        if tally.tried[row] and (time.monotonic() > until or tally.tried.total() >= limits.kills):
            return tally
        one(ground, port, row, seed, known, tally)
    return tally


def one(ground: Ground, port: int, row: str, seed: int, known: Known, tally: Tally) -> None:
    fault = drawn(row, seed, known)
    with ground.run_folder(f"{fault.token}-{row}-{seed}") as folder:
        outcome = lived(Run(str(folder), port, **fault.run), fault.deaths)
    faults = 1 if row == "F10" else outcome.kills
    tally.add(row, seed, faults, outcome.effects, _as_expected(row, outcome))


def _as_expected(row: str, outcome: Outcome) -> Found:
    found = outcome.found
    if row == "F08" and (outcome.kills, outcome.dead) != (DELIVERIES, 1):
        told = f"its job killed {outcome.kills} workers, and {outcome.dead} jobs were set aside"
        return Found(found.lost, found.duplicates, (*found.broken, told))
    return found


def calm(ground: Ground, port: int) -> Known:
    """A run that nobody disturbs."""
    with ground.run_folder(f"{FORGETS}-calm-{os.getpid()}") as folder:
        began = time.monotonic()
        outcome = lived(Run(str(folder), port), Deaths())
        if outcome.found:
            raise RuntimeError(f"undisturbed, it found {outcome.found}")
        return Known(outcome.passed, time.monotonic() - began)
