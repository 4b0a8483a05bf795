"""How much of a log is known before the onset and since, and how often was each kind of line written in it?"""

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tools.base import LogLine
from tools.log_templates import assign

_SILENCE = 60.0
"""Seconds. When nobody has written for longer, nothing is known of the rest of that time: the record has a hole."""
_PAUSE = 5.0
"""Seconds. Of a busy log, a silence of so long is a hole already."""
_PAUSES = 5
"""Times the usual silence that one is before it is a hole."""
_JITTER = 0.25
"""A quarter of its usual rate is what a kind of line may come and go with the traffic."""


@dataclass
class Kind:
    """The lines of one kind on one component, in the order in which they were given."""

    before: list[LogLine] = field(default_factory=list)
    since: list[LogLine] = field(default_factory=list)


@dataclass(frozen=True)
class LogRecord:
    """A log, cut at the onset."""

    kinds: Mapping[tuple[str, str], Kind]
    """(component, template) -> its lines."""
    scale: float
    """Time known since the onset over time known before it; 1 when nothing was seen before."""
    told: Sequence[tuple[LogLine, str]]
    """All of its lines with their kind, in the order in which they were given."""
    stretches: Sequence[tuple[float, float]]
    """From when to when, in Unix seconds, there is no hole in it; in the order of time."""

    @property
    def blank(self) -> bool:
        """Whether nothing is known of the time before: then every kind of line seems new."""
        return not any(kind.before for kind in self.kinds.values())

    @property
    def chance(self) -> float:
        """Deviations that the loudest of so many quiet kinds reaches: the extreme of as many normal numbers."""
        return math.sqrt(2 * math.log(max(2, len(self.kinds))))


def record(lines: Sequence[LogLine], onset: datetime, now: datetime) -> LogRecord:
    known = [line for line in lines if line.at <= now]
    kinds: dict[tuple[str, str], Kind] = defaultdict(Kind)
    told = list(zip(known, assign(line.message for line in known), strict=True))
    for line, text in told:
        kind = kinds[line.service, text]
        (kind.since if line.at >= onset else kind.before).append(line)
    written = sorted(line.at.timestamp() for line in known)
    hole = _hole(written)
    return LogRecord(kinds, _scale(written, hole, onset, now), told, _stretches(written, hole))


def deviations(before: float, after: int, scale: float) -> float:
    """Of a count since the onset from one before, below 0 when there are fewer.

    For counts that jitter more than Poisson's do: the square roots of Huffman (1984), which allow for what is not known
    of a short time before, widened as for a negative binomial.
    """
    expected = before * scale
    apart = math.sqrt(after + 0.375) - math.sqrt(expected + 0.375 * max(1.0, scale))
    return 2 * apart / math.sqrt(1 + scale + _JITTER**2 * expected)


def _scale(written: Sequence[float], hole: float, onset: datetime, now: datetime) -> float:
    begun, end = onset.timestamp(), now.timestamp()
    before = _known([*(at for at in written if at < begun), begun], hole)
    since = _known([begun, *(at for at in written if at >= begun), end], hole)
    return max(1.0, since) / before if before > 0 else 1.0


def _hole(written: Sequence[float]) -> float:
    """Seconds from which a silence is a hole: many times that in which a moment usually falls."""
    gaps = [gap for gap in map(_length, itertools.pairwise(written)) if gap <= _SILENCE]
    usual = sum(gap * gap for gap in gaps) / sum(gaps) if sum(gaps) else _SILENCE
    return min(_SILENCE, max(_PAUSE, _PAUSES * usual))


def _stretches(written: Sequence[float], hole: float) -> list[tuple[float, float]]:
    cuts = [0, *(place for place, gap in enumerate(map(_length, itertools.pairwise(written)), 1) if gap > hole)]
    return [(written[first], written[last - 1]) for first, last in itertools.pairwise([*cuts, len(written)]) if last]


def _known(moments: Sequence[float], hole: float) -> float:
    """Seconds from the first to the last of these, without what is beyond a hole's beginning."""
    return sum(min(gap, hole) for gap in map(_length, itertools.pairwise(moments)))


def _length(pair: tuple[float, float]) -> float:
    return pair[1] - pair[0]
