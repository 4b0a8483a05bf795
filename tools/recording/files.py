"""What do the JSON files of a recorded case hold?  Log lines, changes and a graph of who depends on whom."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tools.base import BackendError, Change, LogLine, Topology
from tools.recording import graphs, log_record
from tools.recording.packed import unpacked

_ONE_IN = 10
"""One in so many lines of a log may be broken: a recorder stops in the middle of one, or two write at once."""


def log_lines(path: Path, shift: timedelta) -> tuple[list[LogLine], int]:
    """JSON lines of `ts service pod level trace message`, in the order of their times; how many were left out.

    Those that cannot be read are. BackendError when they are more than one in ten.
    """
    read: list[LogLine] = []
    broken, first = 0, ""
    with unpacked(path, errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    read.append(log_record.line(json.loads(line), shift))
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
                broken, first = broken + 1, first or f"line {number}: {error!r}"
    if broken * _ONE_IN > len(read) + broken:
        raise BackendError(f"{path}: {broken} of its {len(read) + broken} lines cannot be read, the first on {first}")
    return sorted(read, key=lambda line: line.at), broken


def changes(path: Path, shift: timedelta) -> list[Change]:
    """A JSON list of `at service kind summary source author link`, in the order of their times."""
    with _of_its_shape(path):
        return sorted((_change(record, shift) for record in _json(path)), key=lambda change: change.at)


def topology(path: Path) -> Topology:
    """What `graphs` reads. BackendError when the file is none."""
    with _of_its_shape(path):
        return graphs.topology(_json(path))


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, packed (`.xz`) or not. BackendError when it cannot be read."""
    with unpacked(path) as lines:
        for line in lines:
            if line.strip():
                yield dict(json.loads(line))


def _json(path: Path) -> Any:
    with unpacked(path) as text:
        return json.load(text)


@contextmanager
def _of_its_shape(path: Path) -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BackendError(f"{path}: something in it is missing, or of another shape ({error!r})") from error


def _time(stamp: Any) -> datetime:
    if isinstance(stamp, int | float):
        return datetime.fromtimestamp(stamp, UTC)
    at = datetime.fromisoformat(str(stamp))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _change(record: Mapping[str, Any], shift: timedelta) -> Change:
    text = {name: str(record.get(name) or "") for name in ("service", "summary", "author", "link")}
    kind, source = str(record.get("kind") or "other"), str(record.get("source") or "recorded")
    return Change(at=_time(record["at"]) + shift, kind=kind, source=source, **text)
