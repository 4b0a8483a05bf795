"""What would the same fault look like if it hit one request in three?  The recording, mixed with its own quiet past.

Sets differ in how loud their faults are, and constants chosen on loud ones miss faint ones. Whoever chooses on some
sets may ask about fainter faults as well: an augmentation (Zhang and others, "mixup", ICLR 2018), with one partner,
the same series before the fault, so that its level, its noise and its times stay its own.
"""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from agent.analysis.observations import Observations, Reading
from tools.base import Floats

SHARE = 1 / 3
_BEFORE = timedelta(minutes=15)
"""Between the fault's first alert and the newest moment that is mixed in."""


def diluted(seen: Observations, share: float = SHARE) -> Observations:
    """Of every value that much, the rest from before the fault; and no line of a log, which nobody can mix."""
    began = min((alert.starts_at for alert in seen.alerts), default=seen.now)
    back = (seen.now - began + _BEFORE).total_seconds()
    return replace(seen, readings=tuple(_mixed(one, share, back, seen.step) for one in seen.readings), lines=())


def _mixed(one: Reading, share: float, back: float, step: timedelta) -> Reading:
    times, values = one.series.times, one.series.values
    if not times.size:
        return one
    before = _before(times, values, back, step.total_seconds())
    mixed = np.where(np.isfinite(before), share * values + (1 - share) * before, values)
    return replace(one, series=replace(one.series, values=mixed))


def _before(times: Floats, values: Floats, back: float, step: float) -> Floats:
    """The newest value by that much earlier; NaN where nothing was measured within a step of it."""
    places = np.searchsorted(times, times - back + step / 2, side="right") - 1
    there = (places >= 0) & (np.abs(times[places] - (times - back)) <= step)
    return np.where(there, values[places], np.nan)
