"""What does the agent answer to each case?  No accuracy here: `score` alone reads the truth."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evals import case as cases
from evals import telemetry
from evals.answer import Result
from evals.answering import How, Row, answer
from evals.case import Case
from evals.perturb import perturbed
from evals.telemetry import Server

if TYPE_CHECKING:
    from evals.whole import Idle


@dataclass(frozen=True)
class Asked:
    """How the cases are put to the agent."""

    model: str = ""
    """E.g. `openai:gpt-5-mini`; empty: analysis only."""
    metrics: Server = "auto"
    delay_seed: int | None = None
    rename_seed: int | None = None


def command(roots: Sequence[Path], asked: Asked, how: How) -> int:
    """Run what is not answered yet, write the file after each case; 1 when a case failed."""
    asked = replace(asked, metrics=telemetry.server(asked.metrics))
    _require_model(asked.model)
    results = answer(cases.find(*roots), partial(work, asked), asdict(asked), how)
    return int(any(row["error"] for row in results.rows.values()))


def _require_model(model: str) -> None:
    """ConfigurationError, once and not once a process, when this model cannot be had."""
    if model:
        from agent.llm.endpoints import endpoint  # noqa: PLC0415 (without a model the parent needs none of it)

        endpoint(model, base_url="", api_key=None, environ=os.environ)


def work(asked: Asked, given: Iterator[Case]) -> Iterator[Row]:
    """One process: an agent is started once and answers case after case."""
    from evals.peak import Peak  # noqa: PLC0415 (the parent needs none of it)
    from evals.whole import idle  # noqa: PLC0415 (likewise: it imports the whole agent)

    with idle(asked.model, asked.metrics) as agent:
        peak = Peak()
        for case in given:
            peak.begin()
            yield replace(one(agent, case, asked), peak_mb=peak.megabytes()).row()


def one(agent: "Idle", case: Case, asked: Asked) -> Result:
    """Whatever goes wrong in a case is its error and does not stop the others."""
    try:
        with perturbed(case, delay_seed=asked.delay_seed, rename_seed=asked.rename_seed) as given:
            return given.told_back(agent.answer(given.case))
    except Exception as problem:  # noqa: BLE001 (a case that breaks the agent is a result, and counts as wrong)
        return Result(case.id, 0.0, error=f"{type(problem).__name__}: {problem}")
