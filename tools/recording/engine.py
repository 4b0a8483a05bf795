"""What would Prometheus answer?  A subset of PromQL evaluated over recorded series, without a server.

Semantics are those of Prometheus 2.42 (promql/engine.go, functions.go, quantile.go): look-back of five minutes, ranges
closed on both sides, extrapolated rates, label matching. An expression outside the subset raises BackendError that
names what is missing; nothing is approximated. A test compares the answers with a real Prometheus on the same file.

Every expression is evaluated for all moments at once: see `columns`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import numpy as np
import promql_parser as ast

from tools.base import BackendError, Floats
from tools.recording.aggregate import AGGREGATES, grouped, ranked
from tools.recording.columns import (
    Column,
    Key,
    Value,
    Vector,
    as_scalar,
    joined,
    key_of,
    mapped,
    nameless,
    negated,
    unsupported,
)
from tools.recording.functions import PER_VALUE, absent, clamped, rounded
from tools.recording.histogram import histogram_quantile
from tools.recording.openmetrics import Milliseconds, Track
from tools.recording.operators import binary
from tools.recording.ranges import OVER_RANGE, windowed
from tools.recording.selectors import select

LOOKBACK = 300_000
"""Milliseconds for which a sample stands; the default of Prometheus."""
SUBQUERY_STEP = timedelta(minutes=1)
"""The default evaluation interval of Prometheus."""


@dataclass(frozen=True)
class Engine:
    tracks: Sequence[Track]
    lookback: int = LOOKBACK

    def evaluate(self, tree: ast.Expr, times: Milliseconds) -> Vector:
        """The expression at each of `times`; a scalar comes back as one column without labels."""
        value = self._value(tree, times)
        if isinstance(value, str):
            raise BackendError("a string is not a series")
        if isinstance(value, np.ndarray):
            return [Column({}, value, np.ones(len(times), bool))]
        return [column for column in joined(value) if column.present.any()]

    def _value(self, node: ast.Expr, times: Milliseconds) -> Value:
        kind = type(node)
        if kind not in self._KINDS:
            raise unsupported(f"{kind.__name__} here")
        return self._KINDS[kind](self, node, times)

    def _vector(self, node: ast.Expr, times: Milliseconds) -> Vector:
        value = self._value(node, times)
        if not isinstance(value, list):
            raise BackendError(f"expected an instant vector, got {node.prettify()}")
        return value

    def _scalar(self, node: ast.Expr, times: Milliseconds) -> Floats:
        value = self._value(node, times)
        if not isinstance(value, np.ndarray):
            raise BackendError(f"expected a scalar, got {node.prettify()}")
        return value

    def _number(self, node: ast.NumberLiteral, times: Milliseconds) -> Value:
        return np.full(len(times), float(node.val))

    def _string(self, node: ast.StringLiteral, _: Milliseconds) -> Value:
        return str(node.val)

    def _inner(self, node: ast.ParenExpr, times: Milliseconds) -> Value:
        return self._value(node.expr, times)

    def _unary(self, node: ast.UnaryExpr, times: Milliseconds) -> Value:
        return negated(self._value(node.expr, times))

    def _binary(self, node: ast.BinaryExpr, times: Milliseconds) -> Value:
        return binary(node, self._value(node.lhs, times), self._value(node.rhs, times))

    def _instant(self, node: ast.VectorSelector, times: Milliseconds) -> Value:
        asked = times - _offset(node)
        columns = []
        for track in select(node, self.tracks):
            place = np.searchsorted(track.times, asked, side="right") - 1
            found = np.maximum(place, 0)
            present = (place >= 0) & (asked - track.times[found] <= self.lookback)
            columns.append(Column(track.labels, track.values[found], present))
        return columns

    def _ranges(self, node: ast.Expr, times: Milliseconds) -> tuple[list[Track], int, Milliseconds]:
        """The series under a range, the range in milliseconds, and where each range ends."""
        match node:
            case ast.ParenExpr():
                return self._ranges(node.expr, times)
            case ast.MatrixSelector():
                selector = node.vector_selector
                return select(selector, self.tracks), _milliseconds(node.range), times - _offset(selector)
            case ast.SubqueryExpr():
                ends = times - _offset(node)
                return self._subquery(node, ends), _milliseconds(node.range), ends
        raise BackendError(f"expected a range, got {node.prettify()}")

    def _subquery(self, node: ast.SubqueryExpr, ends: Milliseconds) -> list[Track]:
        """The inner expression on the grid of the subquery's step, which is aligned to 1970."""
        step = _milliseconds(node.step or SUBQUERY_STEP)
        first = -(-(int(ends.min()) - _milliseconds(node.range)) // step) * step
        grid = np.arange(first, int(ends.max()) + 1, step, dtype=np.int64)
        columns = self.evaluate(node.expr, grid) if len(grid) else []
        return [Track(c.labels, grid[c.present], c.values[c.present]) for c in columns]

    def _call(self, node: ast.Call, times: Milliseconds) -> Value:
        name, arguments = node.func.name, node.args
        if name in OVER_RANGE:
            return self._over_range(name, arguments, times)
        if name in PER_VALUE:
            return [mapped(c, PER_VALUE[name](c.values)) for c in self._vector(arguments[0], times)]
        if name not in self._FUNCTIONS:
            raise unsupported(f"function {name}")
        return self._FUNCTIONS[name](self, arguments, times)

    def _over_range(self, name: str, arguments: Sequence[ast.Expr], times: Milliseconds) -> Vector:
        parameter = self._scalar(arguments[0], times) if name == "quantile_over_time" else np.zeros(len(times))
        tracks, span, ends = self._ranges(arguments[-1], times)
        columns = [windowed(track, span, ends, OVER_RANGE[name], parameter) for track in tracks]
        return columns if name == "last_over_time" else [nameless(column) for column in columns]

    def _aggregate(self, node: ast.AggregateExpr, times: Milliseconds) -> Value:
        name = str(node.op)
        if name not in AGGREGATES and name not in ("topk", "bottomk"):
            raise unsupported(f"aggregation {name}")
        parameter = self._scalar(node.param, times) if node.param is not None else np.zeros(len(times))
        groups: dict[Key, list[Column]] = {}
        for column in self._vector(node.expr, times):
            groups.setdefault(key_of(grouped(column.labels, node.modifier)), []).append(column)
        if name in AGGREGATES:
            return [AGGREGATES[name](dict(labels), columns, parameter) for labels, columns in groups.items()]
        return [kept for columns in groups.values() for kept in ranked(columns, parameter, largest=name == "topk")]

    def _time(self, _: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return times / 1000

    def _as_vector(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return [Column({}, self._scalar(arguments[0], times), np.ones(len(times), bool))]

    def _as_scalar(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return as_scalar(self._vector(arguments[0], times), len(times))

    def _unsorted(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return self._vector(arguments[0], times)

    def _absent(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return [absent(arguments[0], self._vector(arguments[0], times), len(times))]

    def _clamp(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        low, high = (self._scalar(argument, times) for argument in arguments[1:])
        return clamped(self._vector(arguments[0], times), low, high)

    def _clamp_min(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return clamped(self._vector(arguments[0], times), low=self._scalar(arguments[1], times))

    def _clamp_max(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return clamped(self._vector(arguments[0], times), high=self._scalar(arguments[1], times))

    def _round(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        to = self._scalar(arguments[1], times) if len(arguments) > 1 else np.ones(len(times))
        return rounded(self._vector(arguments[0], times), to)

    def _histogram_quantile(self, arguments: Sequence[ast.Expr], times: Milliseconds) -> Value:
        return histogram_quantile(self._scalar(arguments[0], times), self._vector(arguments[1], times))

    _KINDS: ClassVar[dict[type, Callable[["Engine", Any, Milliseconds], Value]]] = {
        ast.NumberLiteral: _number,
        ast.StringLiteral: _string,
        ast.ParenExpr: _inner,
        ast.UnaryExpr: _unary,
        ast.BinaryExpr: _binary,
        ast.VectorSelector: _instant,
        ast.AggregateExpr: _aggregate,
        ast.Call: _call,
    }
    _FUNCTIONS: ClassVar[dict[str, Callable[["Engine", Sequence[ast.Expr], Milliseconds], Value]]] = {
        "time": _time,
        "vector": _as_vector,
        "scalar": _as_scalar,
        "sort": _unsorted,
        "sort_desc": _unsorted,
        "absent": _absent,
        "clamp": _clamp,
        "clamp_min": _clamp_min,
        "clamp_max": _clamp_max,
        "round": _round,
        "histogram_quantile": _histogram_quantile,
    }


def _milliseconds(span: timedelta | None) -> int:
    return round(span.total_seconds() * 1000) if span else 0


def _offset(node: ast.VectorSelector | ast.SubqueryExpr) -> int:
    if node.at is not None:
        raise unsupported("the @ modifier")
    return _milliseconds(node.offset)
