"""Is a recorded case whole, small and clean, and is its fault to be seen in it?"""

import json
import lzma
import re
import socket
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import JsonValue

SIZE_LIMIT = 150_000
FILES = (
    *("alert.json", "meta.json", "truth.json", "topology.json", "metrics.om.xz", "logs.jsonl.xz"),
    *("after/unhealed.om.xz", "after/logs_unhealed.jsonl.xz", "after/resolved.json"),
)
INCIDENT_FILES = ("after/action.json", "after/healed.om.xz", "after/logs_healed.jsonl.xz")
ARM_S = 60.0
HISTORY_S = 240.0
RESTLESS = 0.08
"""The share of the history that may show trouble: an innocent deployment is felt for some seconds too."""
_MACHINE = r"127\.0\.0\.1|localhost|/(?:tmp|home|root|work|usr|var)/"
_FAILING = 0.1
_SLOW_S = 0.25

Points = list[tuple[float, float]]
"""(time, value) pairs in the order of time."""


def complaints(folder: Path) -> list[str]:
    """What is wrong with the case, one phrase each; empty when nothing is."""
    healthy = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["root_cause"] == ""
    missing = [name for name in FILES + (() if healthy else INCIDENT_FILES) if not (folder / name).is_file()]
    if missing:
        return [f"missing: {', '.join(missing)}"]
    looks = (_size, _machine_names, _times, _healthy_throughout if healthy else _fault_visible)
    return list(chain.from_iterable(look(folder) for look in looks))


def gauges(path: Path) -> dict[str, Points]:
    """The series of an OpenMetrics file by their text; the order of the file is the order of time."""
    found: dict[str, Points] = {}
    with lzma.open(path, "rt", encoding="utf-8") as text:
        for line in text:
            if not line.startswith("#"):
                key, value, at = line.rsplit(" ", 2)
                found.setdefault(key, []).append((float(at), float(value)))
    return found


def _size(folder: Path) -> Iterator[str]:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > SIZE_LIMIT:
        yield f"{size} bytes, more than {SIZE_LIMIT}"


def _machine_names(folder: Path) -> Iterator[str]:
    machine = re.compile(rf"{_MACHINE}|\b{re.escape(socket.gethostname())}\b")
    for path in sorted(folder.rglob("*.*")):
        text = lzma.decompress(path.read_bytes()).decode() if path.suffix == ".xz" else path.read_text(encoding="utf-8")
        if found := machine.search(text):
            yield f"{path.name} names the machine: {found.group()}"


def _times(folder: Path) -> Iterator[str]:
    meta, truth = _json(folder / "meta.json"), _json(folder / "truth.json")
    metrics = gauges(folder / "metrics.om.xz")
    last = max(at for points in metrics.values() for at, _ in points)
    if last > meta["now"]:
        yield f"metrics later than now by {last - meta['now']:.0f} s"
    if not truth["injected_at"] < meta["alert_at"] <= meta["now"]:
        yield "the alert is not between injection and now"
    if truth["injected_at"] - meta["history_start"] < HISTORY_S:
        yield "too little history"
    for name in ("unhealed", "healed"):
        path = folder / "after" / f"{name}.om.xz"
        if path.exists():
            moments = [at for points in gauges(path).values() for at, _ in points]
            if max(moments) - min(moments) < ARM_S:
                yield f"{name} is shorter than {ARM_S:.0f} s"


def _fault_visible(folder: Path) -> Iterator[str]:
    before, unhealed, healed = (
        gauges(folder / name) for name in ("metrics.om.xz", "after/unhealed.om.xz", "after/healed.om.xz")
    )
    injected = _json(folder / "truth.json")["injected_at"]
    history = {key: [point for point in points if point[0] < injected] for key, points in before.items()}
    if _share_in_trouble(history) > RESTLESS:
        yield "the history is not calm"
    if not _in_trouble(_last(before)):
        yield "nothing to be seen at the moment of asking"
    if not _in_trouble(_last(unhealed)):
        yield "it healed by itself"
    if _in_trouble(_last(healed)):
        yield "the action did not heal it"


def _healthy_throughout(folder: Path) -> Iterator[str]:
    for name in ("metrics.om.xz", "after/unhealed.om.xz"):
        if _share_in_trouble(gauges(folder / name)) > 0:
            yield f"customers were hurt in {name}"


def _in_trouble(values: dict[str, float]) -> bool:
    """Does a customer notice, or is a service down?"""
    return any(_is_bad(key, value) for key, value in values.items())


def _is_bad(key: str, value: float) -> bool:
    if key.startswith("service:up{"):
        return value == 0
    if 'service="frontend"' not in key:
        return False
    if key.startswith("route:error_ratio{"):
        return value > _FAILING
    return key.startswith("route:latency_p95_seconds{") and value > _SLOW_S


def _share_in_trouble(series: dict[str, Points]) -> float:
    """The share of the moments at which something was wrong."""
    moments: dict[float, dict[str, float]] = {}
    for key, points in series.items():
        for at, value in points:
            moments.setdefault(at, {})[key] = value
    return sum(_in_trouble(values) for values in moments.values()) / max(1, len(moments))


def _last(series: dict[str, Points]) -> dict[str, float]:
    """The values at the last moment; a series that ended earlier has none."""
    end = max(points[-1][0] for points in series.values())
    return {key: points[-1][1] for key, points in series.items() if points[-1][0] == end}


def _json(path: Path) -> dict[str, Any]:
    value: JsonValue = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value
