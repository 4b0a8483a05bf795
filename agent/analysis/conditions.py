"""Does the condition hold that an alert fires on?  Its own expression, asked again of the back end with its series.

A comparison of what was measured all along can be found not to hold; nothing else can. So nothing is said of `absent`,
of alternatives (`or`), where one side has no data, or when one of the alerts does not tell its expression.

Whoever sends an alert writes its link, too. So an expression must speak of what the alert names, is asked within the
limits of every query, and takes away a cause that is not certain at most: it makes none, and its numbers are not shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import numpy as np
import promql_parser as ast

from agent.analysis.signals import COMPONENT_LABELS
from agent.domain.alert import Alert
from tools.base import BackendError, Series
from tools.promql import invents_labels, nodes, parsed

_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_MOST = 4
"""Conditions of one incident that are asked again: more are a storm, which is judged otherwise."""
_STORM = 50
"""Alerts beyond which none is asked again: one of so many holds, and to look for it costs series times alerts."""
_COMPARED = 4
"""Operands of one condition, each a query of its own."""
CLOSEST = timedelta(seconds=5)
"""What is measured is seldom measured more often: asked so often, no moment at which a condition held is missed."""
_BEFORE = 2
"""Steps before its start from which what an alert compares must have been measured."""
_LATE = timedelta(minutes=10)
"""An alert may be this late after its condition: rules are evaluated with a delay, and clocks differ."""
_NOT_OF_SERIES = frozenset({"__name__", "severity"})
"""In an alert the severity is its rule's, whatever a series of log lines calls so."""
_HOLE = 1.5
"""Steps without a sample that are a hole."""


@dataclass(frozen=True)
class Condition:
    """What an alert fires on, as PromQL."""

    expression: str
    operands: tuple[str, ...]
    """What it compares or joins, each an expression of its own."""
    named: frozenset[str] = frozenset()
    """Label values that it asks for."""


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
    if len(alerts) > _STORM or len({_expression(one) for one in alerts}) > _MOST:
        return ()
    found = [condition_of(one) for one in alerts]
    told = dict.fromkeys(one for one in found if one is not None)
    return tuple(told) if all(found) else ()


def condition_of(alert: Alert) -> Condition | None:
    """By the `g0.expr` with which Prometheus, Thanos and Mimir link to an alert's graph."""
    return _condition(_expression(alert)) if alert.starts_at_known else None


def _expression(alert: Alert) -> str:
    try:
        return parse_qs(urlsplit(alert.link).query).get("g0.expr", [""])[0]
    except ValueError:
        return ""


@lru_cache(maxsize=256)
def _condition(expression: str) -> Condition | None:
    try:
        tree = parsed(expression)
    except BackendError:
        return None
    every = nodes(tree)
    selectors = [node for node in every if isinstance(node, ast.VectorSelector)]
    # Loki's rules link as Prometheus's do; what names no metric may be a selector of its streams.
    if invents_labels(tree) or any(map(_moves, every)) or not all(map(_metric, selectors)):
        return None
    operands = tuple(dict.fromkeys(_operands(tree) or ()))
    named = {matcher.value for one in selectors for matcher in one.matchers.matchers if matcher.op == ast.MatchOp.Equal}
    return Condition(expression, operands, frozenset(named)) if 0 < len(operands) <= _COMPARED else None


def _moves(node: ast.Expr) -> bool:
    """Whether it means another moment in a range than in a rule: `@ start()` and `@ end()` do."""
    return str(getattr(node, "at", None)) in ("@ start()", "@ end()")


def _metric(selector: ast.VectorSelector) -> bool:
    return bool(selector.name) or any(one.name == "__name__" for one in selector.matchers.matchers)


def _operands(node: ast.Expr) -> list[str] | None:
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


def _selects(node: ast.Expr) -> bool:
    """Whether it has series at all: a number needs no data."""
    return any(isinstance(part, ast.VectorSelector) for part in nodes(node))


def about(labels: Mapping[str, str], alert: Alert) -> bool:
    """An alert about one route says nothing of the others."""
    return all(alert.labels.get(name, value) == value for name, value in labels.items() if name not in _NOT_OF_SERIES)


def spoken_of(found: Iterable[Series], alerts: Sequence[Alert]) -> tuple[Series, ...]:
    return tuple(one for one in found if any(about(one.labels, alert) for alert in alerts))


def unmet(asked: Sequence[Asked], alerts: Sequence[Alert], now: datetime, step: timedelta) -> tuple[Unmet, ...]:
    """Every condition of the alerts when none of them holds for any alert; else none at all."""
    known = {one.condition: one for one in asked}
    told = min([alert.starts_at for alert in alerts] + [now])
    found: dict[Condition, Unmet] = {}
    for alert in alerts:
        condition = condition_of(alert)
        one = known.get(condition) if condition else None
        if one is None or not _speaks(one, alert) or _moments(one.held, alert, told - _LATE, now):
            return ()
        if not (moments := _measured(one, alert, told - _BEFORE * step, now, step)):
            return ()
        found[one.condition] = _unmet(one.condition, moments)
    return tuple(found.values())


def _speaks(one: Asked, alert: Alert) -> bool:
    """Whether it is about the component that the alert names: a rule may compare anything, its sender link anything."""
    named = {alert.service, *(alert.labels.get(label, "") for label in COMPONENT_LABELS)} - {""}
    answered = (series for operand in one.operands for series in operand if about(series.labels, alert))
    return not named.isdisjoint(one.condition.named) or any(
        not named.isdisjoint(series.labels.values()) for series in answered
    )


def _measured(one: Asked, alert: Alert, begun: datetime, now: datetime, step: timedelta) -> set[int]:
    """The moments at which everything it compares was measured; none when it was not so all along."""
    moments = set.intersection(*(_moments(map(_numbers, operand), alert, begun, now) for operand in one.operands))
    along = np.array([1000 * begun.timestamp(), *sorted(moments), 1000 * now.timestamp()])
    return moments if np.diff(along).max() < _HOLE * 1000 * step.total_seconds() else set()


def _numbers(one: Series) -> Series:
    """Without what is not a number: a ratio of no requests was not measured."""
    there = ~np.isnan(one.values)
    return one if there.all() else replace(one, times=one.times[there], values=one.values[there])


def _moments(found: Iterable[Series], alert: Alert, begun: datetime, now: datetime) -> set[int]:
    """Milliseconds since 1970."""
    of_alert = (one for one in found if about(one.labels, alert))
    first, last = begun.timestamp(), now.timestamp()
    return {round(1000 * at) for one in of_alert for at in one.times.tolist() if first <= at <= last}


def _unmet(condition: Condition, moments: set[int]) -> Unmet:
    first, last = (datetime.fromtimestamp(at / 1000, UTC) for at in (min(moments), max(moments)))
    return Unmet(condition.expression, first, last, len(moments))
