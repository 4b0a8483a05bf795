"""What does each component have more of than usual: seconds or failures, its dependencies included?"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from agent.analysis.changes import MOST, gain, quantiles
from agent.analysis.onset import Onset
from agent.analysis.signals import Signal, words
from agent.analysis.table import Table
from tools.base import Floats

Dimension = Literal["time", "failures"]
_Place = tuple[str, frozenset[tuple[str, str]]]
"""A component, and the labels that narrow it down: route, pod, caller."""
GATE = 2.0
"""Robust deviations below which an excess is noise."""
_SHARES = frozenset({"ratio", "percent", "percentage", "share", "fraction"})
_MOST_CALLERS = 0.5
"""When fewer of its callers see a component fail, it is they who have changed."""
_USUAL = 0.9
"""Part of the stretches of a quiet time that stay below what is called usual."""
_KNOWN = 5
"""A component measured in fewer baseline samples than this was not there before."""
_LEAST = 1e-6
"""Seconds, or part of the requests: the scale of what never moved, of which any excess stands out. It counts by its
amount."""


@dataclass(frozen=True)
class Excess:
    """What a component has more of than usual, its dependencies included."""

    amount: float
    """Seconds or failures per unit of the request rate's time; per request when no rate is known."""
    z: float
    before: float
    after: float
    new: bool
    """It was not called before the incident: whoever calls it now has changed."""
    rows: tuple[int, ...]
    usual: float = 0.0
    """Robust deviations that as many samples reach in a quiet time."""
    agreed: float = 1.0
    """Part of its measures (routes, or callers) in which it stands out."""
    levels: Floats = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    """Seconds, or the failing share, at every step of the table; NaN where nothing was measured."""
    course: Floats = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    """`amount` at every step up to the end of the incident; NaN where nothing was measured."""

    @property
    def beyond(self) -> float:
        """Robust deviations beyond what a quiet time shows."""
        return self.z - self.usual

    def steepness(self, dimension: Dimension) -> float:
        """How many times its usual level it grew by; of failures, by what part of its requests."""
        grown = max(0.0, self.after - self.before)
        return grown / max(self.before, _LEAST) if dimension == "time" else grown

    def goes_with(self, symptom: "Excess") -> float:
        """0 to 1: how far it rises when the symptom does, beyond chance: Pearson's r in its standard errors.

        A restless component has its worst minutes at other times, too. With few samples in common nobody can tell.
        """
        both = np.isfinite(self.course) & np.isfinite(symptom.course)
        if both.sum() < _KNOWN:
            return 1.0
        mine, other = (one[both] - one[both].mean() for one in (self.course, symptom.course))
        together = float(mine @ other) * math.sqrt(len(mine))
        return gain(together / widths) if (widths := float(np.linalg.norm(mine) * np.linalg.norm(other))) else 0.0


Excesses = Mapping[Dimension, Mapping[str, Excess]]
"""Dimension -> component -> what it has more of."""


def excesses(table: Table, onset: Onset) -> Excesses:
    """Of all components that were measured in the incident."""
    return {"time": _time(table, onset), "failures": _failures(table, onset)}


def _time(table: Table, onset: Onset) -> dict[str, Excess]:
    """As each component measures itself; one that has fallen silent, as its callers measure it."""
    own, seen = (_latencies(table, onset, seen_by_callers=callers) for callers in (False, True))
    return seen | own


def _failures(table: Table, onset: Onset) -> dict[str, Excess]:
    """As each component measures itself; callers speak for one that is silent, or sees nothing of what most see.

    What fails for few of its callers fails because of what these ask.
    """
    own = _errors(table, onset, seen_by_callers=False) | _unavailable(table, onset)
    seen = _errors(table, onset, seen_by_callers=True)
    blind = {
        node: one
        for node, one in seen.items()
        if node not in own or (own[node].z <= GATE < one.z and one.agreed >= _MOST_CALLERS)
    }
    askew = {
        node: replace(own[node], amount=0.0, z=0.0)
        for node, one in seen.items()
        if node in own and one.z > GATE < own[node].z and one.agreed < _MOST_CALLERS
    }
    return own | blind | askew


def _latencies(table: Table, onset: Onset, *, seen_by_callers: bool) -> dict[str, Excess]:
    chosen = _measured(table, Signal.LATENCY, seen_by_callers=seen_by_callers)
    return _added_up(onset, chosen, lambda row: _seconds(table, row))


def _errors(table: Table, onset: Onset, *, seen_by_callers: bool) -> dict[str, Excess]:
    chosen = _measured(table, Signal.ERRORS, seen_by_callers=seen_by_callers)
    if not is_share(table, [one.row for measures in chosen.values() for one in measures]):
        chosen = {node: [_Measure(one.row, None) for one in measures] for node, measures in chosen.items()}
    return _added_up(onset, chosen, lambda row: table.values[row])


def _unavailable(table: Table, onset: Onset) -> dict[str, Excess]:
    chosen = _measured(table, Signal.AVAILABILITY, seen_by_callers=False)
    return _added_up(onset, chosen, lambda row: failing(table.values[row]))


def failing(available: Floats) -> Floats:
    """From percent or from a share, whichever it is."""
    return 1.0 - available / (100.0 if np.nanmax(available, initial=0.0) > 1.5 else 1.0)


def _seconds(table: Table, row: int) -> Floats:
    """In seconds, by the unit in the metric's name: excesses of different metrics are compared."""
    named = set(words(table.rows[row].reading.series.name))
    scaled: Floats = table.values[row] * (1e-3 if named & {"ms", "milliseconds", "millis"} else 1.0)
    return scaled


def is_share(table: Table, rows: list[int]) -> bool:
    """Is it a part of the requests, or a number of them?"""
    named = {word for row in rows for word in words(table.rows[row].reading.series.name)}
    most = float(np.nanmax(table.values[rows], initial=0.0)) if rows else 0.0
    return bool(named & _SHARES) or ("rate" in named and most <= 1.0)


@dataclass(frozen=True)
class _Measure:
    """One row and the requests that it speaks of; None when their number is not known."""

    row: int
    rate: Floats | None


def _measured(table: Table, signal: Signal, *, seen_by_callers: bool) -> dict[str, list[_Measure]]:
    """Component -> its measures by the one metric that covers most components: only like is compared with like.

    Of two that cover as many, the one whose requests are known row by row, and the finer one: a quantile over
    everything says little about how much time is spent when one route of many is slow.
    """
    by_metric: dict[str, dict[_Place, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(table.rows):
        if row.meaning.signal is signal and row.component and (row.edge is not None) is seen_by_callers:
            by_metric[row.reading.series.name][row.component, row.place].append(index)
    if not by_metric:
        return {}
    exact, total = _rates(table, seen_by_callers=seen_by_callers)
    name = max(
        sorted(by_metric),
        key=lambda name: (
            len({node for node, _ in by_metric[name]}),
            sum(place in exact for place in by_metric[name]) == len(by_metric[name]),
            len(by_metric[name]),
        ),
    )
    found: dict[str, list[_Measure]] = defaultdict(list)
    for (node, place), rows in by_metric[name].items():
        found[node].append(
            _Measure(min(rows, key=lambda row: _typical(table, row)), exact.get((node, place), total.get(node)))
        )
    return found


def _rates(table: Table, *, seen_by_callers: bool) -> tuple[dict[_Place, Floats], dict[str, Floats]]:
    """Requests by component and place, and those that reach each component in all."""
    by_metric: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    exact: dict[_Place, Floats] = {}
    for index, row in enumerate(table.rows):
        if row.meaning.signal is Signal.TRAFFIC and row.component and (row.edge is not None) is seen_by_callers:
            by_metric[row.reading.series.name][row.component].append(index)
            exact.setdefault((row.component, row.place), table.values[index])
    if not by_metric:
        return {}, {}
    name = max(sorted(by_metric), key=lambda name: (len(by_metric[name]), -sum(map(len, by_metric[name].values()))))
    return exact, {node: _summed(table.values[rows]) for node, rows in by_metric[name].items()}


def _summed(values: Floats) -> Floats:
    """Rows added up moment by moment; NaN only where none was measured."""
    total: Floats = np.where(np.isfinite(values).any(axis=0), np.nansum(values, axis=0), np.nan)
    return total


def _added_up(
    onset: Onset,
    chosen: Mapping[str, list[_Measure]],
    level: Callable[[int], Floats],
) -> dict[str, Excess]:
    """Per component, the excesses of its measures added up; shown are the figures of the greatest."""
    found: dict[str, Excess] = {}
    for node, measures in chosen.items():
        parts = [part for one in measures if (part := _excess(level(one.row), one, onset))]
        if parts:
            worst = max(parts, key=lambda part: (part.amount, part.z))
            amount, new = sum(part.amount for part in parts), all(part.new for part in parts)
            agreed = sum(part.z > GATE for part in parts) / len(parts)
            course = _summed(np.array([part.course for part in parts]))
            found[node] = replace(worst, amount=amount, new=new, agreed=agreed, course=course)
    return found


def _excess(level: Floats, measure: _Measure, onset: Onset) -> Excess | None:
    """The mean over the incident of (level - usual level) x requests; None when the incident was not measured."""
    weight = np.ones_like(level) if measure.rate is None else measure.rate
    usable = np.isfinite(level) & (weight > 0)
    before = np.flatnonzero(usable[: onset.first])
    during = np.flatnonzero(usable[onset.first : onset.last]) + onset.first
    if not len(during):
        return None
    new = len(before) < max(1, min(_KNOWN, onset.first))
    median = 0.0 if new else float(np.median(level[before]))
    scale = _LEAST if new else _scale(level[before] - median)
    course = np.where(usable, (level - median) * weight, np.nan)[: onset.last]
    return Excess(
        amount=float(np.mean(course[during])),
        z=min(MOST, float((level[during].max() - median) / scale)),
        usual=min(MOST, _excursion((level[before] - median) / scale, len(during))),
        before=median,
        after=float(np.median(level[during])),
        new=new,
        rows=(measure.row,),
        levels=level,
        course=course,
    )


def _scale(away: Floats) -> float:
    """One robust deviation: of the median's, or of the mean's where most are 0 (Iglewicz and Hoaglin 1993)."""
    far = np.abs(away)
    return max(1.4826 * float(np.median(far)) or 1.2533 * float(far.mean()), _LEAST)


def _excursion(quiet: Floats, length: int) -> float:
    """How far the highest sample of so many usually strays: of ten stretches of the baseline, nine stay below it."""
    stretches = len(quiet) // length
    if stretches == 0:
        return 0.0
    highest = quiet[len(quiet) - stretches * length :].reshape(stretches, length).max(axis=1)
    return max(0.0, float(quantiles(highest[None], _USUAL)[0][0]))


def _typical(table: Table, index: int) -> tuple[int, float, int]:
    """Mean before median before high quantiles; the fuller series of two alike first."""
    labels = table.rows[index].reading.series.labels
    told = " ".join([labels.get("stat", ""), labels.get("statistic", ""), labels.get("aggregation", "")]).lower()
    if "avg" in told or "mean" in told:
        return (0, 0.0, 0)
    digits = "".join(c for c in labels.get("quantile", told) if c.isdigit() or c == ".")
    quantile = float(digits or "50") if digits.strip(".") else 50.0
    return (1, quantile if quantile > 1 else 100 * quantile, -int(np.isfinite(table.values[index]).sum()))
