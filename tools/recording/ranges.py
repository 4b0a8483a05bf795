"""What do the samples in a range come to?  rate, increase, the *_over_time family: promql/functions.go."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tools.base import Floats
from tools.recording.columns import Column
from tools.recording.openmetrics import Milliseconds, Track


@dataclass(frozen=True)
class Window:
    """The samples of one series in one range."""

    times: Milliseconds
    values: Floats
    start: int
    end: int
    parameter: float

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / 1000


def windowed(
    track: Track,
    span: int,
    ends: Milliseconds,
    function: Callable[[Window], float | None],
    parameter: Floats,
) -> Column:
    first = np.searchsorted(track.times, ends - span, side="left")
    last = np.searchsorted(track.times, ends, side="right")
    values, present = np.zeros(len(ends)), np.zeros(len(ends), bool)
    for place in np.flatnonzero(last > first):
        part = slice(first[place], last[place])
        end = int(ends[place])
        found = function(Window(track.times[part], track.values[part], end - span, end, float(parameter[place])))
        if found is not None:
            values[place], present[place] = found, True
    return Column(track.labels, values, present)


def _extrapolated(window: Window, *, counter: bool, per_second: bool) -> float | None:
    """extrapolatedRate of promql/functions.go."""
    times, values = window.times, window.values
    if len(values) < 2:
        return None
    gained = float(values[-1] - values[0])
    if counter:
        gained += float(values[:-1][values[1:] < values[:-1]].sum())
    sampled = float(times[-1] - times[0]) / 1000
    to_start = float(times[0] - window.start) / 1000
    to_end = float(window.end - times[-1]) / 1000
    spacing = sampled / (len(values) - 1)
    if counter and gained > 0 and values[0] >= 0:
        # A counter cannot have been below zero: do not extrapolate past that.
        to_start = min(to_start, sampled * (float(values[0]) / gained))
    covered = sampled
    covered += to_start if to_start < spacing * 1.1 else spacing / 2
    covered += to_end if to_end < spacing * 1.1 else spacing / 2
    factor = covered / sampled / (window.seconds if per_second else 1)
    return gained * factor


def _last_step(window: Window, *, rate: bool) -> float | None:
    """irate and idelta: what the last two samples say."""
    if len(window.values) < 2:
        return None
    before, after = float(window.values[-2]), float(window.values[-1])
    gained = after if rate and after < before else after - before
    return gained / (float(window.times[-1] - window.times[-2]) / 1000) if rate else gained


def _slope(window: Window) -> float | None:
    """deriv: least squares, in units a second."""
    if len(window.values) < 2:
        return None
    seconds = (window.times - window.times[0]) / 1000
    centred = seconds - seconds.mean()
    return float((centred * (window.values - window.values.mean())).sum() / (centred**2).sum())


def quantile(q: float, values: Floats) -> float:
    """quantile() of promql/quantile.go: linear between the two nearest ranks."""
    if not len(values) or math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return math.copysign(math.inf, q - 0.5)
    ordered = np.concatenate([values[np.isnan(values)], np.sort(values[~np.isnan(values)])])
    rank = q * (len(ordered) - 1)
    lower = max(0, math.floor(rank))
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - math.floor(rank)
    return float(ordered[lower] * (1 - weight) + ordered[upper] * weight)


OVER_RANGE: dict[str, Callable[[Window], float | None]] = {
    "rate": lambda w: _extrapolated(w, counter=True, per_second=True),
    "increase": lambda w: _extrapolated(w, counter=True, per_second=False),
    "delta": lambda w: _extrapolated(w, counter=False, per_second=False),
    "irate": lambda w: _last_step(w, rate=True),
    "idelta": lambda w: _last_step(w, rate=False),
    "deriv": _slope,
    "avg_over_time": lambda w: float(w.values.mean()),
    "sum_over_time": lambda w: float(w.values.sum()),
    "min_over_time": lambda w: float(np.fmin.reduce(w.values)),
    "max_over_time": lambda w: float(np.fmax.reduce(w.values)),
    "count_over_time": lambda w: float(len(w.values)),
    "last_over_time": lambda w: float(w.values[-1]),
    "present_over_time": lambda w: 1.0,  # noqa: ARG005 (one of a family)
    "stddev_over_time": lambda w: float(w.values.std()),
    "stdvar_over_time": lambda w: float(w.values.var()),
    "quantile_over_time": lambda w: quantile(w.parameter, w.values),
    "changes": lambda w: float(np.count_nonzero(w.values[1:] != w.values[:-1])),
    "resets": lambda w: float(np.count_nonzero(w.values[1:] < w.values[:-1])),
}
