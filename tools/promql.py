"""Is this PromQL well-formed and affordable, and how is a selector built from names that are only data?

Queries come from people, from runbooks and from a model. What is checked here is the text alone; what a query
costs beyond that is bounded by the client's deadline and by the size of the answer it reads.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import promql_parser as ast

from tools.base import BackendError
from tools.quoting import literal, quoted

MAX_POINTS = 11_000
"""Points of one series in one answer; Prometheus refuses more."""


@dataclass(frozen=True)
class Limits:
    length: int = 4000
    """Characters of a query."""
    window: timedelta = timedelta(days=1)
    """Longest range in brackets."""
    subquery_points: int = MAX_POINTS
    brackets: int = 50
    """Deepest nesting of parentheses and braces."""
    operators: int = 60
    """Unary and binary operators in all."""


DEFAULT_LIMITS = Limits()


def checked(promql: str, limits: Limits = DEFAULT_LIMITS) -> ast.Expr:
    """The query's syntax tree. Raises BackendError with the query and the reason when it must not be sent."""
    tree = parsed(promql, limits)
    if reason := next((why for node in nodes(tree) if (why := _cost(node, limits))), ""):
        raise BackendError(f"{promql[:300]!r}: {reason}")
    return tree


def parsed(promql: str, limits: Limits = DEFAULT_LIMITS) -> ast.Expr:
    """The syntax tree whatever it costs: for selectors that our own code makes. Raises BackendError as `checked`."""
    if reason := _shape(promql, limits):
        raise BackendError(f"{promql[:300]!r}: {reason}")
    try:
        return ast.parse(promql)
    except ValueError as error:
        raise BackendError(f"{promql[:300]!r}: parse error, {error}") from error


def nodes(tree: ast.Expr) -> list[ast.Expr]:
    """Every expression in the tree, outermost first; the selector inside a range included."""
    found: list[ast.Expr] = []
    ast.walk(tree, found.append)
    return found


_INVENTING = frozenset({"label_replace", "label_join", "absent", "absent_over_time", "info"})


def invents_labels(tree: ast.Expr) -> bool:
    """May the answer carry label values that stand in the query alone, so that they prove nothing?"""
    return any(
        (isinstance(node, ast.Call) and node.func.name in _INVENTING)
        or (isinstance(node, ast.AggregateExpr) and str(node.op) == "count_values")
        for node in nodes(tree)
    )


_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def selector(
    metric: str = "",
    labels: Mapping[str, str] | None = None,
    one_of: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """`metric{label="value",other=~"a|b"}`. Raises BackendError when a name is not one; values may be any text."""
    if metric and not _METRIC.fullmatch(metric):
        raise BackendError(f"{metric[:100]!r} is not a metric name")
    matchers = [f"{_label(name)}={quoted(value)}" for name, value in sorted((labels or {}).items())]
    for name, values in sorted((one_of or {}).items()):
        matchers.append(f"{_label(name)}=~{quoted('|'.join(literal(value) for value in values))}")
    if not metric and not matchers:
        raise BackendError("a selector needs a metric name or a label")
    return metric + ("{" + ",".join(matchers) + "}" if matchers else "")


def _label(name: str) -> str:
    if not _LABEL.fullmatch(name):
        raise BackendError(f"{name[:100]!r} is not a label name")
    return name


def affordable_step(start: datetime, end: datetime, step: timedelta, points: int = MAX_POINTS) -> timedelta:
    """`step`, or the smallest whole number of seconds that keeps the range within `points`."""
    span = (end - start).total_seconds()
    if step > timedelta(0) and span / step.total_seconds() < points:
        return step
    return timedelta(seconds=max(1, math.ceil(span / (points - 1))))


_STRING = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` """, re.VERBOSE | re.DOTALL)
_OPERATOR = re.compile(r"\b(?:and|or|unless|atan2)\b|[-+*/%^<>]|[=!]=", re.IGNORECASE)


def _shape(promql: str, limits: Limits) -> str:
    """What is wrong with the text before it is parsed; empty when nothing is.

    The parser is recursive and its tree is copied level by level: at 20,000 nested parentheses it ends the process,
    and 400 chained operators cost it 20 s. So depth is bounded before it sees the text.
    """
    if len(promql) > limits.length:
        return f"{len(promql):,} characters, at most {limits.length:,} are allowed"
    bare = _STRING.sub("", promql)
    if "#" in bare:
        return "comments are not allowed"
    if (operators := len(_OPERATOR.findall(bare))) > limits.operators:
        return f"{operators} operators, at most {limits.operators} are allowed"
    deepest = max(accumulate((c in "({[") - (c in ")}]") for c in bare), default=0)
    return f"nested {deepest} deep, at most {limits.brackets} is allowed" if deepest > limits.brackets else ""


def _cost(node: ast.Expr, limits: Limits) -> str:
    """Why this part would cost too much; empty when it would not."""
    match node:
        case ast.VectorSelector():
            return "" if _is_selective(node) else "selects every series: name a metric, or a label and its value"
        case ast.MatrixSelector() if node.range > limits.window:
            return f"range {_said(node.range)} is longer than {_said(limits.window)}: ask for less"
        case ast.SubqueryExpr():
            return _subquery_cost(node, limits)
    return ""


def _said(span: timedelta) -> str:
    return str(ast.display_duration(span))


def _subquery_cost(node: ast.SubqueryExpr, limits: Limits) -> str:
    span = node.range or timedelta(0)
    if span > limits.window:
        return f"subquery range {_said(span)} is longer than {_said(limits.window)}: ask for less"
    points = span / (node.step or timedelta(minutes=1))
    if points > limits.subquery_points:
        return f"subquery of {points:,.0f} points, at most {limits.subquery_points:,} are allowed"
    inner = [part for part in nodes(node.expr) if isinstance(part, ast.SubqueryExpr)]
    return "subquery inside a subquery" if inner else ""


_PROBES = ("a", "Zz_9", "~", " - ", "7")
"""Values with nothing in common: what matches all of them selects nothing in particular."""


def _is_selective(node: ast.VectorSelector) -> bool:
    groups = [node.matchers.matchers, *node.matchers.or_matchers]
    return bool(node.name) or all(any(_narrows(matcher) for matcher in group) for group in groups if group)


def _narrows(matcher: ast.Matcher) -> bool:
    if matcher.op == ast.MatchOp.Equal:
        return bool(matcher.value)
    if matcher.op != ast.MatchOp.Re:
        return False
    try:
        return not all(re.fullmatch(matcher.value, probe) for probe in _PROBES)
    except re.error:
        return True  # RE2 has classes that Python lacks; they name characters, so they narrow
