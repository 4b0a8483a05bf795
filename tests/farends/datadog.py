"""A Datadog on a loopback port: the metrics query (v1) and the log search (v2), in their shapes and with their errors.

    with DatadogFarEnd() as server:
        server.logs.append(Log(at, "cart", "boom", "error"))
        server.series.append(Metric("system.cpu.user", {"host": "a"}, [(seconds, 1.0)]))
        ...  # base URL: server.url; what was asked: server.asked

Shapes: docs.datadoghq.com/api/latest/metrics/#query-timeseries-points and .../logs/#search-logs-post. Of the query
languages it evaluates what is needed to tell one query from another: scope and grouping of a metric; service, status
and phrases of a log.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd

API_KEY, APPLICATION_KEY = "api-key", "application-key"
LARGEST_PAGE = 1000
_METRIC = re.compile(
    r"(?P<aggregator>avg|sum|min|max):(?P<metric>[\w.]+)\{(?P<scope>[^}]*)\}(?: by \{(?P<by>[^}]*)\})?(?P<rest>.*)"
)
_COMBINE = {"avg": fmean, "sum": sum, "min": min, "max": max}


@dataclass(frozen=True)
class Log:
    at: datetime
    service: str
    message: str
    status: str = "info"
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    name: str
    tags: Mapping[str, str]
    points: Sequence[tuple[float, float | None]]
    """(Unix seconds, value)"""


class DatadogFarEnd(FarEnd):
    def __init__(self) -> None:
        super().__init__()
        self.late = False
        """The log search gives up before its end, and says so."""
        self.logs: list[Log] = []
        self.series: list[Metric] = []

    def answer(self, asked: Asked) -> Answer:
        if (asked.headers.get("dd-api-key"), asked.headers.get("dd-application-key")) != (API_KEY, APPLICATION_KEY):
            return _refusal(403, "Forbidden")
        match asked.method, asked.path:
            case "GET", "/api/v1/query":
                return self._query(asked)
            case "POST", "/api/v2/logs/events/search":
                return self._search(asked.json())
        return _refusal(404, "Not Found")

    # Requests

    def _query(self, asked: Asked) -> Answer:
        if not {"from", "to", "query"} <= asked.query.keys():
            return _refusal(400, "Missing required parameters")
        start, end, query = int(asked.one("from")), int(asked.one("to")), asked.one("query")
        found = _METRIC.fullmatch(query)
        if found is None:
            return _refusal(400, f"Error parsing query: unable to parse {query}: Rule 'scope_expr' didn't match.")
        return Answer(200, self._answered(found, start, end, query))

    def _search(self, body: Mapping[str, Any]) -> Answer:
        asked, page = body["filter"], body.get("page", {})
        limit = page.get("limit", 10)
        if not 0 < limit <= LARGEST_PAGE:
            words = f"input_validation_error(Field 'page.limit' is invalid: must be at most {LARGEST_PAGE})"
            return _refusal(400, words)
        start, end = (datetime.fromisoformat(asked[name]) for name in ("from", "to"))
        matching = [log for log in self.logs if start <= log.at < end and _matches(log, asked["query"])]
        matching.sort(key=lambda log: log.at, reverse=body.get("sort") == "-timestamp")
        begin = int(page.get("cursor") or 0)
        chosen, rest = matching[begin : begin + limit], matching[begin + limit :]
        meta: dict[str, Any] = {"elapsed": 3, "request_id": "r", "status": "timeout" if self.late else "done"}
        answer: dict[str, Any] = {"data": [_log(place, log) for place, log in enumerate(chosen)], "meta": meta}
        if rest:
            meta["page"] = {"after": str(begin + limit)}
            answer["links"] = {"next": f"{self.url}/api/v2/logs/events/search?page[cursor]={begin + limit}"}
        return Answer(200, answer)

    # Answers

    def _answered(self, found: "re.Match[str]", start: int, end: int, query: str) -> dict[str, Any]:
        scope = [] if found["scope"] in ("*", "") else [part.strip() for part in found["scope"].split(",")]
        by = [part.strip() for part in (found["by"] or "").split(",") if part.strip()]
        groups: dict[tuple[str, ...], dict[float, list[float | None]]] = defaultdict(lambda: defaultdict(list))
        for metric in self.series:
            tags = {f"{name}:{value}" for name, value in metric.tags.items()}
            if metric.name == found["metric"] and tags >= set(scope):
                key = tuple(f"{name}:{metric.tags.get(name, 'N/A')}" for name in by)
                for at, value in metric.points:
                    if start <= at <= end:
                        groups[key][at].append(value)
        combine = _COMBINE[found["aggregator"]]
        series = [_series(found, key, points, combine) for key, points in sorted(groups.items())]
        return {
            "status": "ok",
            "res_type": "time_series",
            "resp_version": 1,
            "query": query,
            "from_date": start * 1000,
            "to_date": end * 1000,
            "series": series,
            "values": [],
            "times": [],
            "message": "",
            "group_by": by,
        }


def _series(
    found: "re.Match[str]", key: tuple[str, ...], points: Mapping[float, list[float | None]], combine: Any
) -> Any:
    pointlist = [
        [at * 1000, combine(real) if (real := [value for value in values if value is not None]) else None]
        for at, values in sorted(points.items())
    ]
    return {
        "metric": found["metric"],
        "display_name": found["metric"],
        "aggr": found["aggregator"],
        "scope": ",".join(key) or "*",
        "tag_set": list(key),
        "expression": found[0],
        "query_index": 0,
        "interval": 20,
        "unit": None,
        "length": len(pointlist),
        "start": pointlist[0][0],
        "end": pointlist[-1][0],
        "pointlist": pointlist,
        "attributes": {},
    }


_PART = re.compile(
    r'service:\((?P<services>(?:[^)"]|"(?:[^"\\]|\\.)*")*)\)|status:\((?P<statuses>[^)]*)\)|"(?P<phrase>(?:[^"\\]|\\.)*)"'
)


def _matches(log: Log, query: str) -> bool:
    if query == "*":
        return True
    for part in _PART.finditer(query):
        if part["services"] is not None:
            names = [_plain(name) for name in re.findall(r'"((?:[^"\\]|\\.)*)"', part["services"])]
            if log.service not in names:
                return False
        elif part["statuses"] is not None:
            if log.status not in part["statuses"].split(" OR "):
                return False
        elif _plain(part["phrase"]).lower() not in log.message.lower():
            return False
    return True


def _plain(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted)


def _log(place: int, log: Log) -> dict[str, Any]:
    attributes = {
        "timestamp": log.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": log.status,
        "service": log.service,
        "host": "i-0123",
        "message": log.message,
        "tags": list(log.tags),
        "attributes": dict(log.attributes),
    }
    return {"id": f"AAAA{place}", "type": "log", "attributes": attributes}


def _refusal(status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"errors": [words]}, headers or {})


def rate_limited() -> Answer:
    limits = {"Limit": "300", "Period": "3600", "Remaining": "0", "Reset": "42", "Name": "batch_query"}
    words = "Rate limit of 300 requests in 3600 seconds reached. Please try again later."
    return _refusal(429, words, {f"X-RateLimit-{name}": value for name, value in limits.items()})
