"""What is a case?  A folder with an alert and recorded telemetry; the truth beside it is never read here."""

import codecs
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tools.log_lines import time_of
from tools.recording.files import records

__all__ = ["Case", "chosen", "find", "records"]

DEFAULT_STEP = timedelta(seconds=60)


@dataclass(frozen=True)
class Case:
    """One recorded incident. The folder's name is for the results file alone: the agent is not shown it."""

    id: str
    """`set/case`."""
    folder: Path

    @property
    def set(self) -> str:
        return self.id.partition("/")[0]

    @property
    def alert(self) -> bytes:
        """The webhook body, exactly as it would be posted; a byte order mark is the file's, and no sender's."""
        return (self.folder / "alert.json").read_bytes().removeprefix(codecs.BOM_UTF8)

    @property
    def bodies(self) -> bytes:
        """The alerts known when the agent is asked: a storm whole where it is recorded, else the webhook body."""
        storm = self.file("alerts.jsonl")
        alerts = list(records(storm)) if storm else []
        return _posted({"version": "4", "status": "firing", "alerts": alerts}) if alerts else _fired(self.alert)

    @property
    def now(self) -> datetime | None:
        """The moment at which the agent is asked; None when the case does not say."""
        told = self.meta().get("now")
        return None if told is None else _moment(str(told))

    @property
    def step(self) -> timedelta:
        seconds = self.meta().get("step_s")
        return timedelta(seconds=float(seconds)) if seconds else DEFAULT_STEP

    def file(self, name: str) -> Path | None:
        """A file of the case, packed (`.xz`) or not, or of its set one level up; None when neither has it."""
        places = (folder / f"{name}{end}" for folder in (self.folder, self.folder.parent) for end in (".xz", ""))
        return next((path for path in places if path.exists()), None)

    def meta(self) -> dict[str, Any]:
        """What the recorder noted. The agent is shown `now` and `step_s` of it and nothing else."""
        path = self.folder / "meta.json"
        return dict(json.loads(path.read_text("utf-8-sig"))) if path.exists() else {}


def find(*roots: Path) -> list[Case]:
    """Every case at or below the roots, in the order of their ids. ValueError when two have the same id."""
    folders = {path.parent for root in roots for path in root.resolve().rglob("alert.json")}
    found = sorted((Case(f"{one.parent.name}/{one.name}", one) for one in folders), key=lambda case: case.id)
    for one, other in itertools.pairwise(found):
        if one.id == other.id:
            raise ValueError(f"two cases are called {one.id}: {one.folder} and {other.folder}")
    return found


def chosen(found: Sequence[Case], sets: Sequence[str]) -> list[Case]:
    """The cases of these sets; all when none is named."""
    return [case for case in found if not sets or case.set in sets]


def _posted(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body).encode()


def _fired(body: bytes) -> bytes:
    """As it was while it fired: of alerts that are all over, too, the question is what broke."""
    try:
        told = json.loads(body)
        alerts = [dict(one) for one in told["alerts"]]
    except (ValueError, KeyError, TypeError):
        return body  # It is for the agent to say what is wrong with it.
    if not alerts or any(one.get("status") != "resolved" for one in alerts):
        return body
    return _posted({**told, "status": "firing", "alerts": [{**one, "status": "firing"} for one in alerts]})


def _moment(told: str) -> datetime:
    """Seconds since 1970 or a finer unit, or ISO 8601. ValueError when it is no time."""
    if (at := time_of(told)) is None:
        raise ValueError(f"meta.json: its `now` is no time: {told[:100]!r}")
    return at
