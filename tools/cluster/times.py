"""When was it?  Times as the API, kubectl and vendors write them, and ages as kubectl prints them."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

AGE = "agoSeconds"
"""Beside an object's own fields: how long before it was read something happened."""
MADE = "madeSecondsAgo"
"""Beside an object's own fields: how long before it was read it was made."""
_STAMPS = frozenset(
    {"lastTimestamp", "eventTime", "lastObservedTime", "startedAt", "finishedAt", "startTime", "creationTimestamp"}
)
_PART = re.compile(r"(\d+)(y|d|h|m(?!s)|s)")
_SECONDS = {"y": 365 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DEEPEST = 12


def moment(written: Any) -> datetime | None:
    """RFC 3339, RFC 2822 (`kubectl describe`) or Unix seconds; None when it is no time."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return _from_seconds(written)
    if not isinstance(written, str) or not written.strip():
        return None
    text = written.strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(re.sub(r"(\.\d{6})\d+", r"\1", text))
        except (ValueError, TypeError, IndexError):
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None


def _from_seconds(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds / (1000 if seconds > 1e11 else 1), UTC)
    except (OverflowError, OSError, ValueError):
        return None


def before(at: datetime | None, seconds: Any) -> datetime | None:
    """So long before it; None when either is not told."""
    try:
        return at - timedelta(seconds=int(seconds)) if at else None
    except (TypeError, ValueError, OverflowError):
        return None


def age(written: str) -> timedelta | None:
    """`3m30s`, `58m`, `2d4h`; None when it is no age."""
    parts = _PART.findall(written)
    if not parts or _PART.sub("", written).strip():
        return None
    try:
        return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError:
        return None


def latest(items: Iterable[Mapping[str, Any]], more: Iterable[datetime]) -> datetime | None:
    """The latest time at which something happened to an object."""
    return max([*more, *(at for item in items for at in _times(item, 0))], default=None)


def _times(value: Any, depth: int) -> Iterable[datetime]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _STAMPS:
                if at := moment(inner):
                    yield at
            else:
                yield from _times(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _times(inner, depth + 1)
