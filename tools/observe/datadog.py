"""What do Datadog's metrics say, around the alert?  Its own query language, told as series before and after."""

from datetime import datetime
from typing import Annotated, Protocol

from pydantic import BaseModel, Field, StringConstraints

from tools.base import BackendError, Series, Tool, ToolResult
from tools.observe.courses import courses, facts_of, line_of
from tools.observe.entities import named
from tools.observe.window import Span, Window

MOST_COURSES = 7
MOST_KEPT = 40


class DatadogMetrics(Protocol):
    async def query_metrics(self, query: str, start: datetime, end: datetime) -> list[Series]:
        """Raises BackendError with the query."""
        ...


SERVICE = "service"
"""The tag that names a component, by Datadog's unified tagging."""


class DatadogArguments(Span):
    query: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)] = Field(
        description="Datadog's query language, e.g. `avg:trace.http.request.duration{service:mail} by {resource_name}`."
    )


def datadog_tools(metrics: DatadogMetrics, window: Window) -> list[Tool]:
    return [QueryDatadog(metrics, window)]


class QueryDatadog:
    """Each series before and after the alert."""

    name = "query_datadog_metrics"
    description = (
        "Query Datadog's metrics over a range (by default from 60 minutes before the alert until now). Gives for each "
        "series the median before and after the alert (or the onset), first, last, lowest and highest value; "
        "the biggest change first."
    )
    kind = "metric"
    arguments: type[BaseModel] = DatadogArguments

    def __init__(self, metrics: DatadogMetrics, window: Window) -> None:
        self._metrics = metrics
        self._window = window

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = DatadogArguments.model_validate(arguments.model_dump())
        query = asked.query
        try:
            start, end = asked.within(self._window)
            query = f"{asked.query} from {start.isoformat()} to {end.isoformat()}"
            found = await self._metrics.query_metrics(asked.query, start, end)
        except BackendError as error:
            return ToolResult(ok=False, text=f"{self.name} {error}", query=query)
        told = courses(found, self._window)
        head = f"{len(told) or 'No'} series from {self._window.relative(start)} to {self._window.relative(end)}"
        head += f"; before and after {self._window.division}:" if told else "."
        more = [f"... and {len(told) - MOST_COURSES} more series"] if len(told) > MOST_COURSES else []
        return ToolResult(
            ok=True,
            text="\n".join([head, *(line_of(course) for course in told[:MOST_COURSES]), *more]),
            query=query,
            data=[facts_of(course) for course in told[:MOST_KEPT]],
            entities=named((one.labels for one in found), SERVICE),
            truncated=len(told) > MOST_COURSES,
            starts_at=start,
            ends_at=end,
        )
