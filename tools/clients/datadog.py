"""How is Datadog asked?  Its metrics query (v1) and its log search (v2), with the two keys in headers."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tools.base import BackendError, LogLine, LogPage, LogSearch, Series
from tools.clients.http import Http, Params, Reply, quoted, refusal
from tools.log_levels import level_of

PAGE = 1000
"""Lines in one page of the log search: the most that Datadog gives."""
MOST_PAGES = 5
LONGEST_QUERY = 1000
_SITE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_STATUSES = {
    "error": ("emergency", "alert", "critical", "error"),
    "warning": ("warn",),
    "info": ("notice", "info", "ok"),
    "debug": ("debug", "trace"),
}


class DatadogMetrics:
    """Metrics in Datadog's own query language, which is not PromQL."""

    def __init__(
        self,
        site: str,
        api_key: str,
        application_key: str,
        *,
        url: str = "",
        deadline: timedelta = timedelta(seconds=15),
    ) -> None:
        """`site`: `datadoghq.eu`, `us5.datadoghq.com`, ...; `url` stands in for the address that follows from it."""
        self._http = _http(site, api_key, application_key, url, deadline)

    async def close(self) -> None:
        await self._http.close()

    async def query_metrics(self, query: str, start: datetime, end: datetime) -> list[Series]:
        """One series a group, at the interval that Datadog chooses. Raises BackendError with the query."""
        asked = f"{query!r} from {start.isoformat()} to {end.isoformat()}"
        if not 0 < len(query) <= LONGEST_QUERY or not query.isprintable():
            raise BackendError(f"{asked}: a query is one line of at most {LONGEST_QUERY:,} characters")
        fields: Params = {"from": int(start.timestamp()), "to": int(end.timestamp()), "query": query}
        answer = _answer(await self._http.get("/api/v1/query", fields, asked=asked), asked)
        if answer.get("status") == "error":
            raise BackendError(f"{asked}: {quoted(str(answer.get('error', 'an error without words')))}")
        try:
            return [_series(one) for one in answer["series"]]
        except (KeyError, TypeError, ValueError) as error:
            raise BackendError(f"{asked}: the answer is not one of Datadog ({error!r})") from error


class DatadogLogs:
    """`Logs` over HTTP.

    Text is matched as a phrase of Datadog's search: its words in their order, whatever their capitals.
    """

    def __init__(
        self,
        site: str,
        api_key: str,
        application_key: str,
        *,
        url: str = "",
        indexes: Sequence[str] = ("*",),
        deadline: timedelta = timedelta(seconds=15),
    ) -> None:
        """`site` and `url` as for the metrics."""
        self._http = _http(site, api_key, application_key, url, deadline)
        self._indexes = list(indexes)

    async def close(self) -> None:
        await self._http.close()

    async def search(self, asked: LogSearch) -> LogPage:
        words = _log_query(asked)
        query = f"logs {words!r} in [{asked.start.isoformat()}, {asked.end.isoformat()})"
        asking = {"query": words, "from": _iso(asked.start), "to": _iso(asked.end), "indexes": self._indexes}
        lines: list[LogLine] = []
        cursor, late = "", False
        for _ in range(MOST_PAGES):
            page: dict[str, Any] = {
                "limit": min(PAGE, asked.limit - len(lines)),
                **({"cursor": cursor} if cursor else {}),
            }
            body = {"filter": asking, "sort": "-timestamp", "page": page}
            answer = _answer(await self._http.post_json("/api/v2/logs/events/search", body, asked=query), query)
            found, cursor, timed_out = _page(answer, query)
            lines += [line for line in found if asked.start <= line.at < asked.end]
            late = late or timed_out
            if not cursor or len(lines) >= asked.limit:
                break
        return LogPage(tuple(lines), len(lines), bool(cursor) or late, query)


def _http(site: str, api_key: str, application_key: str, url: str, deadline: timedelta) -> Http:
    if not _SITE.fullmatch(site):
        raise BackendError(f"{site[:100]!r} is no Datadog site")
    keys = {"DD-API-KEY": api_key, "DD-APPLICATION-KEY": application_key}
    # The real one lies outside the own network, often behind a proxy.
    return Http(url or f"https://api.{site}", headers=keys, deadline=deadline, through_proxy=not url)


def _log_query(asked: LogSearch) -> str:
    """Datadog's search syntax, with every value between quotes."""
    parts = []
    if asked.services:
        parts.append(f"service:({' OR '.join(map(_phrase, asked.services))})")
    if asked.levels:
        statuses = [status for level in asked.levels for status in _STATUSES.get(level, ())]
        parts.append(f"status:({' OR '.join(statuses)})")
    if asked.text:
        parts.append(_phrase(asked.text))
    return " ".join(parts) or "*"


def _phrase(text: str) -> str:
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _answer(reply: Reply, asked: str) -> Mapping[str, Any]:
    if reply.status == 429:
        reset, name = (reply.headers.get(f"x-ratelimit-{what}", "") for what in ("reset", "name"))
        limit = f"rate limit{f' {quoted(name)}' if name else ''}"
        again = f", free again in {quoted(reset)} s" if reset else ""
        raise BackendError(f"{asked}: HTTP 429: {limit} reached{again}", retry=True)
    if reply.status != 200:
        raise refusal(asked, reply, _words(reply))
    answer = reply.json(asked)
    if not isinstance(answer, Mapping):
        raise BackendError(f"{asked}: the answer is not one of Datadog")
    return answer


def _words(reply: Reply) -> str:
    try:
        errors = json.loads(reply.body)["errors"]
        return "; ".join(one if isinstance(one, str) else str(one.get("detail") or one.get("title")) for one in errors)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return ""


def _series(found: Mapping[str, Any]) -> Series:
    points = found["pointlist"]
    return Series(
        name=str(found["metric"]),
        labels=_labels(found.get("tag_set") or []),
        times=np.array([float(at) / 1000 for at, _ in points], dtype=np.float64),
        values=np.array([np.nan if value is None else float(value) for _, value in points], dtype=np.float64),
    )


def _labels(tags: Sequence[str]) -> dict[str, str]:
    """`env:prod` -> env="prod"; a tag without a value has an empty one."""
    return {name: value for name, _, value in (str(tag).partition(":") for tag in tags)}


def _page(answer: Mapping[str, Any], asked: str) -> tuple[list[LogLine], str, bool]:
    """(lines, cursor of the next page, whether Datadog gave up before the end)."""
    try:
        lines = [_line(one["attributes"]) for one in answer["data"]]
        meta = answer.get("meta") or {}
        cursor = str((meta.get("page") or {}).get("after") or "")
        return lines, cursor, meta.get("status") == "timeout"
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackendError(f"{asked}: the answer is not one of Datadog ({error!r})") from error


def _line(found: Mapping[str, Any]) -> LogLine:
    tags = _labels(found.get("tags") or [])
    inner = found.get("attributes") or {}
    return LogLine(
        at=datetime.fromisoformat(str(found["timestamp"])).astimezone(UTC),
        service=str(found.get("service") or ""),
        message=str(found.get("message") or ""),
        level=level_of(str(found.get("status") or "")),
        pod=tags.get("pod_name", ""),
        trace=str(inner.get("trace_id") or (inner.get("dd") or {}).get("trace_id") or ""),
        labels=tags,
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
