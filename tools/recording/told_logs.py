"""Which log lines do recorded answers of log back ends hold?  Streams of the Loki API, hits of Elasticsearch's."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.base import LogLine
from tools.cluster.logs import LONG_AGO, LONGEST, MOST
from tools.log_lines import parse, time_of

_DEEPEST = 6
_SERVICES = ("service", "service_name", "app", "component", "container")
_PODS = ("pod", "pod_name")


def lines(answer: Any) -> list[LogLine]:
    """In the order of their times, the last ones; nothing when it is another answer."""
    return sorted(_lines(answer, 0), key=lambda line: line.at)[-MOST:]


def _lines(value: Any, depth: int) -> Iterator[LogLine]:
    if isinstance(value, list) and depth <= _DEEPEST:
        for one in value:
            yield from _lines(one, depth + 1)
    elif isinstance(value, Mapping) and depth <= _DEEPEST:
        stream, values, source = value.get("stream"), value.get("values"), value.get("_source")
        if isinstance(stream, Mapping) and isinstance(values, list):
            yield from _of_stream(stream, values)
        elif isinstance(source, Mapping):
            yield _line(json.dumps(source), {}, None)
        else:
            for inner in value.values():
                yield from _lines(inner, depth + 1)


def _of_stream(stream: Mapping[str, Any], values: list[Any]) -> Iterator[LogLine]:
    """A stream's labels, and pairs of nanoseconds and a line."""
    for pair in values:
        match pair:
            case [at, str(text), *_]:
                yield _line(text, stream, at)


def _line(text: str, labels: Mapping[str, Any], at: Any) -> LogLine:
    said = parse(text)
    pod = _label(labels, _PODS) or said.pod
    return LogLine(
        at=time_of(at) or said.at or LONG_AGO,
        service=_label(labels, _SERVICES) or said.service or pod,
        message=said.message[:LONGEST],
        level=said.level,
        pod=pod,
        trace=said.trace,
    )


def _label(labels: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(labels[name]) for name in names if labels.get(name)), "")
