"""What moved, by how much, and is that unusual for this series and among its peers?"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.analysis.table import Floats, Row, Table

_RELATIVE_FLOOR = 0.10
"""A tenth of the usual level is the least deviation that is ever called one unit: real dashboards jitter that much."""
_MAD_TO_SIGMA = 1.4826
_IQR_TO_SIGMA = 1.349
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

    @property
    def ratio(self) -> float:
        return self.after / self.before if self.before else float("inf")


def baseline(values: Floats) -> Baseline:
    """Median and MAD or IQR, whichever is wider, over columns; few samples widen the scale."""
    if not values.size:
        nothing = np.zeros(len(values))
        return Baseline(nothing, nothing + 1e-9, nothing)
    count = np.isfinite(values).sum(axis=1).astype(np.float64)
    filled = np.where(count[:, None] > 0, values, 0.0)
    median = np.nanmedian(filled, axis=1)
    spread = _MAD_TO_SIGMA * np.nanmedian(np.abs(filled - median[:, None]), axis=1)
    low, high = np.nanpercentile(filled, [25, 75], axis=1)
    scale = np.maximum.reduce([spread, (high - low) / _IQR_TO_SIGMA, _RELATIVE_FLOOR * np.abs(median)])
    widened = scale * np.sqrt((count + 2) / np.maximum(count, 1))
    return Baseline(median, np.maximum(widened, 1e-9), count)


def shifts(table: Table, first: int, last: int) -> list[Shift]:
    """Every row measured both in its baseline [0, first) and in the incident [first, last)."""
    before = baseline(table.values[:, :first])
    during = table.values[:, first:last]
    measured = np.isfinite(during).sum(axis=1)
    kept = np.flatnonzero((before.count > 0) & (measured > 0))
    if not len(kept):
        return []
    after = np.nanmedian(during[kept], axis=1)
    z = (after - before.median[kept]) / before.scale[kept]
    common = _common(table, kept, z)
    worse = [table.rows[index].meaning.worse for index in kept]
    return [
        Shift(
            index=int(index),
            row=table.rows[index],
            before=float(before.median[index]),
            after=float(after[place]),
            z=_badly(worse[place], float(z[place])),
            own=_badly(worse[place], float(z[place] - common[place])),
            samples=int(before.count[index]),
        )
        for place, index in enumerate(kept)
    ]


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


def _badly(worse: int, z: float) -> float:
    """Positive when it moved the bad way; where both ways are bad, always."""
    return z * worse if worse else abs(z)
