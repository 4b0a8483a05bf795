"""Many tries, by processes beside each other.  A drill that fails by itself ends nothing: it is told, and the next
seed has its turn.
"""

import os
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from select import select
from signal import SIGKILL

from tests.chaos.attempt import Known, Row
from tests.chaos.book import Book, Tally
from tests.chaos.deployment import shared
from tests.chaos.farend import FORGETS
from tests.chaos.plan import FLOOR, plan
from tests.chaos.server import Deaths, Ground, forked, import_all, lived

GIVE_UP = 5
"""Tries in a row that ended in an error of the drill: then it is the machine that something is wrong with."""
TELL_EVERY = 30.0
"""Seconds between two lines on how far it is."""


@dataclass(frozen=True)
class Limits:
    share: float
    """Of the goals of a full run."""
    seconds: float
    """Each row is tried once, however little time there is."""
    kills: float = float("inf")
    """Of all rows together; where that is said, kills come first, and it is over when they were made."""

    @property
    def floor(self) -> float:
        return FLOOR if self.kills == float("inf") else 0


def campaign(
    ground: Ground, book: Book, rows: Mapping[str, Row], limits: Limits, *, deployments: tuple[str, ...], beside: int
) -> None:
    """`beside` processes share the deployments, and take seeds in turn."""
    first_seed, until = book.next_seed(), time.monotonic() + limits.seconds

    def work(number: int) -> None:
        name = deployments[number % len(deployments)]
        seeds = iter(range(first_seed + number, 10**9, beside))
        worker = _Worker(ground, name, book, rows, limits, until)
        worker.work(seeds, _among(number, deployments, beside))

    logs = [ground.folder / f"worker-{number}.log" for number in range(beside)]
    children = [forked(partial(work, number), logs[number]) for number in range(beside)]
    _wait(children, book)
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    for code, log in zip(ended, logs, strict=True):
        if code:
            book.note(failed=f"a worker ended with {code}: {log.read_text()[-3000:]}")


def calm(ground: Ground) -> Known:
    """A run that nobody disturbs; the quicker of two."""
    return min((_calm(ground) for _ in range(2)), key=lambda known: known.seconds)


class _Worker:
    """One process on one deployment, for as long as its parent lives."""

    def __init__(
        self, ground: Ground, name: str, book: Book, rows: Mapping[str, Row], limits: Limits, until: float
    ) -> None:
        self._ground = ground
        self._name = name
        self._book = book
        self._rows = rows
        self._limits = limits
        self._until = until
        self._parent = os.getppid()
        self._trying: tuple[str, int] | None = None
        self._failures = 0

    def work(self, seeds: Iterator[int], among: int) -> None:
        """After a drill that failed it goes on elsewhere: nobody knows what that left."""
        self._plan = plan(
            self._rows,
            self._book.lines(),
            deployment=self._name,
            share=self._limits.share,
            among=among,
            floor=self._limits.floor,
        )
        while self._failures < GIVE_UP and self._next() is not None:
            try:
                with _placed(self._ground, self._name) as ground:
                    self._try_all(ground, seeds)
            except Exception:  # noqa: BLE001 (whatever a drill fails of, it is told)
                self._failed(traceback.format_exc())
            _end_children()

    def _try_all(self, ground: Ground, seeds: Iterator[int]) -> None:
        known = calm(ground)
        while (row := self._next()) is not None:
            seed = next(seeds)
            self._trying, began = (row, seed), time.monotonic()
            tried = self._rows[row].attempt(ground, seed, known)
            took = time.monotonic() - began
            self._book.tried(row, self._name, seed, tried, took)
            self._plan.count(row, tried.faults, took)
            self._trying, self._failures = None, 0

    def _next(self) -> str | None:
        return self._plan.next(over=self._over()) if os.getppid() == self._parent else None

    def _over(self) -> bool:
        if time.monotonic() > self._until:
            return True
        return self._limits.kills < float("inf") and self._book.kills() >= self._limits.kills

    def _failed(self, why: str) -> None:
        self._failures += 1
        row, seed = self._trying or ("", 0)
        self._book.note(failed=why[-3000:], of=row, seed=seed, deployment=self._name)
        if row:
            self._plan.count(row, 1, 0)
        self._trying = None


def _among(number: int, deployments: tuple[str, ...], beside: int) -> int:
    """How many processes share the goals of this one's deployment."""
    mine = deployments[number % len(deployments)]
    return sum(deployments[other % len(deployments)] == mine for other in range(beside))


@contextmanager
def _placed(ground: Ground, name: str) -> Iterator[Ground]:
    """On that deployment; servers of its own are there until the end."""
    if name == "embedded":
        yield ground
        return
    with shared() as servers:
        placed = ground.on(servers)
        import_all(placed)
        yield placed


def _calm(ground: Ground) -> Known:
    with ground.run(f"{FORGETS}-calm-{os.getpid()}-{time.monotonic_ns()}") as run:
        began = time.monotonic()
        outcome = lived(run, Deaths())
        if outcome.found:
            raise RuntimeError(f"undisturbed, it found {outcome.found}")
        return Known(outcome.passed, time.monotonic() - began)


def _wait(children: list[int], book: Book) -> None:
    """Until all have ended; a line on how far they are comes now and then."""
    left = {os.pidfd_open(child) for child in children}
    began = time.monotonic()
    while left:
        ended = select(left, [], [], TELL_EVERY)[0]
        for process in ended:
            os.close(process)
        left -= set(ended)
        print(_progress(Tally.of(book.lines()), time.monotonic() - began), flush=True)


def _progress(tally: Tally, seconds: float) -> str:
    kills = " + ".join(f"{tally.kills[name]:,} {name}" for name in ("embedded", "shared"))
    wrong = f"{len(tally.findings)} findings, {len(tally.failed)} drills failed"
    return (
        f"{seconds:,.0f} s: {kills} kills, {tally.tried.total():,} faults in {len(tally.tried)} rows, "
        f"{wrong}, load {os.getloadavg()[0]:.1f}"
    )


def _end_children() -> None:
    """What a drill that failed has left running."""
    for listed in Path("/proc/self/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, SIGKILL)
                os.waitpid(child, 0)
