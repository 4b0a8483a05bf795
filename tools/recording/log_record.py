"""What does one record of a recorded log say?  The names of the case format, or those that shippers write."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.base import LogLine
from tools.cluster.names import Names
from tools.log_levels import level_of
from tools.log_lines import parse, time_of

_TIMES = ("ts", "timestamp", "@timestamp", "time")
_MESSAGES = ("message", "msg", "log", "line")
_SERVICES = ("service", "service_name", "app")
_PODS = ("pod", "pod_name", "PodName")
_LEVELS = ("level", "severity")
_TRACES = ("trace", "trace_id", "traceId", "TraceID")
_PARTS = Names(())
_MILLISECONDS = 1e11
"""A number below this counts seconds, even few of them: a recording's times may count from its own beginning."""


def line(record: Mapping[str, Any], shift: timedelta) -> LogLine:
    """KeyError when it says no time. A level it does not name is that of its message, a service that of its pod."""
    message, pod = _text(record, _MESSAGES), _text(record, _PODS)
    return LogLine(
        at=_moment(record) + shift,
        # Few values stand in all of the lines, and one request in several: each is kept once.
        service=sys.intern(_text(record, _SERVICES) or _PARTS.whole("Pod", pod)),
        message=message,
        level=sys.intern(level_of(_text(record, _LEVELS)) or parse(message).level),
        pod=sys.intern(pod),
        trace=sys.intern(_text(record, _TRACES)),
    )


def _moment(record: Mapping[str, Any]) -> datetime:
    written = next((record[name] for name in _TIMES if name in record), None)
    if isinstance(written, int | float) and abs(written) < _MILLISECONDS:
        return datetime.fromtimestamp(written, UTC)
    if at := time_of(written):
        return at
    raise KeyError(_TIMES[0])


def _text(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(record[name]) for name in names if record.get(name)), "")
