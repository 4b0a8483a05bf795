"""How does a recording become a case folder?"""

import json
import lzma
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, JsonValue

from evals.lab.monitoring import Series
from evals.lab.openmetrics import exposition, shifted
from evals.lab.shop.changes import Change
from evals.lab.shop.topology import EDGES, ENTRY, SERVICES

DROPPED_LABELS = frozenset({"job", "instance"})
SYSTEM = "A small shop of 7 processes on one machine, under steady traffic"
SOURCE = "recorded in this project's lab (python -m evals.lab record)"


class LogLine(BaseModel):
    """One line as a service wrote it."""

    ts: datetime
    service: str
    pod: str
    level: str
    trace: str
    message: str

    def record(self, zero: float = 0.0) -> str:
        """As JSON, `ts` in seconds after `zero`."""
        values = self.model_dump(mode="json") | {"ts": round(self.ts.timestamp() - zero, 3)}
        return json.dumps(values, ensure_ascii=False)


class Truth(BaseModel):
    """What the agent never sees."""

    root_cause: str
    """Empty when nothing was wrong."""
    level: str = "service"
    fault_type: str
    fault_family: str
    """In the words of the agent's own kinds of cause."""
    injected_at: float
    evidence: str


class Remedy(BaseModel):
    """The action that heals it, by the names of the catalogue."""

    action: str
    arguments: dict[str, str | int]


@dataclass(frozen=True)
class Arm:
    """What was measured and logged over one stretch of time."""

    series: Sequence[Series]
    logs: Sequence[LogLine]


@dataclass(frozen=True)
class Recording:
    """Everything one run in the lab gave. Times are in seconds since the epoch."""

    name: str
    truth: Truth
    alert: str
    """The body as Alertmanager posted it."""
    resolved: str
    history_start: float
    alert_at: float
    now: float
    step_s: float
    before: Arm
    """Up to `now`."""
    changes: Sequence[Change]
    unhealed: Arm
    remedy: Remedy | None = None
    action_at: float = 0.0
    healed: Arm = field(default_factory=lambda: Arm((), ()))


def write_case(recording: Recording, folder: Path) -> None:
    """The case in the format of `evals/cases/README.md`; both arms below `after`."""
    after = folder / "after"
    after.mkdir(parents=True, exist_ok=True)
    (folder / "alert.json").write_text(recording.alert, encoding="utf-8")
    _write_json(folder / "topology.json", _topology())
    _write_json(folder / "meta.json", _meta(recording))
    _write_json(folder / "truth.json", recording.truth.model_dump(mode="json"))
    if recording.changes:
        _write_json(folder / "changes.json", [_change(change) for change in recording.changes])
    _write_arm(folder, recording.before, "metrics", "logs")
    _write_arm(after, recording.unhealed, "unhealed", "logs_unhealed")
    (after / "resolved.json").write_text(recording.resolved, encoding="utf-8")
    if recording.remedy is not None:
        _write_json(after / "action.json", recording.remedy.model_dump(mode="json"))
        _write_arm(after, recording.healed, "healed", "logs_healed", zero=recording.action_at)


def read_log(path: Path, start: float, end: float) -> list[LogLine]:
    """The lines of one service's log file from `start` until before `end`."""
    lines = (LogLine.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if start <= line.ts.timestamp() < end]


def _write_arm(folder: Path, arm: Arm, metrics: str, logs: str, zero: float = 0.0) -> None:
    text = exposition(shifted(arm.series, zero), DROPPED_LABELS)
    _write_xz(folder / f"{metrics}.om.xz", text)
    ordered = sorted(arm.logs, key=lambda line: line.ts)
    _write_xz(folder / f"{logs}.jsonl.xz", _joined(line.record(zero) for line in ordered))


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _write_xz(path: Path, text: str) -> None:
    path.write_bytes(lzma.compress(text.encode(), preset=6 | lzma.PRESET_EXTREME))


def _write_json(path: Path, value: JsonValue) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _topology() -> JsonValue:
    nodes: list[JsonValue] = [*sorted(SERVICES)]
    edges: list[JsonValue] = [list(edge) for edge in sorted(EDGES)]
    return {"direction": "caller->callee", "entry": ENTRY, "nodes": nodes, "edges": edges}


def _meta(recording: Recording) -> JsonValue:
    signals: list[JsonValue] = ["metrics", "logs", *(["changes"] if recording.changes else [])]
    return {
        "case": recording.name,
        "set": "lab",
        "system": SYSTEM,
        "signals": signals,
        "step_s": recording.step_s,
        "history_start": recording.history_start,
        "alert_at": recording.alert_at,
        "now": recording.now,
        "candidates": "topology.nodes",
        "license": "Apache-2.0",
        "source": SOURCE,
        "attribution": "the incident-agent authors",
    }


def _change(change: Change) -> JsonValue:
    fields: JsonValue = change.model_dump(mode="json") | {"at": round(change.at.timestamp(), 3)}
    return fields
