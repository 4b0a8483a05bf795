"""What do many series come to at one moment?  sum, avg, quantile, ... by and without labels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import promql_parser as ast

from tools.base import Floats
from tools.recording.columns import Column, Flags, Labels, quiet, stacked
from tools.recording.ranges import quantile


def grouped(labels: Labels, modifier: ast.AggModifier | None) -> Labels:
    if modifier is None:
        return {}
    if modifier.type == ast.AggModifierType.By:
        return {name: labels[name] for name in modifier.labels if name in labels}
    return {n: v for n, v in labels.items() if n != "__name__" and n not in modifier.labels}


def _reduced(reduce: Callable[[Floats, Flags], Any]) -> Callable[[Labels, list[Column], Floats], Column]:
    def aggregate(labels: Labels, columns: list[Column], _: Floats) -> Column:
        values, present = stacked(columns)
        return Column(labels, quiet(reduce, values, present), np.any(present, axis=0))

    return aggregate


def _variance(values: Floats, present: Flags) -> Floats:
    count = np.maximum(present.sum(axis=0), 1)
    mean = np.where(present, values, 0).sum(axis=0) / count
    return np.asarray(np.where(present, (values - mean) ** 2, 0).sum(axis=0) / count)


def _each_quantile(labels: Labels, columns: list[Column], q: Floats) -> Column:
    values, present = stacked(columns)
    found = [quantile(float(q[i]), values[present[:, i], i]) for i in range(len(q))]
    return Column(labels, np.array(found), np.any(present, axis=0))


def ranked(columns: list[Column], k: Floats, *, largest: bool) -> list[Column]:
    """topk and bottomk: each series keeps the moments at which it is among the first k."""
    values, present = stacked(columns)
    weight = values if largest else -values
    weight = np.where(present, np.where(np.isnan(weight), -np.finfo(np.float64).max, weight), -np.inf)
    places = np.argsort(np.argsort(-weight, axis=0, kind="stable"), axis=0)
    kept = present & (places < k)
    return [Column(c.labels, c.values, chosen) for c, chosen in zip(columns, kept, strict=True)]


AGGREGATES: dict[str, Callable[[Labels, list[Column], Floats], Column]] = {
    "sum": _reduced(lambda v, p: np.where(p, v, 0).sum(axis=0)),
    "avg": _reduced(lambda v, p: np.where(p, v, 0).sum(axis=0) / p.sum(axis=0)),
    "min": _reduced(lambda v, p: np.fmin.reduce(np.where(p, v, np.nan))),
    "max": _reduced(lambda v, p: np.fmax.reduce(np.where(p, v, np.nan))),
    "count": _reduced(lambda _, p: p.sum(axis=0)),
    "group": _reduced(lambda _, p: p.any(axis=0)),
    "stdvar": _reduced(_variance),
    "stddev": _reduced(lambda v, p: np.sqrt(_variance(v, p))),
    "quantile": _each_quantile,
}
