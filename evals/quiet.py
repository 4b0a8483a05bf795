"""Does the agent say that nothing is wrong when nothing is?  Asked in the quiet before each incident, with its alert.

The rule. Of a case's history, the time from `history_start` to `alert_at` less a margin (a minute, or two steps where
those are longer) is free of the fault. Its first half is left as a baseline; the second is cut into `windows` equal
parts, and the agent is asked once in each, at a place that is drawn by the seed and is the same in every part. The
alert, the telemetry's end and every other time are moved to there together.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from evals import case as cases
from evals import markdown, run, telemetry
from evals.answering import How, Row, answer
from evals.case import Case
from evals.perturb import linked, retimed

MARGIN = timedelta(minutes=1)
CALM = frozenset({"healthy", "inconclusive"})


@dataclass(frozen=True)
class Window:
    """A case, asked at a moment before anything was wrong."""

    case: Case
    number: int
    now: datetime

    @property
    def id(self) -> str:
        return f"{self.case.id}@{self.number}"


def command(roots: Sequence[Path], asked: run.Asked, how: How, *, windows: int, seed: int) -> int:
    """Ask in every window; print the share a set that was called healthy or inconclusive."""
    asked = replace(asked, metrics=telemetry.server(asked.metrics))
    cut = [window for case in cases.find(*roots) for window in windows_of(case, windows, seed)]
    results = answer(cut, partial(work, asked), asdict(asked) | {"windows": windows, "seed": seed}, how)
    print(table(list(results.rows.values())))
    return int(any(row["error"] for row in results.rows.values()))


def windows_of(case: Case, windows: int, seed: int) -> list[Window]:
    """None for a case without recorded metrics, or that does not say since when."""
    meta = case.meta()
    if case.file("metrics.om") is None or not {"history_start", "alert_at"} <= meta.keys():
        return []
    start, alert = (datetime.fromtimestamp(float(meta[name]), UTC) for name in ("history_start", "alert_at"))
    end = alert - max(MARGIN, 2 * case.step)
    part = (end - start) / 2 / windows
    place = Random(f"{seed} {case.id}").random()
    return [Window(case, number, start + (end - start) / 2 + part * (number + place)) for number in range(windows)]


def work(asked: run.Asked, given: Iterator[Window]) -> Iterator[Row]:
    """One process: window after window."""
    from evals.whole import idle  # noqa: PLC0415 (the parent needs none of it)

    with idle(asked.model, asked.metrics) as agent:
        for window in given:
            with _moved(window) as case:
                yield run.one(agent, case, asked).row()


@contextmanager
def _moved(window: Window) -> Iterator[Case]:
    now = window.case.now or window.now
    with tempfile.TemporaryDirectory(prefix="evals-quiet-") as name:
        case = Case(window.id, linked(window.case, Path(name)))
        retimed(case, lambda at: at + (window.now - now))
        meta = {**case.meta(), "now": window.now.timestamp()}
        (case.folder / "meta.json").write_text(json.dumps(meta))
        yield case


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Per set: the windows, what was said of them, and the share that raised no false alarm."""
    per_set: dict[str, Counter[str]] = {}
    for row in rows:
        per_set.setdefault(str(row["id"]).partition("/")[0], Counter())[row["verdict"] or "failed"] += 1
    verdicts = ("healthy", "inconclusive", "cause", "failed")
    calm = {name: sum(said[verdict] for verdict in CALM) / said.total() for name, said in per_set.items()}
    cells = (
        (name, said.total(), *(said[verdict] for verdict in verdicts), f"{calm[name]:.3f}")
        for name, said in sorted(per_set.items())
    )
    return "\n".join(markdown.table(("set", "windows", *verdicts, "calm"), cells))
