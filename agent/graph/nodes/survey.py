"""What does the data say before any model is asked?"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TypeVar

from langgraph.runtime import Runtime

from agent.analysis import conditions, log_traces, signals, survey_plan
from agent.analysis.conditions import Asked, Condition
from agent.analysis.observations import Observations, Reading
from agent.analysis.onset import LATEST_REPORT
from agent.analysis.ranking import diagnose
from agent.analysis.survey_plan import Ask
from agent.domain.alert import Alert
from agent.domain.event import Event, EventType
from agent.domain.hypothesis import Diagnosis
from agent.domain.incident import Symptom
from agent.graph.context import Context, Sources
from agent.graph.state import Found, State
from agent.policy.grounding import Grounded, ground
from agent.ports import Metrics
from tools.base import BackendError, Change, LogPage, Logs, LogSearch, Topology
from tools.cluster.facts import ClusterState
from tools.observe.topology import merged

T = TypeVar("T")

AT_ONCE = 8
"""Queries under way at once: enough to be quick, few enough not to be the next incident."""
LOG_LINES = 5_000
"""Lines of one page."""
LOG_PAGES = 2
"""Pages of the newest lines, and as many of what is usual: all of them are read within a second."""
LOG_PIECES = 6
"""Stretches, with a page each, of the time in which the incident can have begun, when the newest lines do not reach
back to it: the newest minute of a busy log tells nothing of what broke four minutes ago, and may be well again."""
LOG_HISTORY = timedelta(minutes=30)
CHANGE_HISTORY = timedelta(hours=6)


@dataclass
class _Gaps:
    """What could not be looked at, and why: it is told, never silently left out."""

    sentences: list[str] = field(default_factory=list)

    async def or_else(self, asked: Awaitable[T], instead: T) -> T:
        try:
            return await asked
        except BackendError as error:
            self.sentences.append(str(error))
            return instead


async def survey(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    placed = await context.incidents.alerts(state["incident"])
    # A clock that was set back since they came would have the agent look at a time before them, and find it healthy.
    now = max([context.clock.now(), *(one.received_at for one in placed)])
    gaps = _Gaps()
    alerts = tuple(one.alert for one in placed)
    seen = await observe(context.sources, alerts, Symptom(state["symptom"]), now, gaps.sentences)
    team = (await context.incidents.get(state["incident"])).team
    seen = replace(seen, found_before=tuple(await context.lessons.found_before(team)))
    # The analysis computes for up to seconds; the leases of other runs must be renewed meanwhile.
    findings = await asyncio.to_thread(diagnose, seen)
    stored = await context.incidents.add_evidence(state["incident"], findings.evidence)
    names = {placeholder.id: kept.id for placeholder, kept in zip(findings.evidence, stored, strict=True)}
    found = findings.renamed(names.__getitem__).diagnosis()
    known, onset = sorted(_entities(seen)), findings.onset.at
    checked = await asyncio.to_thread(partial(ground, found, stored, entities=known, onset=onset))
    text = f"Surveyed {len(seen.readings)} series, {len(seen.lines)} log lines, {len(seen.changes)} changes."
    facts = {"evidence": len(stored), "not_checked": list(gaps.sentences)}
    await context.journal.record(Event(type=EventType.SURVEYED, incident=state["incident"], text=text, facts=facts))
    return {
        "findings": _borne_out(found, checked).model_dump(mode="json"),
        "onset": onset.isoformat(),
        "entities": known,
        "not_checked": gaps.sentences,
    }


def _borne_out(found: Diagnosis, checked: Grounded) -> Diagnosis:
    """Only the sentences that pass the check a model's must pass; the ranking is not made of sentences, and stays."""
    told = checked.diagnosis
    return found.model_copy(
        update={
            "summary": told.summary,
            "claims": told.claims,
            "ruled_out": told.ruled_out,
            "claims_dropped": told.claims_dropped,
        }
    )


async def observe(
    sources: Sources, alerts: Sequence[Alert], symptom: Symptom | None, now: datetime, not_checked: list[str]
) -> Observations:
    """Ask every configured back end at once; what fails becomes a sentence in `not_checked`."""
    gaps = _Gaps(not_checked)
    start, end = survey_plan.window(alerts, now, sources.history, sources.step)
    readings, asked, page, changes, topology, cluster = await asyncio.gather(
        _metrics(sources, alerts, start, end, gaps),
        _conditions(sources, alerts, start, end, gaps),
        _logs(sources, alerts, end, gaps),
        _changes(sources, end - CHANGE_HISTORY, end, gaps),
        _topology(sources, end, gaps),
        _cluster(sources, end, gaps),
    )
    return Observations(
        now=now,
        step=sources.step,
        alerts=tuple(alerts),
        readings=readings,
        conditions=asked,
        lines=tuple(reversed(page.lines)),
        lines_query=page.query,
        changes=changes,
        topology=topology or log_traces.topology(page.lines),
        cluster=cluster,
        symptom=symptom,
        service_label=sources.service_label,
    )


async def _metrics(
    sources: Sources, alerts: Sequence[Alert], start: datetime, end: datetime, gaps: _Gaps
) -> tuple[Reading, ...]:
    if (metrics := sources.metrics) is None:
        return ()
    scope, found = await _scoped(metrics, survey_plan.scopes(alerts, sources.selectors), start, end, gaps)
    kinds = await gaps.or_else(metrics.metadata(), {})
    asks = survey_plan.plan(
        found,
        kinds,
        alerts,
        step=sources.step,
        service_label=sources.service_label,
        scope=scope,
    )
    gaps.sentences.extend(asks.left_out)
    places = asyncio.Semaphore(AT_ONCE)

    async def put(ask: Ask) -> tuple[Reading, ...]:
        async with places:
            return ask.readings(await metrics.query_range(ask.promql, start, end, sources.step))

    answers = await asyncio.gather(*(gaps.or_else(put(ask), ()) for ask in asks.asks))
    return tuple(reading for answer in answers for reading in answer)


async def _scoped(
    metrics: Metrics, scopes: Sequence[Sequence[str]], start: datetime, end: datetime, gaps: _Gaps
) -> tuple[str, list[dict[str, str]]]:
    """The narrowest scope in which there are series, and their label sets."""
    for selectors in scopes:
        if found := await gaps.or_else(metrics.series(selectors, start, end), []):
            return (selectors[0] if len(selectors) == 1 else ""), found
    return "", []


async def _conditions(
    sources: Sources, alerts: Sequence[Alert], start: datetime, end: datetime, gaps: _Gaps
) -> tuple[Asked, ...]:
    """What the alerts fire on, asked again; what the back end cannot evaluate is left out, and told."""
    if (metrics := sources.metrics) is None:
        return ()

    async def put(one: Condition) -> Asked:
        close = min(sources.step, conditions.CLOSEST)
        held = await metrics.query_range(one.expression, start, end, close)
        compared = [await metrics.query_range(operand, start, end, sources.step) for operand in one.operands]
        operands = tuple(conditions.spoken_of(answer, alerts) for answer in compared)
        return Asked(one, conditions.spoken_of(held, alerts), operands)

    found = await asyncio.gather(*(gaps.or_else(put(one), None) for one in conditions.conditions(alerts)))
    return tuple(one for one in found if one is not None)


async def _logs(sources: Sources, alerts: Sequence[Alert], end: datetime, gaps: _Gaps) -> LogPage:
    nothing = LogPage(lines=(), total=0, truncated=False, query="")
    if sources.logs is None:
        return nothing
    told = min([alert.starts_at for alert in alerts] + [end])
    start = told - LOG_HISTORY
    begun = told - LATEST_REPORT
    page = await gaps.or_else(_newest(sources.logs, start, end, begun), nothing)
    oldest = page.lines[-1].at if page.truncated and page.lines else start
    usual = min(oldest, begun)
    if usual <= start:
        return page
    # The newest lines fill the pages: what is usual is asked for apart, from before anything can have begun.
    between = await gaps.or_else(_pieces(sources.logs, begun, oldest), nothing)
    before = await gaps.or_else(_newest(sources.logs, start, usual, start), nothing)
    return _as_one([page, between, before])


async def _newest(logs: Logs, start: datetime, end: datetime, enough: datetime) -> LogPage:
    """As one page: the newest lines, page by page back to `start` or, when they do not end there, to `enough`."""
    first = page = await logs.search(LogSearch(start, end, limit=LOG_LINES))
    lines, pages = page.lines, 1
    while page.truncated and page.lines and pages < LOG_PAGES and lines[-1].at > enough:
        page = await logs.search(LogSearch(start, lines[-1].at, limit=LOG_LINES))
        lines, pages = lines + page.lines, pages + 1
    return replace(first, lines=lines, truncated=page.truncated)


async def _pieces(logs: Logs, start: datetime, end: datetime) -> LogPage:
    """As one page: the newest lines of each of LOG_PIECES stretches of this time, the last stretch first."""
    ends = [end - max(end - start, timedelta(0)) * piece / LOG_PIECES for piece in range(LOG_PIECES + 1)]
    asked = [LogSearch(first, last, limit=LOG_LINES) for last, first in pairwise(ends) if first < last]
    return _as_one([await logs.search(one) for one in asked])


def _as_one(pages: Sequence[LogPage]) -> LogPage:
    """Pages from the newest to the oldest; of what gave no line, nothing is said."""
    told = [page for page in pages if page.lines] or pages[:1]
    return LogPage(
        lines=tuple(line for page in told for line in page.lines),
        total=sum(page.total for page in told),
        truncated=any(page.truncated for page in told),
        query="; ".join(dict.fromkeys(page.query for page in told)),
    )


async def _changes(sources: Sources, start: datetime, end: datetime, gaps: _Gaps) -> tuple[Change, ...]:
    answers = await asyncio.gather(*(gaps.or_else(source.between(start, end), []) for source in sources.changes))
    return tuple(sorted((change for answer in answers for change in answer), key=lambda change: change.at))


async def _topology(sources: Sources, at: datetime, gaps: _Gaps) -> Topology | None:
    answers = await asyncio.gather(*(gaps.or_else(source.topology(at), None) for source in sources.topology))
    return merged([answer for answer in answers if answer is not None])


async def _cluster(sources: Sources, at: datetime, gaps: _Gaps) -> ClusterState | None:
    if sources.cluster is None:
        return None
    state = await gaps.or_else(sources.cluster.state(at), None)
    gaps.sentences.extend(state.not_checked if state else ())
    return state


def _entities(seen: Observations) -> set[str]:
    """Every component that a back end has named: the only ones an action may be aimed at."""
    measured = (reading.series for reading in seen.readings)
    by_metric = {signals.component(one.labels, seen.service_label, one.name) for one in measured}
    by_log = {line.service for line in seen.lines}
    by_change = {change.service for change in seen.changes}
    by_cluster = seen.cluster.names if seen.cluster else set()
    return (by_metric | by_log | by_change | by_cluster | set(seen.topology.nodes if seen.topology else ())) - {""}
