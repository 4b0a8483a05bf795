"""Many tries: the row that is furthest behind its goal gets its next seed, until all are met or the time is over."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tests.chaos.attempt import Known, Row
from tests.chaos.book import Book
from tests.chaos.deployment import shared
from tests.chaos.farend import FORGETS
from tests.chaos.server import Deaths, Ground, forked, lived


@dataclass(frozen=True)
class Limits:
    share: float
    """Of the goals of a full run."""
    seconds: float
    """Each row is tried once, however little time there is."""


def campaign(
    ground: Ground, book: Book, rows: Mapping[str, Row], limits: Limits, *, deployments: tuple[str, ...], beside: int
) -> None:
    """`beside` processes share the deployments, and take seeds in turn."""
    first_seed = book.next_seed()

    def work(number: int) -> None:
        seeds = iter(range(first_seed + number, 10**9, beside))
        if deployments[number % len(deployments)] == "shared":
            with shared() as servers:
                _work(ground.on(servers), book, rows, limits, seeds, among=_among(number, deployments, beside))
        else:
            _work(ground, book, rows, limits, seeds, among=_among(number, deployments, beside))

    logs = [ground.folder / f"worker-{number}.log" for number in range(beside)]
    children = [forked(partial(work, number), logs[number]) for number in range(beside)]
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    for code, log in zip(ended, logs, strict=True):
        if code:
            raise RuntimeError(log.read_text())


def _among(number: int, deployments: tuple[str, ...], beside: int) -> int:
    """How many processes share the goals of this one's deployment."""
    mine = deployments[number % len(deployments)]
    return sum(deployments[other % len(deployments)] == mine for other in range(beside))


def _work(
    ground: Ground, book: Book, rows: Mapping[str, Row], limits: Limits, seeds: Iterator[int], *, among: int
) -> None:
    name = ground.deployment.name
    goals = {id_: goal for id_, row in rows.items() if (goal := row.goal if name == "embedded" else row.shared)}
    known, until, tried = calm(ground), time.monotonic() + limits.seconds, Counter[str]()
    before = Counter[str]()
    for line in book.lines():
        if line.get("deployment") == name:
            before[line["row"]] += line["faults"]
    for seed in seeds:
        behind = {id_: (before[id_] / among + tried[id_]) / (goals[id_] / among * limits.share) for id_ in goals}
        id_ = min(behind, key=lambda one: (tried[one] > 0, behind[one]))
        if tried[id_] and (time.monotonic() > until or behind[id_] >= 1):
            return
        began = time.monotonic()
        outcome = rows[id_].attempt(ground, seed, known)
        tried[id_] += max(1, outcome.faults)
        book.tried(id_, name, seed, outcome, time.monotonic() - began)


def calm(ground: Ground) -> Known:
    """A run that nobody disturbs; the quicker of two."""
    return min((_calm(ground) for _ in range(2)), key=lambda known: known.seconds)


def _calm(ground: Ground) -> Known:
    with ground.run(f"{FORGETS}-calm-{os.getpid()}-{time.monotonic_ns()}") as run:
        began = time.monotonic()
        outcome = lived(run, Deaths())
        if outcome.found:
            raise RuntimeError(f"undisturbed, it found {outcome.found}")
        return Known(outcome.passed, time.monotonic() - began)
