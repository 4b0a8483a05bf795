"""What is known of one case, and what do its raw telemetry say: the ground on which a claim is true or false."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from agent.analysis.observations import Observations, Reading
from agent.analysis.ranking import diagnose
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis
from agent.graph.context import Sources
from agent.graph.nodes.survey import observe
from agent.ingest import alertmanager
from evals.case import Case
from tools.clients.recorded import recorded

PLACEHOLDER = re.compile(r"<\w+>|<\*>")


@dataclass(frozen=True)
class Scene:
    """One case after its survey, as the incident's record holds it."""

    case: str
    seen: Observations
    evidence: tuple[Evidence, ...]
    diagnosis: Diagnosis
    """What the analysis says by itself."""
    onset: datetime
    """When the trouble began as the analysis tells: what a model, and the check, are told."""

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Every component that the telemetry names."""
        graph = self.seen.topology
        named = {one.entity for one in self.evidence} | {line.service for line in self.seen.lines}
        return tuple(
            sorted((named | {one.service for one in self.seen.changes} | set(graph.nodes if graph else ())) - {""})
        )

    @cached_property
    def written(self) -> frozenset[str]:
        """Everything that somebody wrote: log lines, changes and alerts, folded."""
        texts = {line.message for line in self.seen.lines} | {one.summary for one in self.seen.changes}
        for alert in self.seen.alerts:
            texts |= {alert.name, *alert.annotations.values()}
        return frozenset(map(folded, texts))

    def samples(self, component: str, metric: str = "") -> list[float]:
        """All values of the series that name the component; of that metric, when one is given."""
        told = (one for one in self.seen.readings if component in one.series.labels.values())
        return [value for one in told if metric in {"", one.series.name} for value in values(one)]

    def around(self, component: str, metric: str, moment: datetime, apart: timedelta) -> list[float]:
        """As `samples`, of that time alone."""
        told = (one.series for one in self.seen.readings if component in one.series.labels.values())
        return [
            float(value)
            for one in told
            if metric in {"", one.name}
            for at, value in zip(one.times, one.values, strict=True)
            if abs(at - moment.timestamp()) <= apart.total_seconds()
        ]

    def with_text(self, component: str, text: str) -> list[datetime]:
        """When the component wrote lines with this in them."""
        wanted = folded(text)
        return [one.at for one in self.seen.lines if one.service == component and wanted in folded(one.message)]

    def lines(self, component: str, template: str) -> list[datetime]:
        """When the component wrote lines of that template."""
        shape = re.compile(".+?".join(map(re.escape, PLACEHOLDER.split(template))))
        return [one.at for one in self.seen.lines if one.service == component and shape.fullmatch(one.message.strip())]

    def says(self, quote: str) -> bool:
        wanted = folded(quote)
        return any(wanted in text for text in self.written)


def values(reading: Reading) -> Iterator[float]:
    return (float(value) for value in reading.series.values if value == value)  # noqa: PLR0124 (not NaN)


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


async def scene(case: Case) -> Scene | None:
    """The case as production surveys it; None when it recorded nothing that can be surveyed."""
    if case.now is None:
        return None
    alerts, _ = alertmanager.parse(case.bodies, case.now)
    told = recorded(case.folder, step=case.step)
    sources = Sources(
        metrics=told.metrics, logs=told.logs, changes=[told.changes], topology=[told.topology], step=case.step
    )
    seen = await observe(sources, alerts, None, case.now, [])
    findings = diagnose(seen)
    stored = findings.renamed(lambda placeholder: placeholder.replace("a", "e"))
    return Scene(case.id, seen, stored.evidence, stored.diagnosis(), stored.onset.at)


def near(value: float, others: Sequence[float], share: float = 0.1) -> bool:
    """Is one of them so close that a person might call it the same?"""
    return any(abs(value - one) <= share * max(abs(value), abs(one)) for one in others)


def at_about(moment: datetime, others: Sequence[datetime], apart: timedelta = timedelta(seconds=90)) -> bool:
    return any(abs(moment - one) <= apart for one in others)
