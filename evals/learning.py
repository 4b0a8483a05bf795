"""What does the agent gain from having seen an incident before?  Each case again and again, closed and confirmed.

The cases share one record and one memory, so that each must be told from all the others. After each diagnosis a person
gives the true cause and closes the incident; that person's knowledge is the case's truth, which the agent never sees.
The model is a script that asks for what a careful one would: its calls can be counted, and prove no wit.

Or without a memory, and with two people who say so: then what they say weighs in the ranking, and that alone is seen.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.evidence import EvidenceKind
from agent.domain.hypothesis import Diagnosis, Usage
from agent.entrypoints.demo.recording import Recording
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.memory.chroma import ChromaMemory, Deadlines
from agent.memory.embedding import Embedder, local_embedder
from agent.memory.place import Folder
from agent.ports import Lesson, Model
from agent.settings import Settings
from agent.testing import NoMemory
from agent.views import IncidentView
from evals import case as cases
from evals import markdown
from evals.case import Case
from evals.scripted import ScriptedModel
from evals.whole import place, work
from tools.clients.recorded import recorded

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_ROUND = timedelta(days=1)
"""From one occurrence of a case to the next."""
_APART = timedelta(minutes=47)
"""From one case to the next: long enough that none joins the incident before it."""
_PATIENT = Deadlines(recall=timedelta(seconds=60), call=timedelta(seconds=60))
"""On a busy machine a memory that is late would be measured as one that knows nothing."""
_ANALYSIS = "analysis"
_PERSON, _ANOTHER = (
    Caller(name=name, kind="person", scopes=frozenset({"ask", "read"})) for name in ("on-call", "colleague")
)


@dataclass(frozen=True)
class Occurrence:
    """One investigation of a case that was, or was not, seen before."""

    case: str
    number: int
    """1 for the first time."""
    rank: int
    """Of the true cause among the suspects; 0 when it is not among them."""
    steps: int
    """Pieces of evidence that the model asked for, beside the survey's."""
    calls: int
    """Of the model."""
    precedent: str
    """`itself`, `same component` (another case's), `wrong`, or empty when no past incident was taken for this one."""
    lead: float = field(default=0.0, compare=False)
    """Of the true cause's score before the best other's; negative when another one is first, 0 when it is not there."""


class Moment:
    """`ports.Clock` that is moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


class Town:
    """One installation, through days of trouble."""

    def __init__(self, folder: Path, embedder: Embedder, *, prior: bool = False) -> None:
        """`prior`: nothing is recalled, and two people agree, so that what they say weighs in the ranking."""
        self._people = (_PERSON, _ANOTHER) if prior else (_PERSON,)
        self._prior = prior
        self._settings = Settings.model_construct(data=folder / "data")
        self._clock = Moment(_BEGAN)
        self._lessons: list[Lesson] = []
        self._planted: list[Lesson] = []
        self._closed: dict[str, Case] = {}
        self.memory = ChromaMemory(
            Folder(folder / "memory"), embedder, self._recorded, str, self._clock, deadlines=_PATIENT
        )

    async def occurrence(self, case: Case, number: int, at: datetime, model: Model | None) -> Occurrence:
        """It happens, is looked at; a person says what it was, and closes it."""
        recording = Recording(case.folder)
        shift, self._clock.at = at - recording.now, at
        told = recorded(case.folder, shift=shift, step=case.step)
        sources = Sources(
            metrics=told.metrics, logs=told.logs, changes=[told.changes], topology=[told.topology], step=case.step
        )
        replaced = Replaced(
            clock=self._clock,
            sources=sources,
            executors={},
            channels=(),
            memory=NoMemory() if self._prior else self.memory,
            model=model,
        )
        async with bootstrap(self._settings, replaced) as application:
            await place(application, recording.alert(shift))
            await work(application)
            seen = await _latest(application)
            await self.confirm(application, seen, case)
        return self._told(case, number, seen)

    async def close(self) -> None:
        await self.memory.close()

    async def plant(self, lessons: Sequence[Lesson]) -> None:
        """As if somebody had written these into the record; the memory is opened anew, and believes the record."""
        self._planted = list(lessons)
        await self.memory.close()

    async def confirm(self, application: Application, seen: IncidentView, case: Case) -> None:
        """What a person who knows the truth says of the diagnosis, before the incident is closed and learned from."""
        incident, people, cause = seen.incident.id, application.service.people, cause_of(case)
        verdict = "right" if _diagnosis(seen).component == cause else "wrong"
        for person in self._people:
            await people.give_feedback(incident, verdict, cause, "", person)
        await people.close(incident, _PERSON)
        await work(application)
        self.closed(incident, case, await application.record.lessons.all())

    def closed(self, incident: str, case: Case, lessons: Sequence[Lesson]) -> None:
        """Remember what the incident was, and what is on the record now."""
        self._closed[incident], self._lessons = case, list(lessons)

    async def _recorded(self) -> Sequence[Lesson]:
        return [*self._lessons, *self._planted]

    def _told(self, case: Case, number: int, seen: IncidentView) -> Occurrence:
        diagnosis, cause = _diagnosis(seen), cause_of(case)
        ranked = [one.component for one in diagnosis.suspects]
        beside = {EvidenceKind.MEMORY, EvidenceKind.ALERT}
        return Occurrence(
            case=case.id,
            number=number,
            rank=ranked.index(cause) + 1 if cause in ranked else 0,
            steps=sum(1 for one in seen.evidence if one.source != _ANALYSIS and one.kind not in beside),
            calls=(seen.runs[-1].usage or Usage()).calls,
            precedent=_taken_for(self._closed.get(diagnosis.precedent), case),
            lead=_lead(diagnosis, cause),
        )


def _lead(diagnosis: Diagnosis, cause: str) -> float:
    scores = {one.component: one.score for one in reversed(diagnosis.suspects)}
    others = [score for component, score in scores.items() if component != cause]
    return scores[cause] - max(others, default=0.0) if cause in scores else 0.0


def _taken_for(past: Case | None, case: Case) -> str:
    if past is None:
        return ""
    if past.id == case.id:
        return "itself"
    return "same component" if cause_of(past) == cause_of(case) else "wrong"


def command(root: Path, times: int, out: Path | None, *, prior: bool = False) -> int:
    """Print the table and write `out`; 1 when there is no case with a cause. `prior`: of what people said, alone."""
    found = [one for one in cases.find(root) if cause_of(one)]
    told = asyncio.run(measured(found, times, ScriptedModel, prior=prior))
    print(table(told))
    if out is not None:
        out.write_text(json.dumps([asdict(one) for one in told], indent=1), "utf-8")
    return 0 if told else 1


async def measured(
    found: Sequence[Case], times: int, model: Callable[[], Model | None], *, prior: bool = False
) -> list[Occurrence]:
    """Every case once, then every case again, and so on."""
    told: list[Occurrence] = []
    with tempfile.TemporaryDirectory(prefix="evals-learning-") as folder:
        town = Town(Path(folder), await local_embedder(), prior=prior)
        for number in range(1, times + 1):
            for turn, case in enumerate(found):
                at = _BEGAN + _ROUND * number + _APART * turn
                told.append(await town.occurrence(case, number, at, model()))
        await town.close()
    return told


def cause_of(case: Case) -> str:
    """What the person knows who closes it; empty when nothing was wrong."""
    truth = case.folder / "truth.json"
    return str(json.loads(truth.read_text("utf-8-sig")).get("root_cause") or "") if truth.exists() else ""


def table(told: Sequence[Occurrence]) -> str:
    """Markdown: a row for each time that the cases were seen."""
    rows = (_row(number, [one for one in told if one.number == number]) for number in _numbers(told))
    return "\n".join(markdown.table(_HEAD, rows))


_HEAD = (
    *("occurrence", "cases", "cause first", "cause among 3", "mean rank", "mean lead", "taken for itself"),
    *("for another case of the component", "wrongly for another", "evidence asked for", "model calls", "most"),
)


def _row(number: int, told: Sequence[Occurrence]) -> list[object]:
    ranked = [one.rank for one in told if one.rank]
    return [
        number,
        len(told),
        sum(one.rank == 1 for one in told),
        sum(1 <= one.rank <= 3 for one in told),
        f"{sum(ranked) / len(ranked):.2f}" if ranked else "-",
        f"{sum(one.lead for one in told) / len(told):.3f}",
        sum(one.precedent == "itself" for one in told),
        sum(one.precedent == "same component" for one in told),
        sum(one.precedent == "wrong" for one in told),
        f"{_mean([one.steps for one in told]):.1f}",
        f"{_mean([one.calls for one in told]):.1f}",
        max(one.calls for one in told),
    ]


def _numbers(told: Sequence[Occurrence]) -> list[int]:
    return sorted({one.number for one in told})


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)


async def _latest(application: Application) -> IncidentView:
    """The incident that was opened last."""
    known = (await application.views.incidents()).incidents
    return await application.views.incident(max(known, key=lambda one: one.opened_at).id)


def _diagnosis(seen: IncidentView) -> Diagnosis:
    found = seen.runs[-1].diagnosis
    if found is None:
        raise RuntimeError(f"{seen.incident.id} was not diagnosed.")
    return found
