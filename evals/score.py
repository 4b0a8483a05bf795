"""How good were the answers?  The only reader of `truth.json`: per set and fault, strict first, nothing pooled."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from evals import calibration
from evals import case as cases
from evals.calibration import Stated
from evals.markdown import table
from evals.results import read

_HEAD = (
    *("n", "AC@1", "95%", "AC@3", "AC@5", "Avg@5", "lenient AC@1", "verdicts", "false alarms", "category"),
    *("Brier", "AUROC", "ECE", "p50 s", "p95 s", "p95 CPU s", "peak MB"),
)


@dataclass(frozen=True)
class Judged:
    """One case beside its truth. `strict` and `lenient` are ranks from 1; None: not ranked at all."""

    id: str
    fault: str
    verdict: str
    confidence: float
    """That the first suspect is the cause."""
    seconds: float | None
    cpu_seconds: float | None
    peak_mb: float | None
    strict: int | None
    lenient: int | None
    real: bool
    """False: there was no incident, and `cause` would be a false alarm."""
    named: bool
    """The truth names a component; without one nothing can be ranked."""
    category_right: bool | None

    @property
    def right(self) -> bool:
        return self.strict == 1


@dataclass(frozen=True)
class Accuracy:
    """Shares of the cases whose true component is among the first k. Avg@5 is the mean of AC@1 to AC@5."""

    ac1: float
    ac3: float
    ac5: float
    avg5: float


@dataclass(frozen=True)
class Scores:
    """The figures of one set of cases."""

    cases: int
    strict: Accuracy | None
    interval: tuple[float, float] | None
    """95% of the strict AC@1."""
    lenient: Accuracy | None
    verdicts: dict[str, int]
    false_alarms: int
    """`cause` where there was no incident."""
    healthy_cases: int
    categories_right: int | None
    brier: float | None
    auroc: float | None
    ece: float | None
    seconds_p50: float | None
    seconds_p95: float | None
    cpu_seconds_p95: float | None
    peak_mb: float | None
    """The most that any case took."""
    faults: dict[str, "Scores"] = field(default_factory=dict)


def command(results: Path, truth: Sequence[Path], out: Path | None, plot: Path | None) -> int:
    """Print Markdown, write JSON and a picture when asked. A case of the truth without a result counts as wrong."""
    per_set = judge_all(read(results), *truth)
    if not per_set:
        raise ValueError(f"there is no case with a truth.json below {', '.join(map(str, truth))}")
    scores = {name: with_faults(of_set) for name, of_set in per_set.items()}
    if out:
        out.write_text(json.dumps({name: asdict(of) for name, of in scores.items()}, indent=1), "utf-8")
    if plot:
        plot.write_text(calibration.picture({name: stated(of) for name, of in per_set.items()}), "utf-8")
    print(markdown(scores))
    return 0


def score(results: Mapping[str, Any], *truth: Path) -> dict[str, Scores]:
    """Set name -> its figures."""
    return {name: with_faults(of_set) for name, of_set in judge_all(results, *truth).items()}


def judge_all(results: Mapping[str, Any], *truth: Path) -> dict[str, list[Judged]]:
    """Set name -> its cases beside their truth, in the order of their ids."""
    answers = {answer["id"]: answer for answer in results["cases"]}
    per_set: dict[str, list[Judged]] = defaultdict(list)
    for case in cases.find(*truth):
        told = case.folder / "truth.json"
        if told.exists():
            per_set[case.set].append(judge(case.id, json.loads(told.read_text("utf-8-sig")), answers.get(case.id)))
    return dict(per_set)


def judge(identity: str, truth: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Judged:
    """A missing or failed answer has no rank, no confidence and the verdict `failed`."""
    failed = answer is None or bool(answer.get("error"))
    given = {} if failed or answer is None else answer
    component = str(truth.get("root_cause") or "")
    category = str(truth.get("root_cause_category") or "")
    suspects = given.get("suspects", [])
    verdict = str(given.get("verdict") or "failed")
    return Judged(
        id=identity,
        fault=str(truth.get("fault_type") or category or "unnamed"),
        verdict=verdict,
        confidence=_stated(verdict, float(given.get("confidence") or 0.0)),
        seconds=given.get("seconds"),
        cpu_seconds=given.get("cpu_seconds"),
        peak_mb=given.get("peak_mb"),
        strict=rank(suspects, {component}),
        lenient=rank(suspects, {component, *truth.get("same_component", [])}),
        real=category not in {"healthy", "none"} and truth.get("fault_type") not in {"none", "healthy"},
        named=bool(component),
        category_right=_category_right(category, given) if category else None,
    )


def _stated(verdict: str, confidence: float) -> float:
    """How sure the answer is of its first suspect: who says `healthy` says that there is none."""
    return 1 - confidence if verdict == "healthy" else confidence


def rank(suspects: Sequence[Mapping[str, Any]], names: set[str]) -> int | None:
    """The place of the best-placed of `names`; whoever else has the same score stands before it."""
    best = max((float(s["score"]) for s in suspects if s["component"] in names), default=None)
    if best is None:
        return None
    return 1 + sum(s["component"] not in names and float(s["score"]) >= best for s in suspects)


def _category_right(category: str, answer: Mapping[str, Any]) -> bool:
    """Categories of others are wider than our faults; a healthy case is right with `healthy` alone."""
    if category == "healthy":
        return answer.get("verdict") == "healthy"
    ours = str(answer.get("category") or "")
    return ours in {
        "configuration_error": {"configuration", "deployment"},
        "resource_exhaustion": {"resource_cpu", "resource_memory", "resource_disk", "resource_pool"},
        "infrastructure": {"infrastructure", "network"},
    }.get(category, {category})


def with_faults(judged: Sequence[Judged]) -> Scores:
    by_fault: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_fault[one.fault].append(one)
    return _scores(judged, {fault: _scores(members, {}) for fault, members in sorted(by_fault.items())})


def _scores(judged: Sequence[Judged], faults: dict[str, Scores]) -> Scores:
    named = [one for one in judged if one.named]
    sure = stated(judged)
    seconds = sorted(one.seconds for one in judged if one.seconds is not None)
    categories = [one.category_right for one in judged if one.category_right is not None]
    return Scores(
        cases=len(judged),
        strict=accuracy([one.strict for one in named]),
        interval=interval([one.right for one in named]),
        lenient=accuracy([one.lenient for one in named]),
        verdicts=dict(sorted(Counter(one.verdict for one in judged).items())),
        false_alarms=sum(one.verdict == "cause" for one in judged if not one.real),
        healthy_cases=sum(not one.real for one in judged),
        categories_right=sum(categories) if categories else None,
        brier=calibration.brier(sure),
        auroc=calibration.auroc(sure),
        ece=calibration.expected_calibration_error(sure),
        seconds_p50=_quantile(seconds, 0.50),
        seconds_p95=_quantile(seconds, 0.95),
        cpu_seconds_p95=_quantile(sorted(one.cpu_seconds for one in judged if one.cpu_seconds is not None), 0.95),
        peak_mb=max((one.peak_mb for one in judged if one.peak_mb is not None), default=None),
        faults=faults,
    )


def stated(judged: Sequence[Judged]) -> Stated:
    """How sure each answer was, and whether it was right, where the truth names a component.

    Without those that failed: who says nothing would else be taken for one who doubted rightly.
    """
    return [(one.confidence, one.right) for one in judged if one.named and one.verdict != "failed"]


def accuracy(ranks: Sequence[int | None]) -> Accuracy | None:
    """None when there is nothing to rank."""
    if not ranks:
        return None
    at = [sum(place is not None and place <= k for place in ranks) / len(ranks) for k in range(1, 6)]
    return Accuracy(ac1=at[0], ac3=at[2], ac5=at[4], avg5=sum(at) / 5)


def interval(right: Sequence[bool], resamples: int = 2000, seed: int = 0) -> tuple[float, float] | None:
    """95% of the mean by the percentile bootstrap over cases (Efron 1979); the seed makes it repeatable."""
    if not right:
        return None
    chance = Random(seed)
    means = sorted(sum(chance.choices(right, k=len(right))) / len(right) for _ in range(resamples))
    return means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1]


def markdown(scores: Mapping[str, Scores]) -> str:
    """One table over the sets, one over the faults of each."""
    lines = table(("set", *_HEAD), (_row(name, one) for name, one in scores.items()))
    for name, of_set in scores.items():
        if len(of_set.faults) > 1:
            lines += ["", f"### {name}, by fault", ""]
            lines += table(("fault", *_HEAD), (_row(fault, one) for fault, one in of_set.faults.items()))
    return "\n".join(lines)


def _row(name: str, one: Scores) -> list[str]:
    verdicts = " ".join(f"{verdict}:{count}" for verdict, count in one.verdicts.items())
    strict = asdict(one.strict).values() if one.strict else [None] * 4
    category = "" if one.categories_right is None else f"{one.categories_right}/{one.cases}"
    alarms = f"{one.false_alarms}/{one.healthy_cases}" if one.healthy_cases else ""
    figures = (one.brier, one.auroc, one.ece, one.seconds_p50, one.seconds_p95, one.cpu_seconds_p95)
    lenient = one.lenient.ac1 if one.lenient else None
    ac1, *others = map(_figure, (*strict, lenient))
    peak = "" if one.peak_mb is None else f"{one.peak_mb:.0f}"
    told = [between(one.interval), *others, verdicts, alarms, category, *map(_figure, figures), peak]
    return [name, str(one.cases), ac1, *told]


def between(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{_figure(ends[0])} to {_figure(ends[1])}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _quantile(ordered: Sequence[float], q: float) -> float | None:
    """Nearest rank."""
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else None
