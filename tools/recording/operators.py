"""How do two sides of an operator meet?  Scalars with everything, vectors on their labels: VectorBinop of engine.go."""

from collections.abc import Callable, Iterable

import numpy as np
import promql_parser as ast

from tools.base import BackendError, Floats
from tools.recording.columns import Column, Flags, Key, Labels, Value, Vector, key_of, quiet, stacked, without_name


def _power(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.power(left, right))


_ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": _power,
    "atan2": np.arctan2,
}
_COMPARISONS: dict[str, Callable[[Floats, Floats], Flags]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


def binary(node: ast.BinaryExpr, left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        raise BackendError("a string has no operators")
    if isinstance(left, list):
        if isinstance(right, list):
            return _between_vectors(node, left, right)
        return [_combined(node, c.labels, c.values, c.present, (c.values, right)) for c in left]
    if isinstance(right, list):
        return [_combined(node, c.labels, c.values, c.present, (left, c.values)) for c in right]
    return quiet(_ARITHMETIC.get(str(node.op)) or _COMPARISONS[str(node.op)], left, right)


def _combined(
    node: ast.BinaryExpr, labels: Labels, kept: Floats, present: Flags, pair: tuple[Floats, Floats]
) -> Column:
    """One column of a result: arithmetic, a comparison that filters, or one that gives 0 and 1 (`bool`)."""
    op = str(node.op)
    if op in _ARITHMETIC:
        return Column(without_name(labels), quiet(_ARITHMETIC[op], *pair), present)
    holds = np.asarray(_COMPARISONS[op](*pair), dtype=bool)
    if node.modifier is not None and node.modifier.return_bool:
        return Column(without_name(labels), holds.astype(np.float64), present)
    return Column(labels, kept, present & holds)


def _between_vectors(node: ast.BinaryExpr, left: Vector, right: Vector) -> Vector:
    signature = _signature(node.modifier)
    others: dict[Key, list[Column]] = {}
    for column in right:
        others.setdefault(signature(column.labels), []).append(column)
    match str(node.op):
        case "and":
            return [_kept(c, others.get(signature(c.labels), []), when=True) for c in left]
        case "unless":
            return [_kept(c, others.get(signature(c.labels), []), when=False) for c in left]
        case "or":
            return _union(left, right, signature)
    mine: dict[Key, list[Column]] = {}
    for column in left:
        mine.setdefault(signature(column.labels), []).append(column)
    return [column for key in mine if key in others for column in _matched(node, mine[key], others[key])]


def _signature(modifier: ast.BinModifier | None) -> Callable[[Labels], Key]:
    """What two series must have in common to be a pair."""
    matching = modifier.matching if modifier is not None else None
    if matching is None:
        return lambda labels: key_of(without_name(labels))
    names = set(matching.labels)
    if matching.type == ast.LabelModifierType.Include:
        return lambda labels: tuple(sorted((name, labels.get(name, "")) for name in names))
    return lambda labels: key_of({n: v for n, v in labels.items() if n != "__name__" and n not in names})


def _kept(column: Column, others: Iterable[Column], *, when: bool) -> Column:
    there = np.zeros(len(column.values), bool)
    for other in others:
        there |= other.present
    return Column(column.labels, column.values, column.present & (there if when else ~there))


def _union(left: Vector, right: Vector, signature: Callable[[Labels], Key]) -> Vector:
    mine: dict[Key, list[Column]] = {}
    for column in left:
        mine.setdefault(signature(column.labels), []).append(column)
    return left + [_kept(c, mine.get(signature(c.labels), []), when=False) for c in right]


def _matched(node: ast.BinaryExpr, left: list[Column], right: list[Column]) -> Vector:
    """Pairs of series with one signature."""
    card = node.modifier.card if node.modifier is not None else ast.VectorMatchCardinality.OneToOne
    if card != ast.VectorMatchCardinality.OneToMany:
        _must_be_one(right, "right")
    if card != ast.VectorMatchCardinality.ManyToOne:
        _must_be_one(left, "left")
    pairs = [(one, other) for one in left for other in right]
    return [
        _combined(node, _result_labels(node, card, a, b), a.values, a.present & b.present, (a.values, b.values))
        for a, b in pairs
    ]


def _must_be_one(columns: list[Column], side: str) -> None:
    if len(columns) > 1 and (stacked(columns)[1].sum(axis=0) > 1).any():
        labels = columns[0].labels
        raise BackendError(f"found duplicate series for the match group {labels} on the {side} side: many-to-many")


def _result_labels(node: ast.BinaryExpr, card: ast.VectorMatchCardinality, left: Column, right: Column) -> Labels:
    """resultMetric of promql/engine.go."""
    many, one = (right, left) if card == ast.VectorMatchCardinality.OneToMany else (left, right)
    labels = dict(many.labels)
    modifier = node.modifier
    if str(node.op) in _ARITHMETIC or (modifier is not None and modifier.return_bool):
        labels.pop("__name__", None)
    matching = modifier.matching if modifier is not None else None
    if card == ast.VectorMatchCardinality.OneToOne:
        if matching is not None and matching.type == ast.LabelModifierType.Include:
            return {name: labels[name] for name in matching.labels if name in labels}
        return {n: v for n, v in labels.items() if matching is None or n not in matching.labels}
    for name in (modifier.group_labels or []) if modifier is not None else []:
        labels.pop(name, None)
        if one.labels.get(name):
            labels[name] = one.labels[name]
    return labels
