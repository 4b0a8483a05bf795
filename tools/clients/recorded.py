"""How are a recorded case's metrics, logs, changes and topology asked?  As production's are: behind the same protocols.

The files are those of the case format: `metrics.om.xz` (OpenMetrics with timestamps), `logs.jsonl.xz`, `changes.json`,
`topology.json`. A replay may move all times by `shift`, and may go on with a second recording from a moment on.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tools.base import BackendError, Change, LogPage, LogSearch, Series, Topology
from tools.promql import MAX_POINTS, affordable_step, checked, parsed
from tools.recording import files
from tools.recording.columns import Vector
from tools.recording.engine import LOOKBACK, Engine
from tools.recording.openmetrics import Milliseconds, Recording, Track, read
from tools.recording.selectors import select


class RecordedMetrics:
    """`Metrics` over a recorded file: the subset of PromQL that `tools.recording` evaluates."""

    def __init__(
        self,
        told: Path | Recording,
        *,
        shift: timedelta = timedelta(0),
        lookback: timedelta = timedelta(milliseconds=LOOKBACK),
    ) -> None:
        """`told`: an OpenMetrics file, or what was read elsewhere.

        `lookback`: how long a sample stands; longer than the default for a recording with a wide step.
        """
        recording = told if isinstance(told, Recording) else read(told)
        self._types = recording.types
        self._tracks = _shifted(recording, shift)
        self._lookback = _milliseconds(lookback)

    def extend(self, path: Path, at: datetime, *, origin: datetime | None = None) -> None:
        """From `at` on, answer from a second recording, whose moment `origin` (default: its beginning) becomes `at`."""
        recording = read(path)
        begins = min((int(track.times[0]) for track in recording.tracks), default=0)
        start = _moment(at)
        shift = timedelta(milliseconds=start - (begins if origin is None else _moment(origin)))
        before = [_between(track, None, start) for track in self._tracks]
        after = [_between(track, start, None) for track in _shifted(recording, shift)]
        self._types = {**self._types, **recording.types}
        self._tracks = _chained([*before, *after])

    async def query(self, promql: str, at: datetime) -> list[Series]:
        return await asyncio.to_thread(self._answer, promql, np.array([_moment(at)], dtype=np.int64))

    async def query_range(self, promql: str, start: datetime, end: datetime, step: timedelta) -> list[Series]:
        if end < start:
            raise BackendError(f"{promql!r}: the end is before the start")
        return await asyncio.to_thread(self._answer, promql, _grid(start, end, affordable_step(start, end, step)))

    async def series(self, selectors: Sequence[str], start: datetime, end: datetime) -> list[dict[str, str]]:
        first, last = _moment(start), _moment(end)
        found = {id(track): track for text in selectors for track in select(parsed(text), self._tracks)}
        return [
            dict(track.labels)
            for track in found.values()
            if np.searchsorted(track.times, first, "left") < np.searchsorted(track.times, last, "right")
        ]

    async def metadata(self) -> dict[str, str]:
        names = {track.labels["__name__"]: "unknown" for track in self._tracks}
        return {**names, **self._types}

    def _answer(self, promql: str, times: Milliseconds) -> list[Series]:
        tree = checked(promql)
        try:
            return _series(Engine(self._tracks, self._lookback).evaluate(tree, times), times / 1000)
        except BackendError as error:
            raise BackendError(f"{promql!r}: {error}") from error


class RecordedLogs:
    """`Logs` over a case's lines."""

    def __init__(self, path: Path, *, shift: timedelta = timedelta(0)) -> None:
        self._lines, self.unread = files.log_lines(path, shift)
        """In the order of time. `unread`: lines of the file that are left out, since they cannot be read."""

    def extend(self, path: Path, at: datetime, *, origin: datetime | None = None) -> None:
        """From `at` on, answer from a second recording, whose moment `origin` (default: its beginning) becomes `at`."""
        lines, _ = files.log_lines(path, timedelta(0))
        if lines:
            shift = at - (origin or lines[0].at)
            lines = [replace(line, at=line.at + shift) for line in lines if line.at + shift >= at]
        self._lines = [line for line in self._lines if line.at < at] + lines

    async def search(self, asked: LogSearch) -> LogPage:
        first, last = (bisect_left(self._lines, at, key=lambda line: line.at) for at in (asked.start, asked.end))
        found = [line for line in reversed(self._lines[first:last]) if asked.fits(line)]
        return LogPage(tuple(found[: asked.limit]), len(found), len(found) > asked.limit, f"recorded logs {asked}")


class RecordedChanges:
    """`Changes` over a case's file; none when there is no file."""

    def __init__(self, path: Path, *, shift: timedelta = timedelta(0)) -> None:
        self._changes = files.changes(path, shift) if path.exists() else []

    async def between(self, start: datetime, end: datetime) -> list[Change]:
        return [change for change in self._changes if start <= change.at <= end]


class RecordedTopology:
    """`TopologySource` over a case's graph: calls, and what runs on what; None when there is no file."""

    def __init__(self, path: Path) -> None:
        self._topology = files.topology(path) if path.exists() else None

    async def topology(self, at: datetime) -> Topology | None:  # noqa: ARG002 (a recording holds one graph)
        return self._topology


@dataclass(frozen=True)
class Recorded:
    """A case folder's telemetry; a part is None when the case has no file for it."""

    metrics: RecordedMetrics | None
    logs: RecordedLogs | None
    changes: RecordedChanges
    topology: RecordedTopology


def recorded(folder: Path, *, shift: timedelta = timedelta(0), step: timedelta | None = None) -> Recorded:
    """Everything that a case folder holds. A file may also lie one level up, shared by a set of cases.

    `step`: the recording's own; samples stand for at least twice as long, so that a wide step leaves no holes.
    """
    metrics, logs = (_found(folder, name) for name in ("metrics.om", "logs.jsonl"))
    lookback = max(timedelta(milliseconds=LOOKBACK), 2 * (step or timedelta(0)))
    return Recorded(
        metrics=RecordedMetrics(metrics, shift=shift, lookback=lookback) if metrics else None,
        logs=RecordedLogs(logs, shift=shift) if logs else None,
        changes=RecordedChanges(_found(folder, "changes.json") or folder / "changes.json", shift=shift),
        topology=RecordedTopology(_found(folder, "topology.json") or folder / "topology.json"),
    )


def _found(folder: Path, name: str) -> Path | None:
    places = [place / f"{name}{suffix}" for place in (folder, folder.parent) for suffix in (".xz", "")]
    return next((place for place in places if place.exists()), None)


# Metrics


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _moment(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _grid(start: datetime, end: datetime, step: timedelta) -> Milliseconds:
    return np.arange(_moment(start), _moment(end) + 1, max(1, _milliseconds(step)), dtype=np.int64)[:MAX_POINTS]


def _shifted(recording: Recording, shift: timedelta) -> list[Track]:
    by = _milliseconds(shift)
    return [Track(track.labels, track.times + by, track.values) for track in recording.tracks]


def _between(track: Track, start: int | None, end: int | None) -> Track:
    """The samples in [start, end)."""
    first = 0 if start is None else int(np.searchsorted(track.times, start, "left"))
    last = len(track.times) if end is None else int(np.searchsorted(track.times, end, "left"))
    return Track(track.labels, track.times[first:last], track.values[first:last])


def _chained(tracks: Iterable[Track]) -> list[Track]:
    """One track a label set; parts come in the order of their times."""
    parts: dict[tuple[tuple[str, str], ...], list[Track]] = {}
    for track in tracks:
        parts.setdefault(tuple(sorted(track.labels.items())), []).append(track)
    return [
        Track(
            found[0].labels,
            np.concatenate([part.times for part in found]),
            np.concatenate([part.values for part in found]),
        )
        for found in parts.values()
    ]


def _series(columns: Vector, seconds: Any) -> list[Series]:
    return [
        Series(
            name=column.labels.get("__name__", ""),
            labels={name: value for name, value in column.labels.items() if name != "__name__"},
            times=seconds[column.present],
            values=column.values[column.present],
        )
        for column in columns
    ]
