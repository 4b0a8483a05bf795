"""What did a case record, in a form that a probe can change and write down again?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from evals.case import Case, records
from evals.perturb import linked
from tools.recording import openmetrics
from tools.recording.openmetrics import Track


@dataclass(frozen=True)
class Recorded:
    """A case's telemetry. What was not recorded is empty, or None."""

    case: Case
    step: timedelta
    tracks: tuple[Track, ...]
    lines: tuple[Mapping[str, Any], ...]
    """Of the log, as in `logs.jsonl`."""
    graph: Mapping[str, Any] | None
    """As in `topology.json`."""


def read(case: Case) -> Recorded:
    metrics, logs, graph = (case.file(name) for name in ("metrics.om", "logs.jsonl", "topology.json"))
    return Recorded(
        case=case,
        step=case.step,
        tracks=openmetrics.read(metrics).tracks if metrics else (),
        lines=tuple(records(logs)) if logs else (),
        graph=json.loads(graph.read_text("utf-8")) if graph else None,
    )


def write(recorded: Recorded, folder: Path) -> Case:
    """The same case with this telemetry, in a folder of its own; alerts and changes are the case's."""
    case = Case(recorded.case.id, linked(recorded.case, folder))
    for name in ("metrics.om", "logs.jsonl", "topology.json"):
        if (link := case.file(name)) is not None and link.parent == folder:
            link.unlink()
    (folder / "meta.json").write_text(json.dumps({**case.meta(), "step_s": recorded.step.total_seconds()}))
    if recorded.tracks:
        (folder / "metrics.om").write_text("\n".join(_openmetrics(recorded.tracks)) + "\n", "utf-8")
    if recorded.lines:
        (folder / "logs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in recorded.lines), "utf-8")
    if recorded.graph is not None:
        (folder / "topology.json").write_text(json.dumps(recorded.graph), "utf-8")
    return case


def _openmetrics(tracks: Sequence[Track]) -> Iterator[str]:
    """Of unknown types, as a remote store gives them."""
    for track in sorted(tracks, key=lambda track: track.labels["__name__"]):
        series = _series(track.labels)
        for at, value in zip(track.times, track.values, strict=True):
            yield f"{series} {float(value):.9g} {at / 1000:.3f}"
    yield "# EOF"


def _series(labels: Mapping[str, str]) -> str:
    inner = ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items() if name != "__name__")
    return labels["__name__"] + (f"{{{inner}}}" if inner else "")
