"""How does every case get its answer written down?  A few at once, going on where an earlier run stopped."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from evals import workers
from evals.answer import Result
from evals.progress import Progress
from evals.results import Results
from evals.workers import Work

START = timedelta(minutes=2)
"""A process may take so much longer for its first case: it imports the agent."""


class Question(Protocol):
    """Anything with an id of its own."""

    @property
    def id(self) -> str: ...


Asked = TypeVar("Asked", bound=Question)
Row = dict[str, Any]


@dataclass(frozen=True)
class How:
    """Where the answers go, and how many are worked on at once."""

    out: Path
    jobs: int = 1
    longest: timedelta = timedelta(minutes=5)
    """For one case."""
    fresh: bool = False
    """Answer again what is answered in the file already."""


def answer(asked: Sequence[Asked], work: Work[Asked, Row], told: Mapping[str, Any], how: How) -> Results:
    """The results of all; what failed is told on standard error. `told`: what tells this run's question from others'.

    ValueError when there is nothing to ask.
    """
    if not asked:
        raise ValueError("no case was found: a case is a folder with alert.json, and what the command needs beside it")
    results = Results.opened(how.out, told, fresh=how.fresh)
    results.keep([one.id for one in asked])
    left = [one for one in asked if one.id not in results.rows]
    if len(left) < len(asked):
        print(f"{len(asked) - len(left)} of {len(asked)} cases are answered in {how.out} already")
    for row in _answered(left, work, how):
        results.add(row)
    done = sum(not row["error"] for row in results.rows.values())
    print(f"{done} of {len(asked)} cases answered, written to {how.out}")
    return results


def _answered(left: Sequence[Asked], work: Work[Asked, Row], how: How) -> Iterator[Row]:
    signal.signal(signal.SIGTERM, _stopped)
    progress = Progress(len(left))
    for one, came in workers.each(work, left, jobs=how.jobs, longest=how.longest, start=START):
        row = Result(one.id, 0.0, error=came).row() if isinstance(came, str) else came
        if row["error"]:
            print(f"{one.id}: {row['error']}", file=sys.stderr)
        progress.tick(failed=bool(row["error"]))
        yield row


def _stopped(*_: object) -> NoReturn:
    raise KeyboardInterrupt
