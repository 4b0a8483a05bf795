"""Which quantile do the buckets of a histogram show?  bucketQuantile of promql/quantile.go."""

import math

import numpy as np

from tools.base import Floats
from tools.recording.columns import Column, Key, Labels, Vector, key_of, stacked


def histogram_quantile(q: Floats, columns: Vector) -> Vector:
    groups: dict[Key, list[tuple[float, Column]]] = {}
    for column in columns:
        labels = {name: value for name, value in column.labels.items() if name not in ("__name__", "le")}
        try:
            groups.setdefault(key_of(labels), []).append((float(column.labels["le"]), column))
        except (KeyError, ValueError):
            continue  # Prometheus, too, leaves out what is no bucket
    return [_histogram(dict(key), sorted(found, key=lambda pair: pair[0]), q) for key, found in groups.items()]


def _histogram(labels: Labels, buckets: list[tuple[float, Column]], q: Floats) -> Column:
    bounds = np.array([bound for bound, _ in buckets])
    counts, present = stacked([column for _, column in buckets])
    values = [_bucket_quantile(float(q[i]), bounds[present[:, i]], counts[present[:, i], i]) for i in range(len(q))]
    return Column(labels, np.array(values), np.any(present, axis=0))


def _bucket_quantile(q: float, bounds: Floats, counts: Floats) -> float:
    """bucketQuantile of promql/quantile.go; bounds ascend."""
    if math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return math.copysign(math.inf, q - 0.5)
    if len(bounds) < 2 or not math.isinf(bounds[-1]) or not counts[-1] > 0:
        return math.nan
    bounds, starts = np.unique(bounds, return_index=True)
    counts = np.maximum.accumulate(np.add.reduceat(counts, starts))
    return _interpolated(q * float(counts[-1]), bounds, counts)


def _interpolated(rank: float, bounds: Floats, counts: Floats) -> float:
    place = int(np.searchsorted(counts[:-1], rank, side="left"))
    if place == len(bounds) - 1:
        return float(bounds[-2])
    if place == 0 and bounds[0] <= 0:
        return float(bounds[0])
    start, before = (float(bounds[place - 1]), float(counts[place - 1])) if place else (0.0, 0.0)
    return float(start + (bounds[place] - start) * ((rank - before) / (counts[place] - before)))
