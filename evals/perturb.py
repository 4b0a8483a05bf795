"""Does an answer hang on what it should not hang on?  A case with its alerts late, or with every component renamed."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from evals.answer import Answer
from evals.case import Case, records
from evals.rename import Names, names_of, renamed_copy

LATE = (timedelta(minutes=1), timedelta(minutes=10))
"""The delay of a case's alerts is drawn evenly from between these."""
FILES = ("alerts.jsonl", "metrics.om", "logs.jsonl", "changes.json", "topology.json", "tool_outputs.jsonl")


@dataclass(frozen=True)
class Perturbed:
    """The case as the agent is to see it, and how its words are turned back into the case's own."""

    case: Case
    back: Callable[[str], str]

    def told_back(self, answer: Answer) -> Answer:
        """The answer in the case's own names."""
        suspects = [
            {**one, "component": self.back(one["component"]), "why": self.back(one["why"])} for one in answer.suspects
        ]
        return replace(answer, suspects=tuple(suspects), diagnosis=self.back(answer.diagnosis))


@contextmanager
def perturbed(case: Case, *, delay_seed: int | None = None, rename_seed: int | None = None) -> Iterator[Perturbed]:
    """A copy with both, either or neither; the case's own folder is not touched."""
    if delay_seed is None and rename_seed is None:
        yield Perturbed(case, str)
        return
    with tempfile.TemporaryDirectory(prefix="evals-perturbed-") as name:
        given, back = Case(case.id, _linked(case, Path(name))), str
        if delay_seed is not None:
            _delay(given, delay_of(case, delay_seed))
        if rename_seed is not None:
            names = Names.of(names_of(given), rename_seed)
            renamed_copy(given, names)
            yield Perturbed(given, names.back)
            return
        yield Perturbed(given, back)


def delay_of(case: Case, seed: int) -> timedelta:
    """The same for every alert of a case, another for each case."""
    shortest, longest = LATE
    return shortest + (longest - shortest) * Random(f"{seed} {case.id}").random()


def _linked(case: Case, folder: Path) -> Path:
    """A folder that shows what the case's own shows, of `meta.json` no more than the agent may see."""
    (folder / "alert.json").write_bytes(case.alert)
    seen = {name: value for name, value in case.meta().items() if name in {"now", "step_s"}}
    (folder / "meta.json").write_text(json.dumps(seen))
    for name in FILES:
        if (path := case.file(name)) is not None:
            (folder / path.name).symlink_to(path)
    return folder


def _delay(case: Case, by: timedelta) -> None:
    """Later, but never after the moment at which the agent is asked: an alert from the future is no alert."""
    body = json.loads(case.alert)
    body["alerts"] = [_late(raw, by, case.now) for raw in body["alerts"]]
    (case.folder / "alert.json").write_text(json.dumps(body))
    if (path := case.file("alerts.jsonl")) is not None:
        lines = [json.dumps(_late(raw, by, case.now)) for raw in records(path)]
        path.unlink()
        (case.folder / "alerts.jsonl").write_text("\n".join(lines) + "\n")


def _late(raw: dict[str, Any], by: timedelta, now: datetime | None) -> dict[str, Any]:
    moved = {name: _moved(str(raw[name]), by, now) for name in ("startsAt", "endsAt") if raw.get(name)}
    return {**raw, **moved}


def _moved(stamp: str, by: timedelta, now: datetime | None) -> str:
    """Alertmanager's zero time, "it has not ended", stays."""
    if stamp.startswith("0001-"):
        return stamp
    at = datetime.fromisoformat(stamp) + by
    return (min(at, now) if now else at).isoformat().replace("+00:00", "Z")
