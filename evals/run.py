"""What does the agent answer to each case?  No accuracy here: `score` alone reads the truth."""

import asyncio
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import case as cases
from evals.case import Case

if TYPE_CHECKING:
    from agent.analysis.observations import Observations, Reading
    from agent.domain.alert import Alert

_MOST_LINES = 20_000

Investigator = Callable[[Case, str], "Answer"]
"""(case, model) -> answer. The model is empty for analysis only."""


@dataclass(frozen=True)
class Answer:
    """What one investigation came to, in the words of the results file."""

    verdict: str
    category: str
    suspects: tuple[Mapping[str, Any], ...]
    """{component, score, evidence ids, why}, the first suspect first."""
    diagnosis: str
    confidence: float
    claims: int
    claims_dropped: int = 0
    llm_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True)
class Result:
    """An answer with what it cost; a failed case has no answer and an error."""

    id: str
    seconds: float
    peak_mb: float
    error: str = ""
    answer: Answer | None = None

    def row(self) -> dict[str, Any]:
        blank = Answer(verdict="", category="", suspects=(), diagnosis="", confidence=0.0, claims=0)
        told = {
            "id": self.id,
            "seconds": round(self.seconds, 4),
            "peak_mb": round(self.peak_mb, 1),
            "error": self.error,
        }
        return told | asdict(self.answer or blank)


@dataclass
class Progress:
    """One line on the terminal, rewritten; silent when the terminal is a file."""

    total: int
    done: int = field(default=0)

    def tick(self) -> None:
        self.done += 1
        if sys.stderr.isatty():
            print(f"\r{self.done}/{self.total}", end="" if self.done < self.total else "\n", file=sys.stderr)


def command(root: Path, out: Path, jobs: int, model: str) -> int:
    """Run all, write `out`; 1 when nothing was found or a case failed."""
    found = cases.find(root)
    results = run(found, jobs, model)
    rows = {"cases": [one.row() for one in results], "machine": machine(), "version": own_version()}
    out.write_text(json.dumps(rows, indent=1), "utf-8")
    failed = [one for one in results if one.error]
    for one in failed:
        print(f"{one.id}: {one.error}", file=sys.stderr)
    print(f"{len(found) - len(failed)} of {len(found)} cases answered, written to {out}")
    return 0 if found and not failed else 1


def run(found: list[Case], jobs: int = 1, model: str = "") -> list[Result]:
    """One result a case, in the order of the cases; each job is a process of its own."""
    progress = Progress(len(found))
    if jobs <= 1:
        results = []
        for case in found:
            results.append(one(case, model))
            progress.tick()
        return results
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(partial(one, model=model), case): case.id for case in found}
        done = {}
        for future in as_completed(waiting):
            done[waiting[future]] = future.result()
            progress.tick()
    return [done[case.id] for case in found]


def one(case: Case, model: str = "") -> Result:
    """One case; whatever goes wrong in it is its error and does not stop the others."""
    began = time.perf_counter()
    try:
        answer, error = investigate(case, model), ""
    except Exception as problem:  # noqa: BLE001 (a case that breaks the agent is a result, and counts as wrong)
        answer, error = None, f"{type(problem).__name__}: {problem}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(case.id, time.perf_counter() - began, peak, error, answer)


def investigate(case: Case, model: str) -> Answer:
    """THE SEAM: case -> answer. The one place where the agent is plugged in (see `Investigator`)."""
    return analyse(case, model)


def analyse(case: Case, model: str) -> Answer:
    """The analysis alone, on everything the case recorded. It asks no model, so that `model` must be empty."""
    from agent.analysis.ranking import diagnose  # noqa: PLC0415 (each job imports it in its own process)

    if model:
        raise ValueError("the analysis alone asks no model")
    findings = diagnose(asyncio.run(observe(case)))
    return Answer(
        verdict=findings.verdict.value,
        category=findings.fault.value,
        suspects=tuple(
            {"component": s.component, "score": s.score, "evidence": list(s.evidence), "why": s.why}
            for s in findings.suspects
        ),
        diagnosis=findings.summary,
        confidence=findings.confidence,
        claims=len(findings.claims),
    )


async def observe(case: Case) -> "Observations":
    """Everything the case recorded, asked as the survey asks production."""
    from agent.analysis.observations import Observations  # noqa: PLC0415 (likewise)
    from agent.ingest import alertmanager  # noqa: PLC0415 (likewise)
    from tools.clients.recorded import RecordedChanges, RecordedLogs, RecordedTopology  # noqa: PLC0415 (likewise)

    alerts, _ = alertmanager.parse(case.bodies, case.now or datetime.now(UTC))
    now = case.now or max(alert.starts_at for alert in alerts) + timedelta(minutes=5)
    long_ago = now - timedelta(days=2)
    metrics, logs, graph = case.file("metrics.om.xz"), case.file("logs.jsonl.xz"), case.file("topology.json")
    page = await RecordedLogs(logs).search(long_ago, now, limit=_MOST_LINES) if logs else None
    return Observations(
        now=now,
        step=case.step,
        alerts=tuple(alerts),
        readings=await _readings(metrics, alerts, now, case.step) if metrics else (),
        lines=page.lines if page else (),
        lines_query=page.query if page else "",
        changes=tuple(await RecordedChanges(case.folder / "changes.json").between(long_ago, now)),
        topology=await RecordedTopology(graph).topology(now) if graph else None,
    )


async def _readings(path: Path, alerts: "Sequence[Alert]", now: datetime, step: timedelta) -> "tuple[Reading, ...]":
    from agent.analysis import survey_plan  # noqa: PLC0415 (likewise)
    from tools.clients.recorded import RecordedMetrics  # noqa: PLC0415 (likewise)

    metrics = RecordedMetrics(path)
    start, end = survey_plan.window(alerts, now, timedelta(hours=1), step)
    found = await metrics.series([survey_plan.EVERYTHING], start, end)
    plan = survey_plan.plan(found, await metrics.metadata(), alerts, step=step)
    answers = [ask.readings(await metrics.query_range(ask.promql, start, end, step)) for ask in plan.asks]
    return tuple(reading for answer in answers for reading in answer)


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} CPUs"


def own_version() -> str:
    try:
        return version("incident-agent")
    except PackageNotFoundError:
        return "unknown"
