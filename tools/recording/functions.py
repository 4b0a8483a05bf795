"""What does a function make of each value of an instant vector?"""

from collections.abc import Callable

import numpy as np
import promql_parser as ast

from tools.base import Floats
from tools.recording.columns import Column, Labels, Vector, mapped, quiet

PER_VALUE: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "exp": lambda v: quiet(np.exp, v),
    "ln": lambda v: quiet(np.log, v),
    "log2": lambda v: quiet(np.log2, v),
    "log10": lambda v: quiet(np.log10, v),
    "sqrt": lambda v: quiet(np.sqrt, v),
    "sgn": np.sign,
}


def clamped(columns: Vector, low: Floats | None = None, high: Floats | None = None) -> Vector:
    """Between the bounds; no result where they cross, as in Prometheus."""
    floor = np.array(-np.inf) if low is None else low
    ceiling = np.array(np.inf) if high is None else high
    sound = ~(floor > ceiling)
    return [mapped(c, np.maximum(floor, np.minimum(ceiling, c.values)), c.present & sound) for c in columns]


def rounded(columns: Vector, to: Floats) -> Vector:
    """To the nearest multiple, halves up."""
    inverse = 1.0 / to
    return [mapped(c, quiet(lambda v: np.floor(v * inverse + 0.5) / inverse, c.values)) for c in columns]


def absent(node: ast.Expr, columns: Vector, length: int) -> Column:
    """1 where the vector is empty, with the labels that the selector fixes to one value."""
    somewhere = np.any([c.present for c in columns], axis=0) if columns else np.zeros(length, bool)
    return Column(_fixed_labels(node), np.ones(length), ~somewhere)


def _fixed_labels(node: ast.Expr) -> Labels:
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    if not isinstance(node, ast.VectorSelector):
        return {}
    matchers = [m for m in node.matchers.matchers if m.name != "__name__"]
    names = [m.name for m in matchers]
    return {m.name: m.value for m in matchers if m.op == ast.MatchOp.Equal and names.count(m.name) == 1}
