"""What do logs that come with a cluster say?  Lists of records, or text of one line each, as lines of a component."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tools.base import LogLine
from tools.cluster.times import moment
from tools.invisible import visible
from tools.log_levels import level_of
from tools.log_lines import parse, with_error

MOST = 5_000
"""Lines of one answer; the last ones are kept."""
LONGEST = 2_000
LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""The time of a line that has none."""
_KLOG = re.compile(r"^[EF]\d{4} \d{2}:\d{2}:\d{2}")
_RAISED = re.compile(
    r"^(?:\S+\s+)?(?:panic:|fatal error:|fatal:|error:|Traceback |Exception in thread|\[?(?:ERROR|FATAL)\b)"
    r"|^(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b: ",
    re.IGNORECASE,
)


def of_records(records: Iterable[Mapping[str, Any]], component: str, otherwise: str = "") -> list[LogLine]:
    """`timestamp message status service`, under their usual names. `otherwise`: the level of what names none."""
    found = []
    for one in records:
        message = with_error(one, str(one.get("message") or one.get("msg") or one.get("log") or one.get("line") or ""))
        written = next((one[key] for key in ("timestamp", "time", "ts", "@timestamp") if key in one), None)
        level = level_of(str(one.get("status") or one.get("level") or one.get("severity") or ""))
        service = str(one.get("service") or one.get("service_name") or component)
        pod = str(one.get("pod") or one.get("host") or "")
        if message:
            at = moment(written) or LONG_AGO
            found.append(LogLine(at, service, message[:LONGEST], level or _level(message) or otherwise, pod))
    return found[-MOST:]


def of_text(text: str, component: str, otherwise: str = "") -> list[LogLine]:
    """One line each; a line without a time has that of the line above."""
    found: list[LogLine] = []
    at = LONG_AGO
    for raw in visible(text).splitlines():
        if raw.strip():
            said = parse(raw.strip())
            at = said.at or at
            level = said.level or _level(said.message) or otherwise
            found.append(LogLine(at, component, said.message[:LONGEST], level))
    return found[-MOST:]


def is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_record(one) for one in value)


def _is_record(one: Any) -> bool:
    return (
        isinstance(one, Mapping)
        and any(key in one for key in ("message", "msg", "log", "line"))
        and "reason" not in one
    )


def _level(message: str) -> str:
    """Of a line that names none: what runtimes print when something is raised."""
    return "error" if _KLOG.match(message) or _RAISED.match(message) else ""
