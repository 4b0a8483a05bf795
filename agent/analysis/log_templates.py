"""Which kinds of log line are new, louder or gone since the onset?"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent.analysis import log_traces
from agent.analysis.log_absences import Absence, absences
from agent.analysis.log_record import Kind, LogRecord, deviations, record
from agent.analysis.log_traces import Spectrum
from agent.analysis.log_unfinished import Troubled, Unfinished, unfinished
from agent.analysis.topology import Graph
from tools.base import LogLine
from tools.invisible import visible

_CHANGED = 3.0
"""Deviations from which a rate has changed, in a log of few kinds."""
_SPEAKS = 0.9
"""Trouble from which a line says that something failed."""
_WARNED = 0.6
"""That of a warning."""
_MISSED = 0.5
"""What the absence of a line says about a fault: something is not done, or done another way."""
_ECHO = 0.25
"""What is left of a complaint that always comes after another component's in the same request."""
_TROUBLE = re.compile(
    r"\b(errors?|exceptions?|fail(ed|ure|s)?|fatal|panic|refused|timed?[ -]?out|timeout|unreachable|denied|oom|killed"
    r"|out of memory|no space|cannot|unable|rejected|exhausted|unavailable|deadline exceeded|traceback|aborted"
    r"|[a-z]+(exception|error)|(status|code|http/\d(\.\d)?)\W{1,4}5\d\d)\b",
    re.IGNORECASE,
)
_BAD_LEVELS = frozenset({"error", "err", "fatal", "critical", "severe", "emerg", "alert", "panic"})
_WARNING_LEVELS = frozenset({"warn", "warning"})
_EXAMPLE = 300


@dataclass(frozen=True)
class LineShift:
    """One kind of line on one component, before and since the onset."""

    component: str
    template: str
    example: str
    """The first raw line of it since the onset, or the last before it when it is gone; capped. Untrusted."""
    level: str
    before: float
    """Lines before the onset, scaled to what was known and asked of the component since."""
    after: int
    z: float
    """Deviations between the two, positive; see `log_record.deviations`."""
    trouble: float
    """0 to 1: how much a line of this level and wording, or its absence, says about a fault."""
    first: datetime
    """Of the lines since the onset; when it is gone, the last there was."""
    traces: frozenset[str] = frozenset()
    """The requests that its lines since the onset name."""
    led: float = 1.0
    """Share of its requests in which no other component had broken off or, of a complaint, complained before."""

    @property
    def new(self) -> bool:
        return self.before == 0

    @property
    def gone(self) -> bool:
        return self.after < self.before

    @property
    def strength(self) -> float:
        return self.z * self.trouble * max(_ECHO, self.led)


@dataclass(frozen=True)
class Heard:
    """What a log says."""

    shifts: Sequence[LineShift]
    """The kinds of line whose rate changed, per component, the strongest first."""
    unfinished: Sequence[Unfinished]
    """Whose requests break off midway, the strongest first."""


def hear(lines: Sequence[LogLine], onset: datetime, now: datetime, deps: Graph) -> Heard:
    """`deps`: who waits for whom in a request."""
    seen = record(lines, onset, now)
    clear = max(_CHANGED, seen.chance)
    risen = [shift for (component, text), kind in seen.kinds.items() if (shift := _risen(component, text, kind, seen))]
    least = _WARNED if seen.blank else 0.0
    risen = [shift for shift in risen if shift.z >= clear and shift.trouble >= least]
    complaints = _complaints(risen, seen)
    broken = unfinished(seen, onset, deps, complaints)
    risen = _led(risen, complaints, broken)
    gone = [shift for one in absences(seen) if one.z >= clear and (shift := _gone(one))]
    order = sorted([*risen, *gone], key=lambda shift: (-shift.strength, shift.first, shift.component, shift.template))
    return Heard(order, broken)


def failing(lines: Sequence[LogLine], shifts: Sequence[LineShift], onset: datetime, now: datetime) -> list[Spectrum]:
    """Components whose requests hold new complaints more often than those that go past them, the clearest first.

    `shifts`: those of the same lines.
    """
    since = log_traces.requests(line for line in lines if onset <= line.at <= now)
    failed = {trace for shift in shifts if not shift.gone and shift.trouble >= _SPEAKS for trace in shift.traces}
    return log_traces.spectra(since, failed)


def begun(heard: Heard, components: Sequence[str]) -> Mapping[str, float]:
    """Component -> part of the requests that failed whose first trouble is its own, or of it; none of hardly any.

    Who complains of another may yet be what makes that look bad: they share it.
    """
    complaints = [shift for shift in heard.shifts if shift.trouble >= _SPEAKS and not shift.gone]
    first: dict[str, float] = defaultdict(float)
    for shift in complaints:
        named = [shift.component, *blamed(shift, components)]
        for name in named:
            first[name] += shift.led * len(shift.traces) / len(named)
    for one in heard.unfinished:
        first[one.component] += len(one.broke)
    failed = set[str]().union(*(shift.traces for shift in complaints), *(one.broke for one in heard.unfinished))
    whole = sum(first.values())
    return {name: part / whole for name, part in first.items()} if log_traces.enough(len(failed)) and whole else {}


def blamed(shift: LineShift, components: Sequence[str]) -> list[str]:
    """The components that the line names, other than the one that wrote it; none for what it no longer says."""
    if shift.gone:
        return []
    words = set(re.findall(r"[\w.-]+", shift.template))
    return [name for name in components if name != shift.component and name in words]


def _risen(component: str, text: str, kind: Kind, seen: LogRecord) -> LineShift | None:
    if not kind.since:
        return None
    first = min(kind.since, key=lambda line: line.at)
    return LineShift(
        component=component,
        template=text,
        example=visible(first.message)[:_EXAMPLE],
        level=first.level,
        before=len(kind.before) * seen.scale,
        after=len(kind.since),
        z=deviations(len(kind.before), len(kind.since), seen.scale),
        trouble=_trouble(first.level, text),
        first=first.at,
        traces=frozenset(line.trace for line in kind.since if line.trace),
    )


def _gone(one: Absence) -> LineShift | None:
    """None for a complaint: that it is no longer heard is no fault."""
    last = max(one.lines, key=lambda line: line.at)
    if _trouble(last.level, one.template) >= _WARNED:
        return None
    return LineShift(
        component=one.component,
        template=one.template,
        example=visible(last.message)[:_EXAMPLE],
        level=last.level,
        before=one.expected,
        after=one.after,
        z=one.z,
        trouble=_MISSED,
        first=last.at,
    )


def _complaints(shifts: Sequence[LineShift], seen: LogRecord) -> Troubled:
    """Request -> who complains in it, with the moment of the first complaint."""
    first: dict[str, dict[str, datetime]] = defaultdict(dict)
    for shift in shifts:
        if shift.trouble >= _SPEAKS:
            for line in seen.kinds[shift.component, shift.template].since:
                if line.trace:
                    of_trace = first[line.trace]
                    of_trace[shift.component] = min(of_trace.get(shift.component, line.at), line.at)
    return first


def _led(shifts: Sequence[LineShift], complaints: Troubled, broken: Sequence[Unfinished]) -> list[LineShift]:
    """With the share of its requests in which nobody else had broken off or, of complaints, complained before."""
    breaks = {trace: one.component for one in broken for trace in one.broke}
    return [replace(one, led=_share(one, complaints, breaks)) for one in shifts]


def _share(shift: LineShift, complaints: Troubled, breaks: Mapping[str, str]) -> float:
    """Who complains at the same moment has not complained before: clocks of logs are coarse."""
    led = [trace for trace in shift.traces if breaks.get(trace, shift.component) == shift.component]
    if shift.trouble >= _SPEAKS:
        led = [trace for trace in led if complaints[trace][shift.component] == min(complaints[trace].values())]
    return len(led) / len(shift.traces) if shift.traces else 1.0


def _trouble(level: str, text: str) -> float:
    if level in _BAD_LEVELS:
        return 1.0
    if _TROUBLE.search(text):
        return 0.9
    return _WARNED if level in _WARNING_LEVELS else 0.2
