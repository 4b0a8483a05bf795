"""How good is the analysis on a system that no number of it was chosen on?  Leave one set out, fit on the others.

Everything is observed once; a fit needs the families of evidence alone (`dossier.Parts`), so that it takes seconds.
Truth comes through `score.judge_all` only: an answer that lists every component in a known order is told the place of
the cause among them.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from agent.analysis import verdicts
from agent.analysis.observations import Observations
from agent.analysis.ranking import weigh
from agent.analysis.standing import loud, standing
from agent.analysis.weights import SHIPPED, Logistic, Weights
from evals import case as cases
from evals import score
from evals.case import Case
from evals.loso_fit import Looked, fit, ranked
from evals.observe import observe
from evals.progress import Progress
from evals.quiet import windows_of
from evals.score import Judged

_HEAD = (
    *("set", "weights", "n", "AC@1", "95%", "AC@3", "95%", "ECE", "Brier", "AUROC"),
    *("cause", "healthy", "inconclusive", "false alarms", "calm windows"),
)
_LEARNED = (
    "learned on",
    "lines",
    "change",
    "real: bias, weight, loud, felt",
    "first: bias, weight, loud",
    "storm: bias, weight",
)
_FEWEST = 2


@dataclass(frozen=True)
class Windows:
    """Which windows of quiet are asked about, too: see `quiet.windows_of`."""

    sets: tuple[str, ...] = ()
    each: int = 4
    seed: int = 1


def command(roots: Sequence[Path], out: Path | None, windows: Windows, *, jobs: int) -> int:
    """Print both tables, write JSON when asked. ValueError when there are not two sets with truth."""
    looked = look(cases.find(*roots), windows, jobs=jobs)
    known = with_truth(looked, roots)
    sets = sorted({one.set for one in known})
    if len(sets) < _FEWEST:
        raise ValueError("nothing can be left out: there are fewer than two sets of cases with a truth.json")
    fits = {name: fit([one for one in known if one.set != name], SHIPPED) for name in sets}
    on_all = fit(known, SHIPPED)
    answers = {
        "left out": [answer(one, fits[one.set]) for one in known],
        "shipped": [answer(one, SHIPPED) for one in known],
        "fitted on all": [answer(one, on_all) for one in known],
    }
    rows = sorted((row for name, given in answers.items() for row in _rows(name, given, roots)), key=_place)
    learned = {**{f"all but {name}": of for name, of in fits.items()}, "all": on_all, "shipped": SHIPPED}
    print("\n".join([*_table(_HEAD, (row.values() for row in rows)), "", *_table(_LEARNED, _learned(learned))]))
    if out:
        told = {"rows": rows, "weights": {name: asdict(of) for name, of in learned.items()}}
        out.write_text(json.dumps(told, indent=1, default=timedelta.total_seconds), "utf-8")
    return 0


def look(found: Sequence[Case], windows: Windows, *, jobs: int) -> list[Looked]:
    """Every case, and every window of quiet, observed once."""
    progress = Progress(len(found))
    looked = []
    with ProcessPoolExecutor(max(1, jobs)) as pool:
        for several in pool.map(partial(_look, windows=windows), found):
            looked += several
            progress.tick()
    return looked


def _look(case: Case, windows: Windows) -> list[Looked]:
    seen = asyncio.run(observe(case))
    cut = windows_of(case, windows.each, windows.seed) if case.set in windows.sets else []
    return [looked_at(case.id, seen), *(looked_at(one.id, at(seen, one.now), quiet=True) for one in cut)]


def looked_at(identity: str, seen: Observations, *, quiet: bool = False) -> Looked:
    """What the analysis knows before any weight."""
    weighed = weigh(seen)
    return Looked(
        id=identity,
        names=tuple(one.component for one in weighed.dossiers),
        parts=tuple(one.parts for one in weighed.dossiers),
        louds=tuple(loud(one, weighed) for one in weighed.dossiers),
        flags=standing(weighed),
        quiet=quiet,
    )


def at(seen: Observations, now: datetime) -> Observations:
    """The same question at another moment: the alerts move along, and what comes later is not there yet."""
    moved = now - seen.now
    return replace(
        seen,
        now=now,
        alerts=tuple(one.model_copy(update={"starts_at": one.starts_at + moved}) for one in seen.alerts),
        lines=tuple(line for line in seen.lines if line.at <= now),
        changes=tuple(change for change in seen.changes if change.at <= now),
    )


def with_truth(looked: Sequence[Looked], roots: Sequence[Path]) -> list[Looked]:
    """Told where the cause stands among the names; what has no truth is left out."""
    listed = [{"id": one.id, "suspects": _suspects(one.names, range(0, -len(one.names), -1))} for one in looked]
    judged = {one.id: one for of in score.judge_all({"cases": listed}, *roots).values() for one in of}
    return [_told(one, judged[one.id]) if not one.quiet else one for one in looked if one.quiet or one.id in judged]


def _told(one: Looked, truth: Judged) -> Looked:
    return replace(one, true=None if truth.strict is None else truth.strict - 1, faulty=truth.named)


def _suspects(names: Sequence[str], scores: Sequence[float]) -> list[dict[str, Any]]:
    return [{"component": name, "score": value} for name, value in zip(names, scores, strict=True)]


def answer(one: Looked, weights: Weights) -> dict[str, Any]:
    """As a results file has it."""
    stood = ranked(one, weights.fusion)
    verdict, confidence = verdicts.judge(stood.standing, weights.judgement)
    listed = _suspects(one.names, stood.weights)
    return {"id": one.id, "quiet": one.quiet, "verdict": verdict.value, "confidence": confidence, "suspects": listed}


def _rows(name: str, answers: Sequence[Mapping[str, Any]], roots: Sequence[Path]) -> list[dict[str, Any]]:
    asked = {"cases": [one for one in answers if not one["quiet"]]}
    calm: dict[str, list[bool]] = {}
    for one in answers:
        if one["quiet"]:
            calm.setdefault(one["id"].partition("/")[0], []).append(one["verdict"] != "cause")
    return [
        {
            "set": set_,
            "weights": name,
            **_figures(judged),
            "calm": sum(of) / len(of) if (of := calm.get(set_)) else None,
        }
        for set_, judged in score.judge_all(asked, *roots).items()
    ]


def _figures(judged: Sequence[Judged]) -> dict[str, Any]:
    scores, named = score.with_faults(judged), [one for one in judged if one.named]
    shares = {verdict: sum(one.verdict == verdict for one in named) for verdict in ("cause", "healthy", "inconclusive")}
    return {
        "n": len(named),
        "ac1": scores.strict.ac1 if scores.strict else None,
        "ac1_95": score.interval([one.right for one in named]),
        "ac3": scores.strict.ac3 if scores.strict else None,
        "ac3_95": score.interval([one.strict is not None and one.strict <= 3 for one in named]),
        "ece": scores.ece,
        "brier": scores.brier,
        "auroc": scores.auroc,
        **{verdict: share / len(named) if named else None for verdict, share in shares.items()},
        "false_alarms": f"{scores.false_alarms}/{scores.healthy_cases}",
    }


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["set"], ("left out", "shipped", "fitted on all").index(row["weights"])


def _learned(weights: Mapping[str, Weights]) -> Iterator[list[object]]:
    for name, one in weights.items():
        by = one.judgement
        yield [name, one.fusion.lines, one.fusion.change, *map(_logistic, (by.real, by.first, by.storm))]


def _logistic(one: Logistic) -> str:
    return ", ".join(f"{value:.2f}" for value in (one.bias, *one.slopes))


def _table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Markdown."""
    body = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body]


def _cell(value: object) -> str:
    match value:
        case float():
            return f"{value:.3f}"
        case (float() as low, float() as high):
            return f"{low:.2f}-{high:.2f}"
        case None:
            return ""
    return str(value)
