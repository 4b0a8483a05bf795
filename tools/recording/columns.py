"""What is an instant vector at many moments?  One column a series: its values, and where it has one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.base import BackendError, Floats

Flags = NDArray[np.bool_]
Labels = dict[str, str]
Key = tuple[tuple[str, str], ...]
"""Labels in a fixed order, to group by."""


@dataclass(frozen=True)
class Column:
    """One series of a result: a value wherever `present`."""

    labels: Labels
    values: Floats
    present: Flags


Vector = list[Column]
Value = Vector | Floats | str
"""An instant vector, a scalar at each moment, or a string."""


def unsupported(what: str) -> BackendError:
    return BackendError(f"unsupported by the recorded source: {what}")


def key_of(labels: Mapping[str, str]) -> Key:
    return tuple(sorted(labels.items()))


def without_name(labels: Labels) -> Labels:
    return {name: value for name, value in labels.items() if name != "__name__"}


def nameless(column: Column) -> Column:
    return Column(without_name(column.labels), column.values, column.present)


def mapped(column: Column, values: Floats, present: Flags | None = None) -> Column:
    return Column(without_name(column.labels), values, column.present if present is None else present)


def negated(value: Value) -> Value:
    if isinstance(value, str):
        raise BackendError("a string cannot be negated")
    return -value if isinstance(value, np.ndarray) else [mapped(c, -c.values) for c in value]


def joined(columns: Vector) -> Vector:
    """One column a label set. Raises BackendError when two have a value at the same moment, as Prometheus does."""
    found: dict[Key, Column] = {}
    for column in columns:
        before = found.get(key_of(column.labels))
        if before is None:
            found[key_of(column.labels)] = column
        elif (before.present & column.present).any():
            raise BackendError("vector cannot contain metrics with the same labelset")
        else:
            values = np.where(column.present, column.values, before.values)
            found[key_of(column.labels)] = Column(column.labels, values, before.present | column.present)
    return list(found.values())


def as_scalar(columns: Vector, length: int) -> Floats:
    """The one value at each moment; NaN where there is none or several."""
    if not columns:
        return np.full(length, np.nan)
    values, present = stacked(columns)
    first = values[np.argmax(present, axis=0), np.arange(length)]
    return np.where(present.sum(axis=0) == 1, first, np.nan)


def stacked(columns: Sequence[Column]) -> tuple[Floats, Flags]:
    """Series by moments."""
    return np.array([c.values for c in columns]), np.array([c.present for c in columns])


def quiet(function: Callable[..., Any], *values: Any) -> Floats:
    """Division by zero and the like give Inf and NaN, as in Go, and no warning."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*values), dtype=np.float64)
