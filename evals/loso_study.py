"""What does the analysis make of every question, with these constants?  Observed once, analysed as often as asked.

What was observed is kept in a folder, and what came of each analysis, too, so that a search which was stopped goes on
where it stood.
"""

import asyncio
import hashlib
import os
import pickle
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from agent.analysis import ranking
from agent.analysis.observations import Observations
from agent.analysis.ranking import weigh
from agent.analysis.standing import loud, standing
from agent.analysis.weights import SHIPPED, Weights
from evals import case as cases
from evals import score
from evals.case import Case
from evals.constants import TUNED, Telling, Values, put
from evals.loso_fit import Looked
from evals.observe import observe
from evals.progress import Progress
from evals.quiet import windows_of

ALL = 1_000
"""More windows than any case has."""


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
class Task:
    """The questions of one set, to be analysed with these constants; those that are shipped where none is given."""

    kept: Path
    values: tuple[tuple[str, float], ...]
    """Sorted; those that matter to the set."""
    windows: int
    """Of each case, so many at most."""

    @property
    def answered(self) -> Path:
        """Named after all that it hangs on, the source of the analysis included."""
        told = hashlib.sha256(f"{_version()} {self.values} {self.windows}".encode()).hexdigest()
        return self.kept.with_name(f"{self.kept.stem}-{told[:20]}.looked")


@dataclass(frozen=True)
class Study:
    """All sets, as they were observed."""

    kept: Mapping[str, Path]
    tells: Mapping[str, frozenset[Telling]]
    truths: Mapping[str, tuple[str, bool]]
    """Id -> the component at fault, empty when none is known, and whether anything was wrong."""
    pool: Executor

    @property
    def sets(self) -> list[str]:
        """Those with cases whose truth is known."""
        return sorted({name.partition("/")[0] for name in self.truths})

    def looked(self, sets: Iterable[str], values: Values, windows: int = ALL) -> list[Looked]:
        """Told the truth; what has none is left out."""
        found = [one for name in sets for one in analysed(self.task(name, values, windows))]
        return [self._told(one) for one in found if one.quiet or one.id in self.truths]

    def prepare(self, sets: Iterable[str], several: Iterable[Values], windows: int = ALL) -> None:
        """Analyse what has not been analysed yet, in the pool's processes."""
        tasks = {self.task(name, values, windows) for name in sets for values in several}
        missing = sorted((one for one in tasks if not one.answered.exists()), key=lambda one: one.answered)
        for done, _ in enumerate(self.pool.map(_work, missing), 1):
            if done % 20 == 0:
                print(f"{done} of {len(missing)} analysed", file=sys.stderr, flush=True)

    def task(self, name: str, values: Values, windows: int = ALL) -> Task:
        matter = {one.name for one in TUNED if one.telling in self.tells[name]}
        return Task(self.kept[name], tuple(sorted((of, at) for of, at in values.items() if of in matter)), windows)

    def _told(self, one: Looked) -> Looked:
        component, faulty = self.truths.get(one.id, ("", False))
        return replace(one, true=one.names.index(component) if component in one.names else None, faulty=faulty)


def observed(roots: Sequence[Path], windows: Windows, folder: Path, pool: Executor) -> Study:
    """Every case, and every window of quiet; what the folder holds already is taken from there."""
    found = cases.find(*roots)
    kept = {
        name: folder / f"{name}-{windows.each}-{windows.seed}.pickle" for name in sorted({one.set for one in found})
    }
    missing = [one for one in found if not kept[one.set].exists()]
    progress, asked = Progress(len(missing)), dict[str, list[Question]]()
    for case, questions in zip(missing, pool.map(partial(_observed, windows=windows), missing), strict=True):
        asked.setdefault(case.set, []).extend(questions)
        progress.tick()
    for name, questions in asked.items():
        _keep(kept[name], questions)
    study = Study(kept, {name: _tells(_questions(path)) for name, path in kept.items()}, {}, pool)
    study.prepare(kept, [{}])
    return replace(study, truths=_truths([one for name in kept for one in analysed(study.task(name, {}))], roots))


def analysed(task: Task) -> list[Looked]:
    """As kept; else analysed now, and kept."""
    if not task.answered.exists():
        with put(dict(task.values)) as fusion:
            weights = replace(SHIPPED, fusion=replace(SHIPPED.fusion, **fusion))
            asked = [one for one in _questions(task.kept) if one.window is None or one.window < task.windows]
            _keep(task.answered, [looked_at(one, weights) for one in asked])
    found: list[Looked] = pickle.loads(task.answered.read_bytes())  # noqa: S301 (this command wrote it)
    return found


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


def _observed(case: Case, windows: Windows) -> list[Question]:
    seen = asyncio.run(observe(case))
    cut = windows_of(case, windows.each, windows.seed) if case.set in windows.sets else []
    return [Question(case.id, seen), *(Question(one.id, _at(seen, one.now), one.number) for one in cut)]


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


def _tells(asked: Sequence[Question]) -> frozenset[Telling]:
    there: dict[Telling, bool] = {
        "series": any(one.seen.readings for one in asked),
        "lines": any(one.seen.lines for one in asked),
        "changes": any(one.seen.changes for one in asked),
        "alerts": any(len(one.seen.alerts) > 1 for one in asked),
    }
    return frozenset(name for name, is_there in there.items() if is_there)


def _truths(looked: Sequence[Looked], roots: Sequence[Path]) -> dict[str, tuple[str, bool]]:
    """By `score.judge_all` only: an answer that lists every component in a known order is told the cause's place."""
    asked = {one.id: one for one in looked if not one.quiet}
    listed = [{"id": one.id, "suspects": suspects(one.names, range(0, -len(one.names), -1))} for one in asked.values()]
    judged = [one for of in score.judge_all({"cases": listed}, *roots).values() for one in of]
    return {one.id: ("" if one.strict is None else asked[one.id].names[one.strict - 1], one.named) for one in judged}


def _work(task: Task) -> None:
    analysed(task)


def _keep(path: Path, found: object) -> None:
    """Whole or not at all."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_bytes(pickle.dumps(found))
    half.replace(path)


@lru_cache(maxsize=8)
def _questions(kept: Path) -> list[Question]:
    found: list[Question] = pickle.loads(kept.read_bytes())  # noqa: S301 (likewise)
    return found


@lru_cache(maxsize=1)
def _version() -> str:
    """Of the analysis, as it stands in the source."""
    sources = sorted(Path(ranking.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()
