"""How is Elasticsearch, or OpenSearch, asked for log lines?  One search of one fixed shape, over plain JSON.

Values go into the query as JSON strings, nothing else about it varies: no scripts, no run-time mappings, no query
string of anybody's. Field names come from the configuration; the default is the Elastic Common Schema.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.base import BackendError, LogLine, LogPage, LogSearch
from tools.clients.http import Http, Reply, refusal
from tools.log_levels import level_of, words_for

MOST_LINES = 10_000
"""`index.max_result_window`: more is refused in one answer."""
_TIMES = frozenset({"date", "date_nanos"})
_NANOSECONDS = 1e16
"""More than that are no milliseconds: they would be of the year 300,000."""
_INDEX = re.compile(r"[a-z0-9*_.,:<>+-]{1,500}")


@dataclass(frozen=True)
class Fields:
    """Where a document keeps what. A name with dots is looked for nested and as it is."""

    time: str = "@timestamp"
    message: str = "message"
    service: str = "service.name"
    level: str = "log.level"
    pod: str = "kubernetes.pod.name"
    trace: str = "trace.id"


ECS = Fields()


class Elasticsearch:
    """`Logs` over HTTP.

    `text` is matched as a phrase: its words in their order, whatever their capitals, as the analyser of the message
    splits them. A part of a word is not found.
    """

    def __init__(
        self,
        url: str,
        *,
        index: str = "logs-*,filebeat-*,logstash-*",
        fields: Fields = ECS,
        headers: Mapping[str, str] | None = None,
        deadline: timedelta = timedelta(seconds=15),
    ) -> None:
        """`headers`: `{"Authorization": "ApiKey ..."}`; user and password may stand in the address."""
        if not _INDEX.fullmatch(index):
            raise BackendError(f"{index[:100]!r} is no list of index names")
        self._http = Http(url, headers=headers, deadline=deadline)
        self._path = f"/{index}/_search"
        self._fields = fields
        self._seconds = deadline.total_seconds()

    async def close(self) -> None:
        await self._http.close()

    async def search(self, asked: LogSearch) -> LogPage:
        body = self._body(asked)
        query = f"POST {self._path} {json.dumps(body, ensure_ascii=False)}"
        # An index that is not there yet holds no lines; that is no error.
        path = f"{self._path}?ignore_unavailable=true&allow_no_indices=true"
        reply = await self._http.post_json(path, body, asked=query)
        if reply.status != 200:
            why_not = await self._why_no_times() if reply.status == 400 else ""
            raise refusal(query, reply, why_not or _words(reply))
        page = self._page(reply.json(query), asked.services, query)
        if not page.lines and (why_not := await self._why_no_times()):
            raise BackendError(f"{query}: {why_not}")
        return page

    async def _why_no_times(self) -> str:
        """What is wrong with the field that should hold the time, if it is one that no time is found by."""
        field = self._fields.time
        path = f"{self._path.removesuffix('_search')}_field_caps"
        asked = {"fields": field, "ignore_unavailable": "true", "allow_no_indices": "true"}
        reply = await self._http.get(path, asked, asked=f"GET {path}")
        kinds = _kinds(reply, field)
        if not kinds or kinds & _TIMES:
            return ""
        return (
            f"the field {field} is mapped as {', '.join(sorted(kinds))} and not as date, so that no line is found by "
            "its time; map it as date, or name the field that holds the time as `time` under `elasticsearch_fields`"
        )

    def _body(self, asked: LogSearch) -> dict[str, Any]:
        stretch = {"gte": _milliseconds(asked.start), "lt": _milliseconds(asked.end), "format": "epoch_millis"}
        filters: list[dict[str, Any]] = [{"range": {self._fields.time: stretch}}]
        if asked.services:
            filters.append(_any_of(self._fields.service, [_sendable(service) for service in asked.services]))
        if asked.levels:
            words = words_for(asked.levels)
            filters.append(
                _any_of(self._fields.level, [form(w) for w in words for form in (str, str.upper, str.title)])
            )
        if asked.text:
            filters.append({"match_phrase": {self._fields.message: _sendable(asked.text)}})
        return {
            "query": {"bool": {"filter": filters}},
            # An index that has no such field holds no such lines; unasked, it fails.
            "sort": [{self._fields.time: {"order": "desc", "unmapped_type": "date"}}],
            "size": min(asked.limit, MOST_LINES),
            "track_total_hits": True,
            "timeout": f"{self._seconds:.0f}s",
        }

    def _page(self, answer: Any, services: Sequence[str], asked: str) -> LogPage:
        try:
            hits = answer["hits"]["hits"]
            lines = [self._line(hit["_source"], hit.get("sort")) for hit in hits]
            total = int(answer["hits"]["total"]["value"])
            partial = bool(answer.get("timed_out")) or int(answer.get("_shards", {}).get("failed", 0)) > 0
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            raise BackendError(f"{asked}: the answer is not one of Elasticsearch ({error!r})") from error
        # Where a service's name is analysed text, a part of it matches, too.
        kept = tuple(line for line in lines if not services or line.service in services)
        return LogPage(kept, total - (len(lines) - len(kept)), partial or total > len(lines), asked)

    def _line(self, source: Mapping[str, Any], sorted_by: Any) -> LogLine:
        names = self._fields
        return LogLine(
            at=_time(_at(source, names.time), sorted_by),
            service=_text(source, names.service),
            message=_text(source, names.message),
            level=level_of(_text(source, names.level)),
            pod=_text(source, names.pod),
            trace=_text(source, names.trace),
        )


def _any_of(field: str, values: Sequence[str]) -> dict[str, Any]:
    """One of the values exactly, whether the field is a keyword or text with a keyword beside it."""
    either = [{"terms": {name: list(values)}} for name in (field, f"{field}.keyword")]
    return {"bool": {"should": either, "minimum_should_match": 1}}


def _at(source: Mapping[str, Any], name: str) -> Any:
    """The value under a name with dots: nested, as one key, or in between."""
    if name in source:
        return source[name]
    for place in (place for place, character in enumerate(name) if character == "."):
        inner = source.get(name[:place])
        if isinstance(inner, Mapping) and (found := _at(inner, name[place + 1 :])) is not None:
            return found
    return None


def _text(source: Mapping[str, Any], name: str) -> str:
    value = _at(source, name)
    return "" if value is None or isinstance(value, Mapping) else str(value)


def _time(written: Any, sorted_by: Any) -> datetime:
    """As the document has it; where that is in a form of its mapping's own, as the server has read it to sort by it."""
    if isinstance(written, int | float):
        return _of_number(written)
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        if not (isinstance(sorted_by, list) and sorted_by and isinstance(sorted_by[0], int | float)):
            raise
        return _of_number(sorted_by[0])
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _of_number(since: float) -> datetime:
    """Milliseconds, or nanoseconds where the field is of the type date_nanos."""
    return datetime.fromtimestamp(since / (1e9 if since >= _NANOSECONDS else 1e3), UTC)


def _kinds(reply: Reply, field: str) -> set[str]:
    """The types that indices have the field as; empty where the server does not say."""
    try:
        return set(json.loads(reply.body)["fields"][field]) if reply.status == 200 else set()
    except (ValueError, RecursionError, KeyError, TypeError):
        return set()


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _words(reply: Reply) -> str:
    """What it says is wrong, when it says so in its own form."""
    try:
        error = json.loads(reply.body)["error"]
        if isinstance(error, str):
            return error
        cause = (error.get("root_cause") or [error])[0]
        return f"{cause['type']}: {cause['reason']}"
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError):
        return ""
