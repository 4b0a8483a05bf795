"""What is a case?  A folder with an alert and recorded telemetry; the truth beside it is never read here."""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
    def bodies(self) -> bytes:
        """The alerts known when the agent is asked: a storm whole where it is recorded, else the webhook body."""
        storm = self.file("alerts.jsonl.xz")
        if storm is None:
            return self.alert
        return json.dumps({"version": "4", "status": "firing", "alerts": list(records(storm))}).encode()

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


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of an xz-compressed JSON-lines file."""
    with lzma.open(path, "rt", encoding="utf-8") as text:
        for line in text:
            if line.strip():
                yield dict(json.loads(line))
