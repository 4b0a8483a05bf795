"""What does one line of a log file say?  Its time, level, service and message, whether it is JSON or plain text."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from tools.log_levels import level_of


@dataclass(frozen=True)
class Parsed:
    message: str
    at: datetime | None = None
    """None when the line names no time: it then goes on with the line above."""
    level: str = ""
    service: str = ""
    pod: str = ""
    trace: str = ""


_TIMES = ("@timestamp", "timestamp", "time", "ts", "date", "datetime", "asctime", "t")
_MESSAGES = ("message", "msg", "log", "event", "text", "body")
_LEVELS = ("level", "severity", "lvl", "levelname", "log.level", "loglevel", "severity_text")
_SERVICES = ("service", "service.name", "service_name", "app", "application", "component")
_PODS = ("pod", "pod_name", "kubernetes.pod.name", "kubernetes.pod_name")
_ERRORS = ("error", "err", "exception", "exc_info", "error.message", "exception.message", "cause", "stack_trace")
_TRACES = ("trace_id", "traceId", "traceID", "trace.id", "trace")


def parse(line: str, zone: tzinfo = UTC) -> Parsed:
    """Never fails: what cannot be read is the message. `zone`: of times that name none."""
    if line.startswith("{"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return _plain(line, zone)
        if isinstance(found, dict):
            return _structured(found, line, zone)
    return _plain(line, zone)


def with_error(found: Mapping[str, Any], message: str) -> str:
    """The message, and what went wrong where a field of its own says it: that names the kind and whom it is about."""
    error = _first({key: value for key, value in found.items() if not isinstance(value, bool | int | float)}, _ERRORS)
    if not error or error in message:
        return message
    return f"{message}: {error}" if message else error


def time_of(written: Any, zone: tzinfo = UTC) -> datetime | None:
    """Seconds, milliseconds, micro- or nanoseconds since 1970 by their size, ISO 8601, or None."""
    try:
        if isinstance(written, int | float) and not isinstance(written, bool):
            return _since_1970(float(written))
        text = str(written).strip()
        if text.replace(".", "", 1).isdigit():
            return _since_1970(float(text))
        at = datetime.fromisoformat(_short_fraction(text.replace(",", ".")))
    except (ValueError, OverflowError, OSError):
        return None
    return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)


def _since_1970(number: float) -> datetime | None:
    for most, unit in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9)):
        if 1e8 * unit <= number < most:
            return datetime.fromtimestamp(number / unit, UTC)
    return None


_FRACTION = re.compile(r"(\.\d{6})\d+")


def _short_fraction(text: str) -> str:
    """Python reads microseconds; nanoseconds are cut."""
    return _FRACTION.sub(r"\1", text)


def _structured(found: Mapping[str, Any], line: str, zone: tzinfo) -> Parsed:
    message = _first(found, _MESSAGES)
    at = next((at for name in _TIMES if name in found and (at := time_of(found[name], zone))), None)
    return Parsed(
        message=with_error(found, message.rstrip("\n")) or line,
        at=at,
        level=level_of(_first(found, _LEVELS)) or _plain_level(message),
        service=_first(found, _SERVICES),
        pod=_first(found, _PODS),
        trace=_first(found, _TRACES),
    )


def _first(found: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first of the names that is there, as it is or nested."""
    for name in names:
        value: Any = found.get(name)
        if value is None and "." in name:
            head, _, rest = name.partition(".")
            inner = found.get(head)
            value = _first(inner, [rest]) if isinstance(inner, Mapping) else None
        if value not in (None, "") and not isinstance(value, dict | list):
            return str(value)
    return ""


_ISO = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?"
_CRI = re.compile(rf"(?P<time>{_ISO}) (?:stdout|stderr) [FP] ?")
_LEADING = re.compile(rf"[\[(]?(?P<time>{_ISO})[])]?[\s|:-]{{0,3}}")
_COMMON = re.compile(r"\[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LEVEL_FIELD = re.compile(r"\b(?:level|severity|lvl)[=:]\s*\"?([A-Za-z]+)")
_LEVEL_WORD = re.compile(
    r"\b(EMERG(?:ENCY)?|ALERT|CRIT(?:ICAL)?|FATAL|PANIC|SEVERE|ERROR|ERR|WARN(?:ING)?|NOTICE|INFO|DEBUG|TRACE)\b"
    r"|\[(error|warn|warning|notice|info|debug|crit)\]|\b(error|warning|panic|fatal):"
)
LEVEL_WITHIN = 120
"""Characters from the beginning in which a plain line names its level."""


def _plain(line: str, zone: tzinfo) -> Parsed:
    at, message = None, line
    if found := _CRI.match(line):
        inner = parse(line[found.end() :], zone)
        return Parsed(inner.message, inner.at or time_of(found["time"], zone), inner.level, inner.service)
    if found := _LEADING.match(line):
        at, message = time_of(found["time"].replace(" ", "T", 1).replace(" ", ""), zone), line[found.end() :]
    elif (found := _COMMON.search(line[:200])) and found[2] in _MONTHS:
        at = time_of(f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{found[1]}T{found[4]}{found[5]}", zone)
    return Parsed(message=message if at else line, at=at, level=_plain_level(message))


def _plain_level(message: str) -> str:
    head = message[:LEVEL_WITHIN]
    if field := _LEVEL_FIELD.search(head):
        return level_of(field[1])
    word = _LEVEL_WORD.search(head)
    return level_of(next(group for group in word.groups() if group)) if word else ""
