"""How good were the answers?  The only reader of `truth.json`: per set and fault, strict first, nothing pooled."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals import case as cases

_BINS = 10
_HEAD = (
    *("n", "AC@1", "AC@3", "AC@5", "Avg@5", "lenient AC@1", "verdicts", "false alarms", "category"),
    *("Brier", "AUROC", "ECE", "p50 s", "p95 s"),
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
    faults: dict[str, "Scores"] = field(default_factory=dict)


def command(results: Path, truth: Path, out: Path | None) -> int:
    """Print Markdown, write JSON when asked. A case of the truth without a result counts as wrong."""
    scores = score(json.loads(results.read_text("utf-8")), truth)
    if out:
        out.write_text(json.dumps({name: asdict(of) for name, of in scores.items()}, indent=1), "utf-8")
    print(markdown(scores))
    return 0 if scores else 1


def score(results: Mapping[str, Any], truth: Path) -> dict[str, Scores]:
    """Set name -> its figures."""
    answers = {answer["id"]: answer for answer in results["cases"]}
    per_set: dict[str, list[Judged]] = defaultdict(list)
    for case in cases.find(truth):
        told = case.folder / "truth.json"
        if told.exists():
            judged = judge(case.id, json.loads(told.read_text("utf-8")), answers.get(case.id))
            per_set[case.id.partition("/")[0]].append(judged)
    return {name: _with_faults(judged) for name, judged in per_set.items()}


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


def _with_faults(judged: Sequence[Judged]) -> Scores:
    by_fault: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_fault[one.fault].append(one)
    return _scores(judged, {fault: _scores(members, {}) for fault, members in sorted(by_fault.items())})


def _scores(judged: Sequence[Judged], faults: dict[str, Scores]) -> Scores:
    named = [one for one in judged if one.named]
    stated = [(one.confidence, one.right) for one in named]
    seconds = sorted(one.seconds for one in judged if one.seconds is not None)
    categories = [one.category_right for one in judged if one.category_right is not None]
    return Scores(
        cases=len(judged),
        strict=accuracy([one.strict for one in named]),
        lenient=accuracy([one.lenient for one in named]),
        verdicts=dict(sorted(Counter(one.verdict for one in judged).items())),
        false_alarms=sum(one.verdict == "cause" for one in judged if not one.real),
        healthy_cases=sum(not one.real for one in judged),
        categories_right=sum(categories) if categories else None,
        brier=brier(stated),
        auroc=auroc(stated),
        ece=expected_calibration_error(stated),
        seconds_p50=_quantile(seconds, 0.50),
        seconds_p95=_quantile(seconds, 0.95),
        faults=faults,
    )


def accuracy(ranks: Sequence[int | None]) -> Accuracy | None:
    """None when there is nothing to rank."""
    if not ranks:
        return None
    at = [sum(place is not None and place <= k for place in ranks) / len(ranks) for k in range(1, 6)]
    return Accuracy(ac1=at[0], ac3=at[2], ac5=at[4], avg5=sum(at) / 5)


def brier(stated: Sequence[tuple[float, bool]]) -> float | None:
    """Mean squared distance of the stated confidence from what came true (Brier 1950)."""
    return sum((p - right) ** 2 for p, right in stated) / len(stated) if stated else None


def auroc(stated: Sequence[tuple[float, bool]]) -> float | None:
    """How often a right answer was stated with more confidence than a wrong one; ties count half."""
    right = [p for p, ok in stated if ok]
    wrong = [p for p, ok in stated if not ok]
    if not right or not wrong:
        return None
    return sum((r > w) + 0.5 * (r == w) for r in right for w in wrong) / (len(right) * len(wrong))


def expected_calibration_error(stated: Sequence[tuple[float, bool]]) -> float | None:
    """Mean gap between confidence and accuracy over ten equal-width bins (Naeini et al. 2015)."""
    if not stated:
        return None
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for p, ok in stated:
        bins[min(_BINS - 1, int(p * _BINS))].append((p, ok))
    return sum(abs(sum(p - ok for p, ok in members)) for members in bins.values()) / len(stated)


def markdown(scores: Mapping[str, Scores]) -> str:
    """One table over the sets, one over the faults of each."""
    lines = _table(("set", *_HEAD), (_row(name, one) for name, one in scores.items()))
    for name, of_set in scores.items():
        if len(of_set.faults) > 1:
            lines += ["", f"### {name}, by fault", ""]
            lines += _table(("fault", *_HEAD), (_row(fault, one) for fault, one in of_set.faults.items()))
    return "\n".join(lines)


def _row(name: str, one: Scores) -> list[str]:
    verdicts = " ".join(f"{verdict}:{count}" for verdict, count in one.verdicts.items())
    strict = asdict(one.strict).values() if one.strict else [None] * 4
    category = "" if one.categories_right is None else f"{one.categories_right}/{one.cases}"
    alarms = f"{one.false_alarms}/{one.healthy_cases}" if one.healthy_cases else ""
    figures = (one.brier, one.auroc, one.ece, one.seconds_p50, one.seconds_p95)
    lenient = one.lenient.ac1 if one.lenient else None
    told = [verdicts, alarms, category]
    return [name, str(one.cases), *map(_figure, (*strict, lenient)), *told, *map(_figure, figures)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    mark: Callable[[Sequence[str]], str] = lambda cells: "| " + " | ".join(cells) + " |"  # noqa: E731 (local, typed)
    return [mark(head), "|" + "---|" * len(head), *map(mark, rows)]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _quantile(ordered: Sequence[float], q: float) -> float | None:
    """Nearest rank."""
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else None
