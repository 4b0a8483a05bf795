"""What moved, by how much, and is that unusual for this series and among its peers?"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.analysis.signals import Signal
from agent.analysis.table import Row, Table
from tools.base import Floats

_FLOOR = 0.05
"""A twentieth of the usual level is the least deviation that is ever called one unit: dashboards jitter that much."""
_FLOORS = {Signal.AVAILABILITY: 0.005, Signal.RESTARTS: 0.0}
"""Where the level is near its ceiling, or is a clock, a part of it says nothing."""
MOST = 200.0
"""Deviations beyond this say no more: a series that never moved has no scale of its own."""
_MAD_TO_SIGMA = 1.4826
_IQR_TO_SIGMA = 1.349
_CHANCE = 3.0
"""Deviations that the loudest of many quiet series reaches by chance: a signal in which nobody moved further
points at nobody."""
_PEERS = 4
"""From so many components with the same metric on, what moved all of them is nobody's own change."""


@dataclass(frozen=True)
class Baseline:
    """Per row: median, robust scale (never 0) and the number of samples they rest on."""

    median: Floats
    scale: Floats
    count: Floats


@dataclass(frozen=True)
class Shift:
    """How one row moved from its baseline into the incident."""

    index: int
    row: Row
    before: float
    """Median of the baseline."""
    after: float
    """Median of the incident."""
    z: float
    """Robust deviations between the two, positive when it moved the bad way (or any way where both are bad)."""
    own: float
    """`z` less what its peers did: what is this component's alone."""
    samples: int
    """Samples in the baseline."""
    scale: float
    """One robust deviation, in the series' own unit."""
    standing: float
    """0 to 1: this component's part of all that moved in this signal."""

    @property
    def ratio(self) -> float:
        return self.after / self.before if self.before else float("inf")


def baseline(values: Floats, rows: Sequence[Row]) -> Baseline:
    """Median and MAD or IQR, whichever is wider, over columns; few samples widen the scale."""
    if not values.size:
        nothing = np.zeros(len(values))
        return Baseline(nothing, nothing + 1e-9, nothing)
    count = np.isfinite(values).sum(axis=1).astype(np.float64)
    filled = np.where(count[:, None] > 0, values, 0.0)
    low, median, high = quantiles(filled, 0.25, 0.5, 0.75)
    spread = _MAD_TO_SIGMA * medians(np.abs(filled - median[:, None]))
    own = np.maximum(spread, (high - low) / _IQR_TO_SIGMA)
    scale = np.maximum(own, np.maximum(_floors(rows), _jitter(rows, median, own)) * np.abs(median))
    widened = scale * np.sqrt((count + 2) / np.maximum(count, 1))
    return Baseline(median, np.maximum(widened, 1e-9), count)


def _floors(rows: Sequence[Row]) -> Floats:
    return np.array([_FLOORS.get(row.meaning.signal, _FLOOR) for row in rows])


def _jitter(rows: Sequence[Row], median: Floats, spread: Floats) -> Floats:
    """Per row, how much its family usually jitters, relative to the level: a calm spell of one says little."""
    relative: dict[str, list[float]] = defaultdict(list)
    for row, level, width in zip(rows, median, spread, strict=True):
        if level:
            relative[row.family].append(width / abs(level))
    typical = {family: float(np.median(members)) for family, members in relative.items()}
    return np.array([typical.get(row.family, 0.0) for row in rows])


def shifts(table: Table, first: int, last: int) -> list[Shift]:
    """Every row measured both in its baseline [0, first) and in the incident [first, last)."""
    before = baseline(table.values[:, :first], table.rows)
    during = table.values[:, first:last]
    measured = np.isfinite(during).sum(axis=1)
    kept = np.flatnonzero((before.count > 0) & (measured > 0))
    if not len(kept):
        return []
    after = medians(during[kept])
    z = np.clip((after - before.median[kept]) / before.scale[kept], -MOST, MOST)
    common = _common(table, kept, z)
    worse = [table.rows[index].meaning.worse for index in kept]
    own = np.array([badly(way, float(moved)) for way, moved in zip(worse, z - common, strict=True)])
    standing = _standing([table.rows[index] for index in kept], own)
    return [
        Shift(
            index=int(index),
            row=table.rows[index],
            before=float(before.median[index]),
            after=float(after[place]),
            z=badly(worse[place], float(z[place])),
            own=float(own[place]),
            samples=int(before.count[index]),
            scale=float(before.scale[index]),
            standing=float(standing[place]),
        )
        for place, index in enumerate(kept)
    ]


def medians(values: Floats) -> Floats:
    """Of each row; NaN for a row that was never measured."""
    return quantiles(values, 0.5)[0]


def quantiles(values: Floats, *shares: float) -> list[Floats]:
    """Of what was measured of each row, as `numpy.nanquantile` does it, without its loop over the rows."""
    ordered = np.sort(values, axis=1)
    last = np.maximum(np.isfinite(ordered).sum(axis=1) - 1, 0)
    return [_interpolated(ordered, last * share) for share in shares]


def _interpolated(ordered: Floats, place: Floats) -> Floats:
    rows, below = np.arange(len(ordered)), np.floor(place).astype(np.int64)
    low, high = ordered[rows, below], ordered[rows, np.ceil(place).astype(np.int64)]
    between: Floats = low + (high - low) * (place - below)
    return between


def _common(table: Table, kept: NDArray[np.int64], z: Floats) -> Floats:
    """Per row, the median deviation of its family; 0 where the family is small."""
    families: dict[str, list[int]] = defaultdict(list)
    for place, index in enumerate(kept):
        families[table.rows[index].family].append(place)
    common = np.zeros(len(z))
    for members in families.values():
        if len(members) >= _PEERS:
            common[members] = np.median(z[members])
    return common


def _standing(rows: Sequence[Row], own: Floats) -> Floats:
    """Each row's part of the loudest rows of all components in the same signal, chance included."""
    loudest: dict[tuple[object, bool], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    kinds = [(row.meaning.signal, row.edge is not None) for row in rows]
    for row, kind, moved in zip(rows, kinds, own, strict=True):
        loudest[kind][row.component] = max(loudest[kind][row.component], float(moved))
    whole = {kind: _CHANCE + sum(moved.values()) for kind, moved in loudest.items()}
    return np.array([max(0.0, float(moved)) / whole[kind] for kind, moved in zip(kinds, own, strict=True)])


def gain(z: float) -> float:
    """0 to 1: the part of so many deviations that noise does not explain, 1 - 1 / z^2; a bad way down is none.

    The gain of Wiener's filter (1949), by which the positive-part James-Stein estimator (1961) shrinks. Where a
    threshold would have to be chosen, this has none.
    """
    return 1 - 1 / z**2 if z > 1 else 0.0


def badly(worse: int, z: float) -> float:
    """Positive when it moved the bad way; where both ways are bad, always."""
    return z * worse if worse else abs(z)
