"""How much worse did what the alerts speak of become, for those who wait for answers or get errors?"""

import math
from collections.abc import Sequence

import numpy as np

from agent.analysis import changes
from agent.analysis.excess import failing, is_share
from agent.analysis.onset import Onset
from agent.analysis.signals import Signal
from agent.analysis.table import Floats, Row, Table

_NOTICED = 0.01
"""One request more in a hundred that fails is as bad as to wait twice as long."""


def felt(table: Table, onset: Onset, rows: Sequence[int]) -> float:
    """0 to 1: m / (m + 1) of the row that grew worst; half for twice as slow. 0 when nothing can be looked at."""
    worst = max([0.0, *(_grown(table, row, onset) for row in rows)])
    return worst / (worst + 1)


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
