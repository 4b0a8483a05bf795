"""Which kinds of log line are new or louder since the onset?"""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tools.base import LogLine
from tools.log_templates import assign, printable

_CHANGED = 3.0
"""Deviations of a Poisson count from which a rate has changed."""
_TROUBLE = re.compile(
    r"\b(errors?|exceptions?|fail(ed|ure|s)?|fatal|panic|refused|timed?[ -]?out|timeout|unreachable|denied|oom|killed"
    r"|out of memory|no space|cannot|unable|rejected|exhausted|unavailable|deadline exceeded|traceback|aborted)\b",
    re.IGNORECASE,
)
_BAD_LEVELS = frozenset({"error", "err", "fatal", "critical", "severe", "emerg", "alert", "panic"})
_WARNING_LEVELS = frozenset({"warn", "warning"})
_EXAMPLE = 300
_SILENCE = 60.0
"""Seconds. When nobody has written for longer, nothing is known of the rest of that time: the record has a hole."""
_JITTER = 0.25
"""A quarter of its usual rate is what a kind of line may come and go with the traffic."""


@dataclass(frozen=True)
class LineShift:
    """One kind of line on one component, before and since the onset."""

    component: str
    template: str
    example: str
    """The first raw line of it since the onset, capped. Untrusted."""
    level: str
    before: float
    """Lines before the onset, scaled to the length of the time since."""
    after: int
    z: float
    """Deviations of the count since from the scaled count before, for counts that jitter more than Poisson's do
    (the square root of Anscombe 1948, widened as for a negative binomial)."""
    trouble: float
    """0 to 1: how much a line of this level and wording says about a fault."""
    first: datetime

    @property
    def new(self) -> bool:
        return self.before == 0

    @property
    def strength(self) -> float:
        return self.z * self.trouble


def line_shifts(lines: Sequence[LogLine], onset: datetime, now: datetime) -> list[LineShift]:
    """The kinds of line whose rate rose, per component, the strongest first."""
    known = [line for line in lines if line.at <= now]
    scale = _scale([line.at for line in known], onset, now)
    kinds: dict[tuple[str, str], list[LogLine]] = defaultdict(list)
    for line, text in zip(known, assign(line.message for line in known), strict=True):
        kinds[line.service, text].append(line)
    found = [_shift(component, text, members, onset, scale) for (component, text), members in kinds.items()]
    risen = [shift for shift in found if shift and shift.z >= _CHANGED]
    return sorted(risen, key=lambda shift: (-shift.strength, shift.first, shift.component, shift.template))


def blamed(shift: LineShift, components: Sequence[str]) -> list[str]:
    """The components that the line names, other than the one that wrote it."""
    words = set(re.findall(r"[\w.-]+", shift.template))
    return [name for name in components if name != shift.component and name in words]


def _scale(written: Sequence[datetime], onset: datetime, now: datetime) -> float:
    """Time known of the incident over time known before it; 1 when nothing was seen before."""
    before = _known([*(at for at in written if at < onset), onset])
    return max(1.0, _known([onset, *(at for at in written if at >= onset), now])) / before if before > 0 else 1.0


def _known(moments: Sequence[datetime]) -> float:
    """Seconds from the first to the last of these, without what is beyond a silence."""
    ordered = sorted(at.timestamp() for at in moments)
    return sum(min(later - earlier, _SILENCE) for earlier, later in itertools.pairwise(ordered))


def _shift(component: str, text: str, members: list[LogLine], onset: datetime, scale: float) -> LineShift | None:
    since = [line for line in members if line.at >= onset]
    if not since:
        return None
    before = (len(members) - len(since)) * scale
    first = min(since, key=lambda line: line.at)
    return LineShift(
        component=component,
        template=text,
        example=printable(first.message)[:_EXAMPLE],
        level=first.level,
        before=before,
        after=len(since),
        z=2 * (math.sqrt(len(since) + 0.375) - math.sqrt(before + 0.375)) / math.sqrt(1 + _JITTER**2 * before),
        trouble=_trouble(first.level, text),
        first=first.at,
    )


def _trouble(level: str, text: str) -> float:
    if level in _BAD_LEVELS:
        return 1.0
    if _TROUBLE.search(text):
        return 0.9
    return 0.6 if level in _WARNING_LEVELS else 0.2
