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

from evals.answer import BLANK, Result
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

    def told_back(self, result: Result) -> Result:
        """The same in the case's own names."""
        answer = result.answer or BLANK
        suspects = [
            {**one, "component": self.back(one["component"]), "why": self.back(one["why"])} for one in answer.suspects
        ]
        told = replace(answer, suspects=tuple(suspects), diagnosis=self.back(answer.diagnosis))
        return replace(result, answer=told)


@contextmanager
def perturbed(case: Case, *, delay_seed: int | None = None, rename_seed: int | None = None) -> Iterator[Perturbed]:
    """A copy with both, either or neither; the case's own folder is not touched."""
    if delay_seed is None and rename_seed is None:
        yield Perturbed(case, str)
        return
    with tempfile.TemporaryDirectory(prefix="evals-perturbed-") as name:
        given = Case(case.id, linked(case, Path(name)))
        if delay_seed is not None:
            retimed(given, _late(delay_of(case, delay_seed), case.now))
        if rename_seed is None:
            yield Perturbed(given, str)
            return
        names = Names.of(names_of(given), rename_seed)
        renamed_copy(given, names)
        yield Perturbed(given, names.back)


def delay_of(case: Case, seed: int) -> timedelta:
    """The same for every alert of a case, another for each case."""
    shortest, longest = LATE
    return shortest + (longest - shortest) * Random(f"{seed} {case.id}").random()


def linked(case: Case, folder: Path) -> Path:
    """A folder that shows what the case's own shows, of `meta.json` no more than the agent may see."""
    (folder / "alert.json").write_bytes(case.alert)
    seen = {name: value for name, value in case.meta().items() if name in {"now", "step_s"}}
    (folder / "meta.json").write_text(json.dumps(seen))
    for name in FILES:
        if (path := case.file(name)) is not None:
            (folder / path.name).symlink_to(path)
    return folder


def retimed(case: Case, move: Callable[[datetime], datetime]) -> None:
    """Move every alert's start and end in the case's files, whose folder is ours to write to."""
    body = json.loads(case.alert)
    body["alerts"] = [_retimed(raw, move) for raw in body["alerts"]]
    (case.folder / "alert.json").write_text(json.dumps(body))
    if (path := case.file("alerts.jsonl")) is not None:
        lines = [json.dumps(_retimed(raw, move)) for raw in records(path)]
        path.unlink()
        (case.folder / "alerts.jsonl").write_text("\n".join(lines) + "\n")


def _retimed(raw: dict[str, Any], move: Callable[[datetime], datetime]) -> dict[str, Any]:
    """Alertmanager's zero time, "it has not ended", stays."""
    told = {name: str(raw[name]) for name in ("startsAt", "endsAt") if raw.get(name)}
    known = {name: stamp for name, stamp in told.items() if not stamp.startswith("0001-")}
    moved = {name: move(datetime.fromisoformat(stamp)) for name, stamp in known.items()}
    return {**raw, **{name: at.isoformat().replace("+00:00", "Z") for name, at in moved.items()}}


def _late(by: timedelta, now: datetime | None) -> Callable[[datetime], datetime]:
    """Later, but never after the moment at which the agent is asked: an alert from the future is no alert."""
    return lambda at: min(at + by, now) if now else at + by
