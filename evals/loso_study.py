"""What does the analysis make of every question, with these constants?  Observed once, analysed as often as asked.

What came of each analysis is kept in a folder, so that a search which was stopped goes on where it stood.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.analysis import ranking
from agent.analysis.dossier import Parts
from agent.analysis.observations import Observations
from agent.analysis.ranking import weigh
from agent.analysis.standing import Standing, loud, standing
from agent.analysis.weights import SHIPPED, Weights
from evals import case as cases
from evals import score
from evals.case import Case
from evals.constants import TUNED, Telling, Values, put
from evals.dilution import diluted
from evals.loso_fit import FAINT, LATE, Looked
from evals.observe import alerts_of, observe
from evals.perturb import delay_of
from evals.quiet import windows_of
from evals.stages import Kept

ALL = 1_000
"""More windows than any case has."""
_DELAYS = 7
"""The seed of the copies' delays: another than those that answers are scored with."""


@dataclass(frozen=True)
class Windows:
    """Which windows of quiet are asked about, too: see `quiet.windows_of`."""

    sets: tuple[str, ...] = ()
    each: int = 4
    seed: int = 1


@dataclass(frozen=True)
class Question:
    """A case, or a window of quiet of that number: what was observed of it."""

    id: str
    seen: Observations
    window: int | None = None


@dataclass(frozen=True)
class Asked:
    """All cases of one set, and the windows of quiet that are cut from them."""

    cases: tuple[Case, ...]
    windows: Windows


@dataclass(frozen=True)
class Task:
    """One set, to be analysed with these constants; with those that are shipped where none is given."""

    asked: Asked
    values: tuple[tuple[str, float], ...]
    """Sorted; those that matter to the set."""
    windows: int
    """Of each case, so many at most."""
    folder: Path

    @property
    def answered(self) -> Path:
        """Named after all that it hangs on, the source of the analysis included."""
        told = hashlib.sha256(f"{_version()} {self.asked} {self.values} {self.windows}".encode()).hexdigest()
        return self.folder / f"{self.asked.cases[0].set}-{told[:20]}.json"


@dataclass(frozen=True)
class Study:
    """All sets."""

    asked: Mapping[str, Asked]
    tells: Mapping[str, frozenset[Telling]]
    truths: Mapping[str, tuple[str, bool]]
    """Id -> the component at fault, empty when none is known, and whether anything was wrong."""
    folder: Path
    pool: Executor

    @property
    def sets(self) -> list[str]:
        """Those with cases whose truth is known."""
        return sorted({name.partition("/")[0] for name in self.truths})

    @property
    def causes(self) -> dict[str, str]:
        """Case -> the component at fault, where it is known."""
        return {name: component for name, (component, _) in self.truths.items() if component}

    def looked(self, sets: Iterable[str], values: Values, windows: int = ALL) -> list[Looked]:
        """Told the truth; what has none is left out."""
        found = [one for name in sets for one in analysed(self.task(name, values, windows))]
        return [self._told(one) for one in found if one.quiet or one.of in self.truths]

    def prepare(self, sets: Iterable[str], several: Iterable[Values], windows: int = ALL) -> None:
        """Analyse what has not been analysed yet, in the pool's processes."""
        tasks = dict.fromkeys(self.task(name, values, windows) for name in sets for values in several)
        missing = [one for one in tasks if not one.answered.exists()]
        for done, _ in enumerate(self.pool.map(_work, missing), 1):
            if done % 20 == 0:
                print(f"{done} of {len(missing)} analysed", file=sys.stderr, flush=True)

    def task(self, name: str, values: Values, windows: int = ALL) -> Task:
        matter = {one.name for one in TUNED if one.telling in self.tells[name]}
        told = tuple(sorted((of, at) for of, at in values.items() if of in matter))
        return Task(self.asked[name], told, windows, self.folder)

    def _told(self, one: Looked) -> Looked:
        component, faulty = self.truths.get(one.of, ("", False))
        return replace(one, true=one.names.index(component) if component in one.names else None, faulty=faulty)


def study(roots: Sequence[Path], windows: Windows, folder: Path, pool: Executor) -> Study:
    """Of every case, and every window of quiet."""
    by_set: dict[str, list[Case]] = {}
    for case in cases.find(*roots):
        by_set.setdefault(case.set, []).append(case)
    asked = {name: Asked(tuple(those), windows) for name, those in sorted(by_set.items())}
    found = Study(asked, {name: _tells(those) for name, those in by_set.items()}, {}, folder, pool)
    found.prepare(asked, [{}])
    return replace(found, truths=_truths([one for name in asked for one in analysed(found.task(name, {}))], roots))


def analysed(task: Task) -> list[Looked]:
    """As kept; else analysed now, and kept."""
    if not task.answered.exists():
        with put(dict(task.values)) as fusion, _kept().used(dict(task.values)):
            weights = replace(SHIPPED, fusion=replace(SHIPPED.fusion, **fusion))
            questions = [one for one in _questions(task.asked) if one.window is None or one.window < task.windows]
            looked = [looked_at(one, weights) for one in questions]
        half = task.answered.with_suffix(f".{os.getpid()}")
        half.write_text(json.dumps([_written(one) for one in looked]), "utf-8")
        half.replace(task.answered)
    return [_read(one) for one in json.loads(task.answered.read_text("utf-8"))]


def looked_at(question: Question, weights: Weights = SHIPPED) -> Looked:
    """What the analysis knows before it is fused."""
    weighed = weigh(question.seen, weights)
    return Looked(
        id=question.id,
        names=tuple(one.component for one in weighed.dossiers),
        parts=tuple(one.parts for one in weighed.dossiers),
        louds=tuple(loud(one, weighed) for one in weighed.dossiers),
        flags=standing(weighed),
        quiet=question.window is not None,
    )


def suspects(names: Sequence[str], scores: Sequence[float]) -> list[dict[str, object]]:
    """As a results file has them."""
    return [{"component": name, "score": value} for name, value in zip(names, scores, strict=True)]


@lru_cache(maxsize=1)
def _kept() -> Kept:
    """One for a process."""
    return Kept()


@lru_cache(maxsize=16)
def _questions(asked: Asked) -> list[Question]:
    """Observed once in a process."""
    return [one for case in asked.cases for one in _observed(case, asked.windows)]


def _observed(case: Case, windows: Windows) -> list[Question]:
    seen = asyncio.run(observe(case))
    cut = windows_of(case, windows.each, windows.seed) if case.set in windows.sets else []
    copies = {FAINT: diluted(seen), LATE: _late(seen, delay_of(case, _DELAYS))} if seen.readings else {}
    asked = [Question(case.id + name, of) for name, of in {"": seen, **copies}.items()]
    return [*asked, *(Question(one.id, _at(seen, one.now), one.number) for one in cut)]


def _late(seen: Observations, by: timedelta) -> Observations:
    """The same, told by alerts that start so much later, but not after the question."""
    later = [one.model_copy(update={"starts_at": min(one.starts_at + by, seen.now)}) for one in seen.alerts]
    return replace(seen, alerts=tuple(later))


def _at(seen: Observations, now: datetime) -> Observations:
    """The same question at another moment: the alerts move along, and what comes later is not there yet."""
    moved = now - seen.now
    return replace(
        seen,
        now=now,
        alerts=tuple(one.model_copy(update={"starts_at": one.starts_at + moved}) for one in seen.alerts),
        lines=tuple(line for line in seen.lines if line.at <= now),
        changes=tuple(change for change in seen.changes if change.at <= now),
    )


def _tells(recorded: Sequence[Case]) -> frozenset[Telling]:
    files: dict[Telling, str] = {"series": "metrics.om", "lines": "logs.jsonl", "changes": "changes.json"}
    there = {kind for kind, name in files.items() if any(case.file(name) for case in recorded)}
    return frozenset(there | {"alerts" for case in recorded if len(alerts_of(case)) > 1})


def _truths(looked: Sequence[Looked], roots: Sequence[Path]) -> dict[str, tuple[str, bool]]:
    """By `score.judge_all` only: an answer that lists every component in a known order is told the cause's place."""
    asked = {one.id: one for one in looked if not one.quiet and not one.copy}
    listed = [{"id": one.id, "suspects": suspects(one.names, range(0, -len(one.names), -1))} for one in asked.values()]
    judged = [one for of in score.judge_all({"cases": listed}, *roots).values() for one in of]
    return {one.id: ("" if one.strict is None else asked[one.id].names[one.strict - 1], one.named) for one in judged}


def _work(task: Task) -> None:
    analysed(task)


def _written(one: Looked) -> dict[str, Any]:
    return {**vars(one), "parts": [vars(of) for of in one.parts], "flags": vars(one.flags)}


def _read(told: dict[str, Any]) -> Looked:
    parts = tuple(Parts(**one) for one in told["parts"])
    louds, names = tuple(told["louds"]), tuple(told["names"])
    return Looked(**{**told, "names": names, "parts": parts, "louds": louds, "flags": Standing(**told["flags"])})


@lru_cache(maxsize=1)
def _version() -> str:
    """Of the analysis, as it stands in the source; of the weights, those that decide what is found."""
    sources = sorted(one for one in Path(ranking.__file__).parent.glob("*.py") if one.stem != "weights")
    return hashlib.sha256(b"".join([*(one.read_bytes() for one in sources), repr(SHIPPED.fusion).encode()])).hexdigest()
