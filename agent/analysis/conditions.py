"""Does the condition hold that an alert fires on?  Its own expression, asked again of the back end with its series.

A comparison of what was measured all along can be found not to hold; nothing else can. So nothing is said of `absent`,
of alternatives (`or`), where one side has no data, or when one of the alerts does not tell its expression.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import promql_parser as ast

from agent.domain.alert import Alert
from tools.base import BackendError, Series
from tools.promql import invents_labels, nodes, parsed

_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_MOST = 4
"""Conditions of one incident that are asked again: more are a storm, which is judged otherwise."""
_BEFORE = 2
"""Steps before its start from which an alert's condition held, whatever the sender's clock."""
_HOLE = 1.5
"""Steps without a sample that are a hole."""


@dataclass(frozen=True)
class Condition:
    """What an alert fires on, as PromQL."""

    expression: str
    operands: tuple[str, ...]
    """What it compares or joins, each an expression of its own."""


@dataclass(frozen=True)
class Asked:
    """What the back end answered, of the series that the alerts speak of."""

    condition: Condition
    held: tuple[Series, ...]
    """Empty where and when the expression gave nothing."""
    operands: tuple[tuple[Series, ...], ...]


@dataclass(frozen=True)
class Unmet:
    """A condition that held at no moment around its alerts, though all it compares was measured at each."""

    expression: str
    first: datetime
    last: datetime
    moments: int


def conditions(alerts: Sequence[Alert]) -> tuple[Condition, ...]:
    """The different conditions of all alerts; none when one of the alerts has none, or there are too many."""
    found = {one.link: condition_of(one) for one in alerts}
    told = {one.expression: one for one in found.values() if one is not None}
    return tuple(told.values()) if all(found.values()) and len(told) <= _MOST else ()


def condition_of(alert: Alert) -> Condition | None:
    """By the `g0.expr` with which Prometheus, Thanos and Mimir link to an alert's graph."""
    try:
        given = parse_qs(urlsplit(alert.link).query).get("g0.expr", [""])
        tree = parsed(given[0])
    except (ValueError, BackendError):
        return None
    operands = None if invents_labels(tree) else _operands(tree)
    return Condition(given[0], tuple(dict.fromkeys(operands))) if operands else None


def _operands(node: Any) -> list[str] | None:
    """None when it is no comparison, or one that always gives an answer."""
    match node:
        case ast.ParenExpr():
            return _operands(node.expr)
        case ast.BinaryExpr() if str(node.op) in _COMPARISONS:
            always = node.modifier is not None and node.modifier.return_bool
            return None if always else [side.prettify() for side in (node.lhs, node.rhs) if _selects(side)]
        case ast.BinaryExpr() if str(node.op) in ("and", "unless"):
            left = _operands(node.lhs)
            right = [node.rhs.prettify()] if _selects(node.rhs) else []
            return None if left is None else left + (_operands(node.rhs) or right)
    return None


def _selects(node: Any) -> bool:
    """Whether it has series at all: a number needs no data."""
    return any(isinstance(part, ast.VectorSelector) for part in nodes(node))


def about(labels: Mapping[str, str], alert: Alert) -> bool:
    """An alert about one route says nothing of the others."""
    return all(alert.labels.get(name, value) == value for name, value in labels.items() if name != "__name__")


def spoken_of(found: Iterable[Series], alerts: Sequence[Alert]) -> tuple[Series, ...]:
    return tuple(one for one in found if any(about(one.labels, alert) for alert in alerts))


def unmet(asked: Sequence[Asked], alerts: Sequence[Alert], now: datetime, step: timedelta) -> tuple[Unmet, ...]:
    """Every condition of the alerts when none of them holds for any alert; else none at all."""
    known = {one.condition.expression: one for one in asked}
    begun = min([alert.starts_at for alert in alerts] + [now]) - _BEFORE * step
    found: dict[str, Unmet] = {}
    for alert in alerts:
        told = condition_of(alert)
        one = known.get(told.expression) if told else None
        if one is None or not (moments := _measured(one, alert, begun, now, step)) or _held(one, alert, begun, now):
            return ()
        found[one.condition.expression] = _unmet(one.condition, moments)
    return tuple(found.values())


def _measured(one: Asked, alert: Alert, begun: datetime, now: datetime, step: timedelta) -> set[int]:
    """The moments at which everything it compares was measured; none when it was not so all along."""
    moments = set.intersection(*(_moments(operand, alert, begun, now) for operand in one.operands))
    along = np.array([1000 * begun.timestamp(), *sorted(moments), 1000 * now.timestamp()])
    return moments if np.diff(along).max() < _HOLE * 1000 * step.total_seconds() else set()


def _held(one: Asked, alert: Alert, begun: datetime, now: datetime) -> bool:
    return bool(_moments(one.held, alert, begun, now))


def _moments(found: Iterable[Series], alert: Alert, begun: datetime, now: datetime) -> set[int]:
    """Milliseconds since 1970."""
    of_alert = (one for one in found if about(one.labels, alert))
    first, last = begun.timestamp(), now.timestamp()
    return {round(1000 * at) for one in of_alert for at in one.times.tolist() if first <= at <= last}


def _unmet(condition: Condition, moments: set[int]) -> Unmet:
    first, last = (datetime.fromtimestamp(at / 1000, UTC) for at in (min(moments), max(moments)))
    return Unmet(condition.expression, first, last, len(moments))
