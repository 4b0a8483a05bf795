"""What does the whole agent answer to a case?  Its alerts through the webhook's parser and intake, to the report.

Everything is put together by the composition root and kept on a throw-away record; there is nothing that could act,
nobody who is told, and no memory of earlier cases.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent import settings as environment
from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.errors import AgentError
from agent.domain.hypothesis import Suspect, Usage
from agent.domain.job import Lease
from agent.graph.context import Sources
from agent.settings import Settings
from agent.storage.jobs import LONGEST
from agent.testing import NoMemory
from agent.views import PAGE, IncidentView
from evals.answer import Answer, Result
from evals.case import Case
from evals.observe import asked_at
from evals.telemetry import Server, served


class CaseClock:
    """`ports.Clock` that stands at the case's own moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


@dataclass(frozen=True)
class Idle:
    """An agent that was started once, and what a fresh record looks like: copied for each case."""

    record: Path
    model: str
    metrics: Server

    def answer(self, case: Case) -> Result:
        """What it answers, and what that took from the alerts' arrival to the report. Raises what the agent raises."""
        with served(case, self.metrics) as sources, tempfile.TemporaryDirectory(prefix="evals-case-") as folder:
            shutil.copytree(self.record, folder, dirs_exist_ok=True)
            return asyncio.run(_answer(case, settings(Path(folder), self.model), sources))


@contextmanager
def idle(model: str, metrics: Server) -> Iterator[Idle]:
    """Start an agent once, so that no case pays for the imports and the tables. `model`: empty for analysis only."""
    with tempfile.TemporaryDirectory(prefix="evals-idle-") as folder:
        asyncio.run(_start(settings(Path(folder), model)))
        yield Idle(Path(folder), model, metrics)


def settings(folder: Path, model: str) -> Settings:
    """Nothing of the environment but the model's own endpoint, and that only when a model is asked for."""
    made = Settings.model_construct(data=folder)
    if not model:
        return made
    loaded = environment.load()
    asked = {"model": model}
    for name in ("model_fallbacks", "openai_api_key", "openai_base_url"):
        asked[name] = getattr(loaded, name)
    return made.model_copy(update=asked)


async def _start(made: Settings) -> None:
    async with bootstrap(made, Replaced(sources=Sources(), executors={}, channels=(), memory=NoMemory())):
        pass


async def _answer(case: Case, made: Settings, sources: Sources) -> Result:
    clock = CaseClock(asked_at(case))
    replaced = Replaced(clock=clock, sources=sources, executors={}, channels=(), memory=NoMemory())
    async with bootstrap(made, replaced) as application:
        began, computed = time.perf_counter(), time.process_time()
        await place(application, case.bodies)
        await work(application)
        took, computed = time.perf_counter() - began, time.process_time() - computed
        return Result(case.id, took, cpu_seconds=computed, answer=await _told(application))


async def place(application: Application, body: bytes) -> None:
    """Take the alerts in and place them; AgentError when there is none in the body."""
    service = application.service
    receipt = await service.intake.receive("alertmanager", "evals", body)
    if receipt.accepted == 0:
        kept = (await application.views.receipt(receipt.id)).quarantined
        raise AgentError(f"no alert was accepted: {'; '.join(part.reason for part in kept) or 'there is none in it'}")
    while await service.placement.place_waiting():
        pass


async def work(application: Application) -> None:
    """Every job there is, to its end, one after the other."""
    while (lease := await application.queue.lease("evals", LONGEST)) is not None:
        await _run(application, lease)


async def _run(application: Application, lease: Lease) -> None:
    await application.service.runs.run(lease)
    await application.queue.acknowledge(lease)


async def _told(application: Application) -> Answer:
    """The answer of the incident with most alerts, the earlier of two: what a person would open first."""
    known = (await application.views.incidents(limit=PAGE)).incidents
    seen = [await application.views.incident(one.id) for one in known]
    if not seen:
        raise AgentError("no alert became an incident")
    main = min(seen, key=lambda one: (-len(one.alerts), one.incident.id))
    return _answered(main, len(seen))


def _answered(seen: IncidentView, incidents: int) -> Answer:
    run = seen.runs[-1]
    if run.diagnosis is None or run.report is None:
        raise AgentError("the run ended without a diagnosis and a report")
    if seen.effects:
        raise AgentError(f"something was done: {', '.join(effect.name for effect in seen.effects)}")
    diagnosis, usage = run.diagnosis, run.usage or Usage()
    return Answer(
        verdict=diagnosis.verdict.value,
        category=diagnosis.fault.value,
        suspects=tuple(_suspect(one) for one in diagnosis.suspects),
        diagnosis=diagnosis.summary,
        confidence=diagnosis.confidence,
        claims=len(diagnosis.claims),
        claims_dropped=diagnosis.claims_dropped,
        llm_calls=usage.calls,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=usage.cost_usd,
        incidents=incidents,
        degraded_because=diagnosis.degraded_because,
    )


def _suspect(one: Suspect) -> dict[str, object]:
    return {"component": one.component, "score": one.score, "evidence": list(one.evidence), "why": one.why}
