"""What does the agent answer to each case?  No accuracy here: `score` alone reads the truth."""

import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from evals import case as cases
from evals import telemetry, workers
from evals.answer import Result
from evals.case import Case
from evals.perturb import perturbed
from evals.progress import Progress
from evals.results import Results
from evals.telemetry import Server

if TYPE_CHECKING:
    from evals.whole import Idle

START = timedelta(minutes=2)
"""A process may take so much longer for its first case: it imports the agent."""


@dataclass(frozen=True)
class Asked:
    """How the cases are put to the agent."""

    model: str = ""
    """E.g. `openai:gpt-5-mini`; empty: analysis only."""
    metrics: Server = "auto"
    delay_seed: int | None = None
    rename_seed: int | None = None


def command(roots: Sequence[Path], out: Path, asked: Asked, *, jobs: int, longest: timedelta, fresh: bool) -> int:
    """Run what is not answered yet, write `out` after each case; 1 when nothing was found or a case failed."""
    found = cases.find(*roots)
    if not found:
        raise ValueError(f"there is no case (a folder with alert.json) below {', '.join(map(str, roots))}")
    asked = replace(asked, metrics=telemetry.server(asked.metrics))
    results = Results.opened(out, asdict(asked), fresh=fresh)
    results.keep([case.id for case in found])
    left = [case for case in found if case.id not in results.rows]
    if len(left) < len(found):
        print(f"{len(found) - len(left)} of {len(found)} cases are answered in {out} already")
    failed = _all(left, asked, results, jobs=jobs, longest=longest)
    print(f"{len(found) - failed} of {len(found)} cases answered, written to {out}")
    return 1 if failed else 0


def _all(left: Sequence[Case], asked: Asked, results: Results, *, jobs: int, longest: timedelta) -> int:
    """How many failed. Stopped at any moment, the file holds every case that has ended."""
    signal.signal(signal.SIGTERM, _stopped)
    progress = Progress(len(left))
    failed = 0
    for case, row in workers.each(partial(work, asked), left, jobs=jobs, longest=longest, start=START):
        told = Result(case.id, longest.total_seconds(), 0.0, row).row() if isinstance(row, str) else row
        results.add(told)
        failed += bool(told["error"])
        progress.tick(failed=bool(told["error"]))
        if told["error"]:
            print(f"{case.id}: {told['error']}", file=sys.stderr)
    return failed


def _stopped(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def work(asked: Asked, given: Iterator[Case]) -> Iterator[dict[str, Any]]:
    """One process: an agent is started once and answers case after case."""
    from evals.peak import Peak  # noqa: PLC0415 (the parent needs none of it)
    from evals.whole import idle  # noqa: PLC0415 (likewise: it imports the whole agent)

    with idle(asked.model, asked.metrics) as agent:
        peak = Peak()
        for case in given:
            peak.begin()
            yield replace(_one(agent, case, asked), peak_mb=peak.megabytes()).row()


def _one(agent: "Idle", case: Case, asked: Asked) -> Result:
    """Whatever goes wrong in a case is its error and does not stop the others."""
    try:
        with perturbed(case, delay_seed=asked.delay_seed, rename_seed=asked.rename_seed) as given:
            answer, seconds = agent.answer(given.case)
            return Result(case.id, seconds, 0.0, answer=given.told_back(answer))
    except Exception as problem:  # noqa: BLE001 (a case that breaks the agent is a result, and counts as wrong)
        return Result(case.id, 0.0, 0.0, f"{type(problem).__name__}: {problem}")
