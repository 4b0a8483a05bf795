"""How much worse did what the alerts speak of become, for those who wait for answers or get errors?

And how well is that known: how often was it measured, and was its worst moment since the onset a usual one?
"""

import math
from collections.abc import Sequence

import numpy as np

from agent.analysis import changes
from agent.analysis.excess import failing, is_share
from agent.analysis.onset import Onset
from agent.analysis.signals import Signal
from agent.analysis.table import Row, Table
from tools.base import Floats

_NOTICED = 0.01
"""One request more in a hundred that fails is as bad as to wait twice as long."""
_USUAL = 0.9
"""Part of the stretches before whose worst moment stays below what is called usual."""
_MOST = 0.5
"""Part of the rows that must agree before it is called unusual: one of many strays by chance."""


def felt(table: Table, onset: Onset, rows: Sequence[int]) -> float:
    """0 to 1: m / (m + 1) of the row that grew worst; half for twice as slow. 0 when nothing can be looked at."""
    worst = max([0.0, *(_grown(table, row, onset) for row in rows)])
    return worst / (worst + 1)


def samples(table: Table, onset: Onset, rows: Sequence[int]) -> int:
    """Measurements since the onset, of all rows together."""
    return int(np.isfinite(table.values[list(rows), onset.first :]).sum())


def unusual(table: Table, onset: Onset, rows: Sequence[int]) -> bool:
    """Whether the worst moment since the onset is worse than nine in ten stretches as long show before it.

    Means and medians smooth away what lasts for one sample; an alert may speak of just that.
    """
    told = [one for row in rows if (one := _stands_out(_bad(table, row), onset.first)) is not None]
    return bool(told) and sum(told) >= _MOST * len(told)


def _bad(table: Table, index: int) -> Floats:
    """The row, turned so that up is worse."""
    part = _failing_part(table, index)
    down = part is None and table.rows[index].meaning.worse < 0
    level: Floats = table.values[index] if part is None else part
    return -level if down else level


def _stands_out(bad: Floats, first: int) -> bool | None:
    """None when there is nothing to compare."""
    during, length = _measured(bad[first:]), len(bad) - first
    stretches = first // length if length else 0
    before = bad[first - stretches * length : first].reshape(stretches, length) if stretches else bad[:0]
    worst = [float(known.max()) for stretch in before if len(known := _measured(stretch))]
    return float(during.max()) > float(np.quantile(worst, _USUAL)) if len(during) and worst else None


def _grown(table: Table, index: int, onset: Onset) -> float:
    """1 for twice as slow, or for one request more in a hundred that fails, and so on; below 0 when it got better."""
    row = table.rows[index]
    part = _failing_part(table, index)
    level = table.values[index] if part is None else part
    before, during = _measured(level[: onset.first]), _measured(level[onset.first : onset.last])
    if not len(before) or not len(during):
        return 0.0
    usual, now = float(np.median(before)), float(np.median(during))
    return _doublings(row, before, usual, now) if part is None else (now - usual) / _NOTICED


def _failing_part(table: Table, index: int) -> Floats | None:
    """Of the requests, moment by moment; None when the row does not tell."""
    match table.rows[index].meaning.signal:
        case Signal.AVAILABILITY:
            return failing(table.values[index])
        case Signal.ERRORS if is_share(table, [index]):
            share: Floats = table.values[index]
            return share
    return None


def _doublings(row: Row, before: Floats, usual: float, now: float) -> float:
    """How often it doubled, or halved where that is bad; what is near nothing is held against its own noise."""
    noise = float(changes.baseline(before[None, :], [row]).scale[0])
    ratio = (max(0.0, now) + noise) / (max(0.0, usual) + noise)
    return changes.badly(row.meaning.worse, math.log2(ratio))


def _measured(values: Floats) -> Floats:
    return values[np.isfinite(values)]
