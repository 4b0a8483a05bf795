"""What do the metrics say, around the alert?  Tools for a model over any PromQL back end."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from tools.base import BackendError, Metrics, Tool, ToolResult
from tools.invisible import visible
from tools.observe.courses import courses, facts_of, json_of, label_of, line_of, number_of
from tools.observe.entities import named
from tools.observe.window import Moment, Span, Window
from tools.promql import checked, invents_labels
from tools.quoting import literal, quoted

MOST_SHOWN = 12
"""Series whose value a result's text gives; the rest is counted."""
MOST_COURSES = 7
"""Series whose course a result's text describes."""
MOST_KEPT = 40
"""Series in a result's data."""
MOST_LISTED = 40
"""Metrics that a list's text names."""
POINTS = 120
"""Points a series that a range query asks for."""

PromQL = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
LabelName = Annotated[str, StringConstraints(max_length=100, pattern=r"^([a-zA-Z_][a-zA-Z0-9_]*)?$")]


class InstantArguments(Moment):
    promql: PromQL = Field(description="PromQL for an instant vector; counters need rate() or increase().")


class RangeArguments(Span):
    promql: PromQL = Field(description="PromQL for an instant vector, evaluated along the range; no [5m] at its end.")


class ListArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    contains: str = Field("", max_length=100, description="A part of the metric's name, e.g. `latency`; empty: any.")
    label: LabelName = Field("", description="A label that the series must have, e.g. `service`; empty: any.")
    value: str = Field("", max_length=200, description="The exact value of that label, e.g. `billing`; empty: any.")


def metrics_tools(metrics: Metrics, window: Window, *, service_label: str = "service") -> list[Tool]:
    """`service_label`: the label that names a component in this installation."""
    return [
        QueryMetrics(metrics, window, service_label),
        QueryMetricsRange(metrics, window, service_label),
        ListMetrics(metrics, window, service_label),
    ]


class QueryMetrics:
    """One value a series."""

    name = "query_metrics"
    description = "Evaluate PromQL at one moment (by default now): one value per series, the largest first."
    kind = "metric"
    arguments: type[BaseModel] = InstantArguments

    def __init__(self, metrics: Metrics, window: Window, service_label: str = "service") -> None:
        self._metrics = metrics
        self._window = window
        self._service_label = service_label

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = InstantArguments.model_validate(arguments.model_dump())
        at = asked.within(self._window)
        query = f"{asked.promql} @ {_iso(at)}"
        try:
            invented = invents_labels(checked(asked.promql))
            found = await self._metrics.query(asked.promql, at)
        except BackendError as error:
            return ToolResult(ok=False, text=f"{self.name} {error}", query=query, starts_at=at, ends_at=at)
        series = sorted((one for one in found if len(one.values)), key=lambda one: -_size(float(one.values[-1])))
        lines = [f"{label_of(one)} = {number_of(float(one.values[-1]))}" for one in series[:MOST_SHOWN]]
        more = _more(len(series) - MOST_SHOWN)
        return ToolResult(
            ok=True,
            text="\n".join([f"{_count(len(series))} at {self._window.relative(at)}.", *lines, *more]),
            query=query,
            data=[{"series": label_of(one), "value": json_of(float(one.values[-1]))} for one in series[:MOST_KEPT]],
            entities=() if invented else named((one.labels for one in series), self._service_label),
            truncated=len(series) > MOST_SHOWN,
            starts_at=at,
            ends_at=at,
        )


class QueryMetricsRange:
    """Each series before and after the alert."""

    name = "query_metrics_range"
    description = (
        "Evaluate PromQL over a range (by default from 60 minutes before the alert until now). Gives for each series "
        "the median before and after the alert (or the onset), first, last, lowest and highest value; "
        "the biggest change first."
    )
    kind = "metric"
    arguments: type[BaseModel] = RangeArguments

    def __init__(self, metrics: Metrics, window: Window, service_label: str = "service") -> None:
        self._metrics = metrics
        self._window = window
        self._service_label = service_label

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = RangeArguments.model_validate(arguments.model_dump())
        query = asked.promql
        try:
            start, end = asked.within(self._window)
            step = timedelta(seconds=max(15, math.ceil((end - start).total_seconds() / POINTS)))
            query = f"{asked.promql} from {_iso(start)} to {_iso(end)} step {step.total_seconds():g}s"
            invented = invents_labels(checked(asked.promql))
            found = await self._metrics.query_range(asked.promql, start, end, step)
        except BackendError as error:
            return ToolResult(ok=False, text=f"{self.name} {error}", query=query)
        told = courses(found, self._window)
        head = f"{_count(len(told))} from {self._window.relative(start)} to {self._window.relative(end)}"
        head += f"; before and after {self._window.division}:" if told else "."
        lines = [line_of(course) for course in told[:MOST_COURSES]]
        return ToolResult(
            ok=True,
            text="\n".join([head, *lines, *_more(len(told) - MOST_COURSES)]),
            query=query,
            data=[facts_of(course) for course in told[:MOST_KEPT]],
            entities=() if invented else named((one.labels for one in found), self._service_label),
            truncated=len(told) > MOST_COURSES,
            starts_at=start,
            ends_at=end,
        )


class ListMetrics:
    """Which metrics there are."""

    name = "list_metrics"
    description = "Which metrics exist, by a part of the name or by a label: types, labels and some of their values."
    kind = "metric"
    arguments: type[BaseModel] = ListArguments

    def __init__(self, metrics: Metrics, window: Window, service_label: str = "service") -> None:
        self._metrics = metrics
        self._window = window
        self._service_label = service_label

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = ListArguments.model_validate(arguments.model_dump())
        start, end = self._window.alert_at - timedelta(hours=1), self._window.now
        wanted = _wanted(asked)
        query = f"series {wanted} from {_iso(start)} to {_iso(end)}" if wanted else "metadata"
        try:
            types = await self._metrics.metadata()
            found = await self._metrics.series([wanted], start, end) if wanted else [{"__name__": n} for n in types]
        except BackendError as error:
            return ToolResult(ok=False, text=f"{self.name} {error}", query=query, starts_at=start, ends_at=end)
        metrics = list(_by_metric(found).items())
        lines = [_metric_line(name, sets if wanted else [], types.get(name, "")) for name, sets in metrics]
        return ToolResult(
            ok=True,
            text="\n".join(
                [f"{len(metrics)} metrics{f', {len(found)} series' if wanted else ''}.", *lines[:MOST_LISTED]]
            ),
            query=query,
            data=[_metric_facts(name, sets, types.get(name, "unknown")) for name, sets in metrics[:100]],
            entities=named(found, self._service_label),
            truncated=len(metrics) > MOST_LISTED,
            starts_at=start,
            ends_at=end,
        )


def _wanted(asked: ListArguments) -> str:
    """A selector built from what are only names and values; empty when nothing narrows it."""
    name = f"__name__=~{quoted(f'.*{literal(asked.contains)}.*')}" if asked.contains else ""
    label = f"{asked.label}={quoted(asked.value)}" if asked.value else f'{asked.label}=~".+"'
    parts = [part for part in (name, label if asked.label else "") if part]
    return "{" + ",".join(parts) + "}" if parts else ""


def _by_metric(found: Sequence[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    metrics: dict[str, list[Mapping[str, str]]] = {}
    for labels in sorted(found, key=lambda labels: labels.get("__name__", "")):
        metrics.setdefault(labels.get("__name__", ""), []).append(labels)
    return metrics


def _values(sets: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Label -> its values, sorted."""
    names = sorted({name for labels in sets for name in labels if name != "__name__"})
    return {name: sorted({labels[name] for labels in sets if name in labels}) for name in names}


def _metric_line(name: str, sets: Sequence[Mapping[str, str]], kind: str) -> str:
    shown = [
        f"{label}: {', '.join(values[:4])}{f' and {len(values) - 4} more' if len(values) > 4 else ''}"
        for label, values in _values(sets).items()
    ]
    about = [part for part in (kind, f"{len(sets)} series" if sets else "") if part]
    return visible(f"{name} ({', '.join(about)}) {'; '.join(shown)}".strip())[:300]


def _metric_facts(name: str, sets: Sequence[Mapping[str, str]], kind: str) -> JsonValue:
    labels: dict[str, JsonValue] = {label: list[JsonValue](values[:20]) for label, values in _values(sets).items()}
    return {"name": name, "type": kind, "series": len(sets), "labels": labels}


def _size(value: float) -> float:
    return -1.0 if math.isnan(value) else abs(value)


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _count(series: int) -> str:
    return f"{series} series" if series else "No series (list_metrics tells which metrics and labels there are)"


def _more(series: int) -> list[str]:
    return [f"... and {series} more series"] if series > 0 else []
