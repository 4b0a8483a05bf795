"""What is a case?  A folder with an alert and recorded telemetry; the truth beside it is never read here."""

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import JsonValue

from agent.domain.alert import Alert, AlertStatus, Severity
from tools.base import LogLine, Series, Topology

_SEVERITIES = {"critical": Severity.CRITICAL, "warning": Severity.MEDIUM, "info": Severity.INFO}
_DEFAULT_STEP = timedelta(seconds=60)


@dataclass(frozen=True)
class Case:
    """One recorded incident. The folder's name is for the results file alone: the agent is not shown it."""

    id: str
    """`set/case`."""
    folder: Path

    @property
    def alert(self) -> bytes:
        """The webhook body, exactly as it would be posted."""
        return (self.folder / "alert.json").read_bytes()

    @property
    def now(self) -> datetime | None:
        """The moment at which the agent is asked; None when the case does not say."""
        seconds = self._meta().get("now")
        return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)

    @property
    def step(self) -> timedelta:
        seconds = self._meta().get("step_s")
        return _DEFAULT_STEP if seconds is None else timedelta(seconds=float(seconds))

    def file(self, name: str) -> Path | None:
        """A file of the case, or of its set one level up; None when neither has it."""
        for folder in (self.folder, self.folder.parent):
            if (folder / name).exists():
                return folder / name
        return None

    def _meta(self) -> dict[str, Any]:
        path = self.folder / "meta.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def find(root: Path) -> list[Case]:
    """Every case at or below `root`, in the order of their ids."""
    folders = [path.parent for path in root.resolve().rglob("alert.json")]
    return sorted((Case(f"{folder.parent.name}/{folder.name}", folder) for folder in folders), key=lambda case: case.id)


def series(path: Path) -> list[Series]:
    """The gauges of an OpenMetrics text with timestamps in seconds, xz-compressed."""
    samples: dict[str, list[tuple[float, float]]] = {}
    with lzma.open(path, "rt", encoding="utf-8") as text:
        for line in text:
            if not line.startswith("#"):
                key, value, at = line.rsplit(" ", 2)
                samples.setdefault(key, []).append((float(at), float(value)))
    return [_series(key, sorted(points)) for key, points in samples.items()]


def log_lines(path: Path) -> list[LogLine]:
    """Log lines in the order of the file; `ts` is in seconds or ISO 8601."""
    return [_line(record) for record in records(path)]


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of an xz-compressed JSON-lines file."""
    with lzma.open(path, "rt", encoding="utf-8") as text:
        for line in text:
            if line.strip():
                yield dict(json.loads(line))


def topology(path: Path) -> Topology:
    """Who depends on whom: calls, service to instance, instance to host."""
    graph = json.loads(path.read_text("utf-8"))
    kinds = {node["id"]: node["type"].lower() for node in graph["nodes"] if isinstance(node, dict)}
    nodes = set(kinds) or set(graph["nodes"])
    edges = {edge for raw in graph["edges"] if (edge := _edge(raw, kinds))}
    for component, host in graph.get("hosts", {}).items():
        kinds[host] = "host"
        edges.add((component, host))
    return Topology(frozenset(nodes | set(kinds)), frozenset(edges), kinds)


def _edge(raw: Any, kinds: Mapping[str, str]) -> tuple[str, str] | None:
    """Typed graphs name both directions of a placement; only the one that depends is kept."""
    caller, callee = (raw["source"], raw["target"]) if isinstance(raw, dict) else raw
    depth = [_depth(kinds.get(node, "service")) for node in (caller, callee)]
    return (caller, callee) if depth[0] <= depth[1] else None


def _depth(kind: str) -> int:
    return 2 if kind == "host" else 1 if kind.endswith("instance") else 0


def _series(key: str, points: list[tuple[float, float]]) -> Series:
    name, _, inner = key.partition("{")
    times, values = np.array(points, dtype=np.float64).T
    return Series(name, _labels(inner.removesuffix("}")), times, values)


def _labels(inner: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    position = 0
    while position < len(inner):
        equals = inner.index('="', position)
        end = equals + 2
        while inner[end] != '"':
            end += 2 if inner[end] == "\\" else 1
        raw = inner[equals + 2 : end]
        labels[inner[position:equals]] = raw.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        position = end + 2
    return labels


def _line(record: Mapping[str, JsonValue]) -> LogLine:
    stamp = record["ts"]
    at = (
        datetime.fromtimestamp(float(stamp), UTC)
        if isinstance(stamp, int | float)
        else datetime.fromisoformat(str(stamp)).astimezone(UTC)
    )
    text = {name: str(record.get(name) or "") for name in ("service", "pod", "level", "trace", "message")}
    return LogLine(at, text["service"], text["message"], text["level"].lower(), text["pod"], text["trace"])


def alerts(case: Case) -> tuple[Alert, ...]:
    """The alerts of the case: all single alerts of a storm where they are recorded, else those of the webhook body."""
    storm = case.file("alerts.jsonl.xz")
    raw = records(storm) if storm else json.loads(case.alert)["alerts"]
    return tuple(alert(one) for one in raw)


def alert(raw: Mapping[str, Any]) -> Alert:
    """One object of Alertmanager's `alerts`, without the checks the webhook makes."""
    ends = datetime.fromisoformat(raw["endsAt"])
    return Alert(
        integration="alertmanager",
        name=raw["labels"].get("alertname", ""),
        status=AlertStatus(raw["status"]),
        severity=_SEVERITIES.get(raw["labels"].get("severity", ""), Severity.MEDIUM),
        labels=raw["labels"],
        annotations=raw.get("annotations", {}),
        starts_at=datetime.fromisoformat(raw["startsAt"]),
        ends_at=ends if ends.year > 1 else None,
        link=raw.get("generatorURL", ""),
        fingerprint=raw.get("fingerprint", ""),
    )
