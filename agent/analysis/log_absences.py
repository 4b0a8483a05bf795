"""Which kinds of log line are no longer written?

What is written for requests is missing when it is missing of the requests that still come; what is written by the
clock is missing when the clock's time has passed.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.analysis.log_record import Kind, LogRecord, deviations
from tools.base import LogLine

_GONE = 0.1
"""Of what was expected, the part that may still come of what is gone."""
_EVEN = 0.3
"""Spread of the pauses between two lines, relative to their mean, up to which a clock writes them; 1 for chance."""
_BEATS = 4
"""Pauses that tell a clock."""
_NAMED = 0.8
"""Share of a component's lines that name their request from which its requests can be counted."""


@dataclass(frozen=True)
class Absence:
    """One kind of line on one component that has all but ceased."""

    component: str
    template: str
    lines: Sequence[LogLine]
    """Those before the onset."""
    expected: float
    after: int
    z: float
    """Deviations below what was expected, positive."""


def absences(record: LogRecord) -> Iterator[Absence]:
    """Every kind that was expected and has all but ceased."""
    busy = _busyness(record)
    for (component, template), kind in record.kinds.items():
        scale = record.scale if _by_the_clock(kind.before) else busy[component]
        expected = len(kind.before) * scale
        if kind.before and len(kind.since) <= _GONE * expected:
            z = -deviations(len(kind.before), len(kind.since), scale)
            yield Absence(component, template, kind.before, expected, len(kind.since), z)


def _busyness(record: LogRecord) -> dict[str, float]:
    """Component -> its requests since the onset over those before; over all its lines where they name no request."""
    of: dict[str, list[Kind]] = defaultdict(list)
    for (component, _), kind in record.kinds.items():
        of[component].append(kind)
    return {component: _ratio(kinds) for component, kinds in of.items()}


def _ratio(kinds: Sequence[Kind]) -> float:
    before = [line for kind in kinds for line in kind.before]
    since = [line for kind in kinds for line in kind.since]
    named = Counter(bool(line.trace) for line in (*before, *since))
    if named[True] >= _NAMED * named.total():
        requests = [len({line.trace for line in lines}) for lines in (before, since)]
    else:
        requests = [len(before), len(since)]
    return requests[1] / requests[0] if requests[0] else 0.0


def _by_the_clock(lines: Sequence[LogLine]) -> bool:
    """No request's, and at even pauses."""
    if any(line.trace for line in lines):
        return False
    moments = sorted(line.at.timestamp() for line in lines)
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    mean = sum(pauses) / len(pauses) if pauses else 0.0
    return len(pauses) >= _BEATS and statistics.pstdev(pauses) <= _EVEN * mean
