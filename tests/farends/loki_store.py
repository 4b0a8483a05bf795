"""What would Loki 3.4.2 answer, given what was pushed?  Streams, matrices, vectors, volumes, and errors in its words.

Of `stats` it counts lines, bytes and entries; how long something took, how it was sharded and what a cache did is zero.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.farends.logql import Aggregation, Entry, LogQuery, Query, RangeQuery, parse

SECOND = 10**9
MAX_ENTRIES = 5000
MAX_LENGTH = (30 * 24 + 1) * 3600 * SECOND
MAX_POINTS = 11_000
INGESTERS_WITHIN = 3 * 3600 * SECOND
"""Older than this, a query goes to the store alone, and nothing has been flushed to it."""

Labels = tuple[tuple[str, str], ...]


class Refused(Exception):
    """A plain-text answer with an error status."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Stored:
    nanoseconds: int
    line: str
    metadata: Mapping[str, str]
    """Structured metadata, `detected_level` among it."""

    @property
    def size(self) -> int:
        """Bytes: the line, and eight for each pair of metadata, whose texts are stored once."""
        return len(self.line.encode()) + 8 * len(self.metadata)


@dataclass
class Counted:
    """What a query touched."""

    streams: int = 0
    lines: int = 0
    size: int = 0
    metadata: int = 0
    passed: int = 0
    returned: int = 0
    sent: int = 0
    reached: bool = True


@dataclass
class Store:
    now: Callable[[], int] = time.time_ns
    streams: dict[Labels, list[Stored]] = field(default_factory=lambda: defaultdict(list))

    def push(self, labels: Mapping[str, str], values: Iterable[tuple[int, str, Mapping[str, str]]]) -> None:
        named = {**labels, "service_name": _service_name(labels)} if "service_name" not in labels else dict(labels)
        stored = self.streams[tuple(sorted(named.items()))]
        for nanoseconds, line, metadata in values:
            level = {"detected_level": _detected_level(named, line)}
            stored.append(Stored(nanoseconds, line, {**metadata, **level}))
        stored.sort(key=lambda one: one.nanoseconds)

    # Questions

    def range_query(self, fields: Mapping[str, str]) -> dict[str, Any]:
        query = parse(fields.get("query", ""))
        start, end = self._stretch(fields)
        if end <= start:
            raise Refused("end timestamp must not be before or equal to start time")
        if end - start > MAX_LENGTH:
            length = _go_duration(end - start)
            raise Refused(f"the query time range exceeds the limit (query length: {length}, limit: 30d1h)")
        if isinstance(query, LogQuery):
            return self._streams(query, start, end, fields)
        step = _step(fields, start, end)
        if (end - start) / step > MAX_POINTS:
            raise Refused(
                "exceeded maximum resolution of 11,000 points per time series. "
                "Try increasing the value of the step parameter"
            )
        return self._matrix(query, start // step * step, -(-end // step) * step, step)

    def instant_query(self, fields: Mapping[str, str]) -> dict[str, Any]:
        query = parse(fields.get("query", ""))
        if isinstance(query, LogQuery):
            raise Refused(
                "log queries are not supported as an instant query type, please change your query to a range query type"
            )
        at = _time(fields.get("time", ""), self.now())
        counted = Counted()
        vector = self._vector(query, at, counted)
        counted.returned = len(vector)
        result = [
            {"metric": dict(labels), "value": [_seconds(at), _number(value)]}
            for labels, value in _ordered(query, vector)
        ]
        return _success("vector", result, counted)

    def labels(self, fields: Mapping[str, str]) -> list[str]:
        return sorted({name for labels in self._found(fields) for name, _ in labels})

    def label_values(self, label: str, fields: Mapping[str, str]) -> list[str]:
        return sorted({value for labels in self._found(fields) for name, value in labels if name == label})

    def series(self, matches: Sequence[str], fields: Mapping[str, str]) -> list[dict[str, str]]:
        found = {labels for match in matches for labels in self._found({**fields, "query": match})}
        return [dict(labels) for labels in sorted(found)]

    def volume(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Bytes by the labels that the query matches on."""
        query = parse(fields.get("query", ""))
        assert isinstance(query, LogQuery)
        start, end = self._stretch(fields)
        names = {matcher.label for matcher in query.matchers}
        volumes: dict[Labels, int] = defaultdict(int)
        for labels, lines in self._selected(query, start, end):
            if lines:
                texts = {text for one in lines for pair in one.metadata.items() for text in pair}
                size = sum(one.size for one in lines) + sum(len(text.encode()) for text in texts)
                volumes[tuple(pair for pair in labels if pair[0] in names)] += size
        ranked = sorted(volumes.items(), key=lambda pair: -pair[1])
        result = [{"metric": dict(labels), "value": [_seconds(end), str(size)]} for labels, size in ranked]
        return _success("vector", result, Counted(returned=len(result), reached=False))

    # Computing

    def _stretch(self, fields: Mapping[str, str]) -> tuple[int, int]:
        now = self.now()
        return _time(fields.get("start", ""), now - 3600 * SECOND), _time(fields.get("end", ""), now)

    def _found(self, fields: Mapping[str, str]) -> list[Labels]:
        start, end = self._stretch(fields)
        query = parse(fields["query"]) if fields.get("query") else LogQuery(())
        assert isinstance(query, LogQuery)
        return [labels for labels, lines in self._selected(query, start, end) if lines]

    def _selected(self, query: LogQuery, start: int, end: int) -> list[tuple[Labels, list[Stored]]]:
        """The streams that the selector names, with their lines in [start, end)."""
        if end < self.now() - INGESTERS_WITHIN:
            return []
        return [
            (labels, [one for one in lines if start <= one.nanoseconds < end])
            for labels, lines in sorted(self.streams.items())
            if query.selects(dict(labels))
        ]

    def _entries(self, query: LogQuery, start: int, end: int, counted: Counted) -> list[Entry]:
        entries: list[Entry] = []
        counted.reached = end >= self.now() - INGESTERS_WITHIN
        for labels, lines in self._selected(query, start, end):
            counted.streams += 1
            counted.lines += len(lines)
            counted.size += sum(one.size for one in lines)
            counted.metadata += sum(8 * len(one.metadata) for one in lines)
            bases = [{**dict(labels), **one.metadata} for one in lines]
            found = [Entry(one.nanoseconds, one.line, base, dict(base)) for one, base in zip(lines, bases, strict=True)]
            entries.extend(query.passed(found))
        counted.passed += len(entries)
        return entries

    def _streams(self, query: LogQuery, start: int, end: int, fields: Mapping[str, str]) -> dict[str, Any]:
        limit = int(fields.get("limit", "100"))
        if limit > MAX_ENTRIES:
            raise Refused(
                f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MAX_ENTRIES})"
            )
        direction = fields.get("direction", "backward").lower()
        if direction not in ("forward", "backward"):
            raise Refused(f"invalid direction '{fields['direction']}'")
        counted = Counted()
        newest_first = direction == "backward"
        entries = self._entries(query, start, end, counted)
        entries = sorted(entries, key=lambda entry: entry.nanoseconds, reverse=newest_first)[:limit]
        streams: dict[Labels, list[list[str]]] = defaultdict(list)
        for entry in entries:
            streams[tuple(sorted(entry.labels.items()))].append([str(entry.nanoseconds), entry.line])
        counted.returned = counted.sent = len(entries)
        result = [{"stream": dict(labels), "values": values} for labels, values in sorted(streams.items())]
        return _success("streams", result, counted)

    def _matrix(self, query: Query, start: int, end: int, step: int) -> dict[str, Any]:
        counted = Counted()
        points: dict[Labels, list[list[Any]]] = defaultdict(list)
        for at in range(start, end + 1, step):
            for labels, value in self._vector(query, at, Counted()).items():
                points[labels].append([_seconds(at), _number(value)])
        counted.returned = len(points)
        self._count_range(query, start, end, counted)
        result = [{"metric": dict(labels), "values": values} for labels, values in sorted(points.items())]
        return _success("matrix", result, counted)

    def _count_range(self, query: Query, start: int, end: int, counted: Counted) -> None:
        inner: Any = query
        while not isinstance(inner, RangeQuery):
            inner = inner.inner
        # The lines of all steps are touched once.
        self._entries(inner.inner, start - inner.nanoseconds + 1, end + 1, counted)
        counted.sent = counted.passed

    def _vector(self, query: Query, at: int, counted: Counted) -> dict[Labels, float]:
        if isinstance(query, RangeQuery):
            return self._over_range(query, at, counted)
        assert isinstance(query, Aggregation)
        if query.function == "sum" and isinstance(query.inner, RangeQuery):
            # Loki, too, groups while it counts: 60 lines in 60 s are a rate of 1, not of sixty sixtieths added up.
            return self._over_range(query.inner, at, counted, query)
        groups: dict[Labels, dict[Labels, float]] = defaultdict(dict)
        for labels, value in self._vector(query.inner, at, counted).items():
            groups[_grouped(labels, query)][labels] = value
        if query.function == "sum":
            return {labels: sum(found.values()) for labels, found in groups.items()}
        return dict(pair for found in groups.values() for pair in _ranked(found)[: query.most])

    def _over_range(
        self, query: RangeQuery, at: int, counted: Counted, by: Aggregation | None = None
    ) -> dict[Labels, float]:
        """Over (at - range, at], by the labels of each entry, or by what `by` leaves of them."""
        values: dict[Labels, float] = defaultdict(float)
        entries = self._entries(query.inner, at - query.nanoseconds + 1, at + 1, counted)
        counted.sent = counted.passed
        for entry in entries:
            labels = tuple(sorted(entry.labels.items()))
            values[_grouped(labels, by) if by else labels] += 1
        if query.function == "rate":
            return {labels: value / (query.nanoseconds / SECOND) for labels, value in values.items()}
        return dict(values)


def _grouped(labels: Labels, query: Aggregation) -> Labels:
    return tuple(pair for pair in labels if pair[0] in query.by)


def _ranked(vector: Mapping[Labels, float]) -> list[tuple[Labels, float]]:
    return sorted(vector.items(), key=lambda pair: (-pair[1], pair[0]))


def _ordered(query: Query, vector: Mapping[Labels, float]) -> list[tuple[Labels, float]]:
    if isinstance(query, Aggregation) and query.function == "topk":
        return _ranked(vector)
    return sorted(vector.items())


_SERVICE_LABELS = (
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
)
"""`discover_service_name`, as it is unless it is set."""


def _service_name(labels: Mapping[str, str]) -> str:
    return next((labels[name] for name in _SERVICE_LABELS if name in labels), "unknown_service")


_LEVELS = {"warn": "warn", "warning": "warn", "err": "error", "error": "error", "info": "info", "debug": "debug"}


def _detected_level(labels: Mapping[str, str], line: str) -> str:
    written = re.search(r'"?\blevel"?\s*[=:]\s*"?(\w+)', line)
    for candidate in (labels.get("level", ""), written[1] if written else ""):
        if candidate.lower() in _LEVELS:
            return _LEVELS[candidate.lower()]
    found = re.search(r"\b(error|warn|warning|debug|info)\b", line, re.IGNORECASE)
    return _LEVELS[found[1].lower()] if found else "unknown"


# Numbers and times


def _time(text: str, default: int) -> int:
    """Nanoseconds: of up to ten digits are seconds, of more nanoseconds; a float in seconds; RFC 3339."""
    if not text:
        return default
    if re.fullmatch(r"-?\d+", text):
        return int(text) * SECOND if len(text.lstrip("-")) <= 10 else int(text)
    if re.fullmatch(r"-?\d+\.\d+", text):
        whole, fraction = text.split(".")
        return int(whole) * SECOND + int(fraction.ljust(9, "0")[:9])
    try:
        return round(datetime.fromisoformat(text).timestamp() * SECOND)
    except ValueError:
        raise Refused(f'could not parse "{text}" as a timestamp') from None


def _step(fields: Mapping[str, str], start: int, end: int) -> int:
    written = fields.get("step", "")
    if not written:
        return max(1, (end - start) // SECOND // 250) * SECOND
    units = {"ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?", written)
    if not found:
        raise Refused(f'cannot parse "{written}" to a valid duration')
    return max(1, round(float(found[1]) * units[found[2] or "s"] * SECOND))


def _seconds(nanoseconds: int) -> int | float:
    return nanoseconds // SECOND if nanoseconds % SECOND == 0 else round(nanoseconds / SECOND, 3)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _go_duration(nanoseconds: int) -> str:
    seconds = nanoseconds // SECOND
    return f"{seconds // 3600}h{seconds % 3600 // 60}m{seconds % 60}s"


# Answers


def _success(kind: str, result: Sequence[Any], counted: Counted) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result, "stats": _stats(counted)}}


_CACHES = (
    "chunk",
    "index",
    "result",
    "statsResult",
    "volumeResult",
    "seriesResult",
    "labelResult",
    "instantMetricResult",
)
_CACHE = (
    "entriesFound",
    "entriesRequested",
    "entriesStored",
    "bytesReceived",
    "bytesSent",
    "requests",
    "downloadTime",
    "queryLengthServed",
)


def _store(counted: Counted) -> dict[str, Any]:
    chunk = {
        "headChunkBytes": counted.size,
        "headChunkLines": counted.lines,
        "decompressedBytes": 0,
        "decompressedLines": 0,
        "compressedBytes": 0,
        "totalDuplicates": 0,
        "postFilterLines": counted.passed,
        "headChunkStructuredMetadataBytes": counted.metadata,
        "decompressedStructuredMetadataBytes": 0,
    }
    return {
        "totalChunksRef": 0,
        "totalChunksDownloaded": 0,
        "chunksDownloadTime": 0,
        "queryReferencedStructuredMetadata": False,
        "chunk": chunk,
        "chunkRefsFetchTime": 0,
        "congestionControlLatency": 0,
        "pipelineWrapperFilteredLines": 0,
    }


def _stats(counted: Counted) -> dict[str, Any]:
    summary = {
        "bytesProcessedPerSecond": 0,
        "linesProcessedPerSecond": 0,
        "totalBytesProcessed": counted.size,
        "totalLinesProcessed": counted.lines,
        "execTime": 0.001,
        "queueTime": 0,
        "subqueries": 0,
        "totalEntriesReturned": counted.returned,
        "splits": 0,
        "shards": int(counted.reached),
        "totalPostFilterLines": counted.passed,
        "totalStructuredMetadataBytesProcessed": counted.metadata,
    }
    ingester = {
        "totalReached": int(counted.reached),
        "totalChunksMatched": counted.streams,
        "totalBatches": int(counted.reached),
        "totalLinesSent": counted.sent,
        "store": _store(counted),
    }
    return {
        "summary": summary,
        "querier": {"store": _store(Counted())},
        "ingester": ingester,
        "cache": {name: dict.fromkeys(_CACHE, 0) for name in _CACHES},
        "index": {"totalChunks": 0, "postFilterChunks": 0, "shardsDuration": 0, "usedBloomFilters": False},
    }


def push_error(body: str) -> str:
    """What jsoniter and jsonparser say of a timestamp that is a number; `head` is the end of the stream that has it."""
    head = body.index("}", body.index('"values"')) + 1
    near, wider = body[max(0, head - 10) : head + 10], body[max(0, head - 50) : head + 50]
    return (
        "loghttp.PushRequest.Streams: []loghttp.LogProtoStream: unmarshalerDecoder: "
        "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol, "
        f"error found in #10 byte of ...|{near}|..., bigger context ...|{wider}|...\n"
    )
