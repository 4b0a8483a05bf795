"""How far do the simple rules of the literature come?  Each on exactly what our own analysis is given of a case.

max_z               the greatest deviation in standard deviations: N-sigma (Lin et al., Microscope, ICSOC 2018)
median_robust_z     the greatest median deviation in interquartile ranges: RobustScorer (Pham et al., BARO, FSE 2024),
                    with the median over the incident in the place of the maximum
ranked_correlation  Pearson's correlation with the alerted component's worst series, among anomalous components
                    (Hardt et al., The PetShop Dataset, CLeaR 2024)
deepest_anomalous   anomalous components that call nobody anomalous, most anomalous first: the traversal of the
                    same paper (after Chen et al., CauseInfer, INFOCOM 2014)
idf                 the number of alerts, each weighed by its kind's inverse document frequency over components
                    (Spaerck Jones, 1972)
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analysis import signals, storm
from agent.analysis.observations import Observations
from agent.analysis.table import Table, tabulate
from evals import case as cases
from evals.answer import Answer, Result
from evals.answering import How, Row, answer
from evals.case import Case
from evals.observe import observe
from tools.base import Topology

Floats = NDArray[np.float64]
Ranking = Mapping[str, float]
"""Component -> how suspicious; the greater, the more."""

ANOMALOUS = 3.0
"""Deviations beyond which a series counts as anomalous: the three-sigma rule."""
MOST = 50


@dataclass(frozen=True)
class Windows:
    """Every series before the first alert, and from it on."""

    seen: Observations
    table: Table
    before: Floats
    after: Floats

    @classmethod
    def of(cls, seen: Observations) -> "Windows":
        table = tabulate(seen)
        column = table.column(min(alert.starts_at for alert in seen.alerts)) if seen.alerts else len(table.times)
        # At least one point of the incident: an alert may be younger than the last sample.
        split = min(column, max(0, len(table.times) - 1))
        return cls(seen, table, table.values[:, :split], table.values[:, split:])

    def worst(self, deviations: Floats) -> dict[str, float]:
        """Component -> the greatest of its series' deviations."""
        found: dict[str, float] = {}
        for row, deviation in zip(self.table.rows, deviations, strict=True):
            if row.component and np.isfinite(deviation):
                found[row.component] = max(found.get(row.component, 0.0), float(deviation))
        return found


def max_z(windows: Windows) -> Ranking:
    return windows.worst(_max_z(windows))


def median_robust_z(windows: Windows) -> Ranking:
    low, middle, high = _of_each(windows.before, lambda row: np.percentile(row, [25, 50, 75]), 3).T
    now = _of_each(windows.after, lambda row: np.array([np.median(row)]), 1)[:, 0]
    return windows.worst(np.abs(now - middle) / _spread(high - low))


def ranked_correlation(windows: Windows) -> Ranking:
    deviations = _max_z(windows)
    anomalous = windows.worst(deviations)
    alerted = {alert.service for alert in windows.seen.alerts}
    target = _worst_row(windows, deviations, alerted)
    if target is None:
        return {}
    correlations = np.array([_correlation(row, windows.table.values[target]) for row in windows.table.values])
    found = windows.worst(correlations)
    return {name: score for name, score in found.items() if anomalous[name] > ANOMALOUS and name not in alerted}


def deepest_anomalous(windows: Windows) -> Ranking:
    graph = windows.seen.topology
    anomalous = {name: z for name, z in windows.worst(_max_z(windows)).items() if z > ANOMALOUS}
    edges = graph.edges if graph else frozenset()
    callers = {caller for caller, callee in edges if callee in anomalous and callee != caller}
    return {name: z for name, z in anomalous.items() if name not in callers}


def idf(windows: Windows) -> Ranking:
    """The alerts of an instance count for its service, too, where the topology tells instances from services."""
    raised: dict[str, Counter[str]] = defaultdict(Counter)
    for alert in windows.seen.alerts:
        if name := signals.component(alert.labels, windows.seen.service_label):
            raised[name][storm.what(alert)] += 1
    raisers = Counter(kind for kinds in raised.values() for kind in kinds)
    own = {
        name: sum(count * float(np.log(len(raised) / raisers[kind])) for kind, count in kinds.items())
        for name, kinds in raised.items()
    }
    whole: dict[str, float] = defaultdict(float)
    for upper, lower in _instances(windows.seen.topology):
        whole[upper] += own.get(lower, 0.0)
    return {name: own.get(name, 0.0) + whole.get(name, 0.0) for name in {*own, *whole}}


def _instances(graph: Topology | None) -> Iterator[tuple[str, str]]:
    """(service, instance)"""
    for upper, lower in graph.edges if graph else ():
        if graph and graph.kinds.get(lower, "").endswith("instance") and graph.kinds.get(upper, "") == "service":
            yield upper, lower


RULES: Mapping[str, Callable[[Windows], Ranking]] = {
    "max_z": max_z,
    "median_robust_z": median_robust_z,
    "ranked_correlation": ranked_correlation,
    "deepest_anomalous": deepest_anomalous,
    "idf": idf,
}


def _max_z(windows: Windows) -> Floats:
    mean, deviation = _of_each(windows.before, lambda row: np.array([row.mean(), row.std()]), 2).T
    z = np.abs(windows.after - mean[:, None]) / _spread(deviation)[:, None]
    return _of_each(z, lambda row: np.array([row.max()]), 1)[:, 0]


def _of_each(values: Floats, figure: Callable[[Floats], Floats], width: int) -> Floats:
    """A row's figures over what was measured of it; NaN when nothing was."""
    found = np.full((len(values), width), np.nan)
    for place, row in enumerate(values):
        measured = row[np.isfinite(row)]
        if measured.size:
            found[place] = figure(measured)
    return found


def _spread(values: Floats) -> Floats:
    """What never moved has no unit to measure by: as in scikit-learn's scalers, it is measured by 1."""
    return np.where(values > 0, values, 1.0)


def _worst_row(windows: Windows, deviations: Floats, components: set[str]) -> int | None:
    rows = [
        place
        for place, row in enumerate(windows.table.rows)
        if row.component in components and np.isfinite(deviations[place])
    ]
    return max(rows, key=lambda place: float(deviations[place]), default=None)


def _correlation(one: Floats, other: Floats) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 3 or one[both].std() == 0 or other[both].std() == 0:
        return 0.0
    return abs(float(np.corrcoef(one[both], other[both])[0, 1]))


def command(roots: Sequence[Path], rule: str, how: How) -> int:
    """Apply the rule to each case; the file is one that `score` reads. ValueError when there is no such rule."""
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r}; there are: {', '.join(RULES)}")
    results = answer(cases.find(*roots), partial(work, rule), {"rule": rule}, how)
    return int(any(row["error"] for row in results.rows.values()))


def work(rule: str, given: Iterator[Case]) -> Iterator[Row]:
    """One process: case after case."""
    for case in given:
        yield _one(rule, case).row()


def _one(rule: str, case: Case) -> Result:
    began = time.perf_counter()
    try:
        ranking = RULES[rule](Windows.of(asyncio.run(observe(case))))
    except Exception as problem:  # noqa: BLE001 (a case that breaks the rule is a result, and counts as wrong)
        return Result(case.id, 0.0, error=f"{type(problem).__name__}: {problem}")
    return Result(case.id, time.perf_counter() - began, answer=_answer(rule, ranking))


def _answer(rule: str, ranking: Ranking) -> Answer:
    """A rule always answers, and never says how sure it is."""
    first = sorted(ranking.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    suspects = tuple({"component": name, "score": score, "evidence": [], "why": rule} for name, score in first)
    verdict = "cause" if suspects else "inconclusive"
    return Answer(verdict, "", suspects, f"{rule}: {first[0][0]}" if first else "", confidence=0.0, claims=0)
