"""How far does accuracy fall, probe by probe?"""

import json
import operator
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from evals import case as cases
from evals import markdown, score, workers
from evals.case import Case
from evals.observe import analyse
from evals.probes import chatter, crowd, dialects, less, speech
from evals.probes.recording import Recorded, read, write
from evals.progress import Progress
from evals.score import Judged

Probe = Callable[[Recorded, Random], Recorded]
PROBES: Mapping[str, Probe] = {
    "no logs": less.no_logs,
    "no graph": less.no_graph,
    "nothing from traces": less.no_traces,
    "neither graph nor traces": less.no_calls,
    "failures at the front alone": less.front_only,
    "four series in ten": less.few_series,
    "half as often": less.coarse,
    "a scrape in five missing": less.gaps,
    "names of istio": dialects.istio,
    "names of micrometer": dialects.micrometer,
    "names of opentelemetry": dialects.otel,
    "four systems in one": crowd.crowd,
    "logs as JSON": speech.as_json,
    "logs in no known language": speech.foreign,
    "two pieces of a busy log": chatter.two_pieces,
}
AS_RECORDED = "as recorded"


@dataclass(frozen=True)
class Asked:
    only: Sequence[str] = ()
    """Probes; all when none is named."""
    every: int = 1
    """Of each set, every so manyth case."""
    seed: int = 1


def command(roots: Sequence[Path], asked: Asked, out: Path | None, *, jobs: int) -> int:
    """Print a table, probe by set; 1 when a case failed. ValueError for a probe that there is not."""
    if unknown := set(asked.only) - PROBES.keys():
        raise ValueError(f"there is no probe {', '.join(sorted(unknown))}; there are: {', '.join(PROBES)}")
    found = _sampled([case for case in cases.find(*roots) if case.file("metrics.om")], asked.every)
    probes = [AS_RECORDED, *(asked.only or PROBES)]
    rows = _answers([(probe, case) for probe in probes for case in found], asked.seed, jobs)
    print(table(rows, roots))
    if out:
        out.write_text(json.dumps(rows, indent=1), "utf-8")
    return int(any(row["error"] for several in rows.values() for row in several))


def _sampled(found: Sequence[Case], every: int) -> list[Case]:
    sets = sorted({case.set for case in found})
    return [case for name in sets for case in cases.chosen(found, [name])[::every]]


def _answers(asked: Sequence[tuple[str, Case]], seed: int, jobs: int) -> dict[str, list[dict[str, Any]]]:
    """Probe -> the answers to the cases that it changes."""
    rows: dict[str, list[dict[str, Any]]] = {}
    progress = Progress(len(asked))
    with workers.pool(jobs) as pool:
        for (probe, _), row in zip(asked, pool.map(partial(_answer, seed=seed), asked, chunksize=4), strict=True):
            rows.setdefault(probe, [])
            if row is not None:
                rows[probe].append(row)
            progress.tick(failed=bool(row and row["error"]))
    return rows


def _answer(asked: tuple[str, Case], seed: int) -> dict[str, Any] | None:
    """By the analysis alone, as a results file has it; None when the probe leaves the case as it is."""
    probe, case = asked
    try:
        return {"id": case.id, "error": "", **found} if (found := _found(probe, case, seed)) else None
    except Exception as problem:  # noqa: BLE001 (a recording that breaks the analysis is a result, and counts as wrong)
        nothing = {"verdict": "", "confidence": 0.0, "suspects": []}
        return {"id": case.id, "error": f"{type(problem).__name__}: {problem}", **nothing}


def _found(probe: str, case: Case, seed: int) -> dict[str, Any] | None:
    if probe == AS_RECORDED:
        return _told(case)
    recorded = read(case)
    changed = PROBES[probe](recorded, Random(f"{seed} {probe} {case.id}"))
    if _same(changed, recorded):
        return None
    with tempfile.TemporaryDirectory(prefix="evals-probe-") as folder:
        return _told(write(changed, Path(folder)))


def _same(one: Recorded, other: Recorded) -> bool:
    series = len(one.tracks) == len(other.tracks) and all(map(operator.is_, one.tracks, other.tracks))
    return series and (one.step, one.lines, one.graph) == (other.step, other.lines, other.graph)


def _told(case: Case) -> dict[str, Any]:
    found = analyse(case)
    suspects = [{"component": one.component, "score": one.score} for one in found.suspects]
    return {"verdict": found.verdict.value, "confidence": found.confidence, "suspects": suspects}


def table(rows: Mapping[str, Sequence[Mapping[str, Any]]], roots: Sequence[Path]) -> str:
    """AC@1 / AC@3, then the share of faulty cases that were answered; empty where a probe changes nothing."""
    judged = {probe: _judged(several, roots) for probe, several in rows.items()}
    sets = sorted({name for of in judged.values() for name in of})
    cells = ([probe, *(_cell(of.get(name, ())) for name in sets)] for probe, of in judged.items())
    return "\n".join(markdown.table(("AC@1 / AC@3, answered", *sets), cells))


def _judged(rows: Sequence[Mapping[str, Any]], roots: Sequence[Path]) -> dict[str, list[Judged]]:
    """Set -> those of its faulty cases that the probe changes."""
    asked = {row["id"] for row in rows}
    judged = score.judge_all({"cases": rows}, *roots)
    kept = {name: [one for one in of if one.named and one.id in asked] for name, of in judged.items()}
    return {name: of for name, of in kept.items() if of}


def _cell(named: Sequence[Judged]) -> str:
    if not named:
        return ""
    reached = [sum(one.strict is not None and one.strict <= k for one in named) / len(named) for k in (1, 3)]
    answered = sum(one.verdict == "cause" for one in named) / len(named)
    return f"{reached[0]:.3f} / {reached[1]:.3f}, {answered:.2f}"
