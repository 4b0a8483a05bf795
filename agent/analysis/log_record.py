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

    @property
    def chance(self) -> float:
        """Deviations that the loudest of so many quiet kinds reaches: the extreme of as many normal numbers."""
        return math.sqrt(2 * math.log(max(2, len(self.kinds))))


def record(lines: Sequence[LogLine], onset: datetime, now: datetime) -> LogRecord:
    known = [line for line in lines if line.at <= now]
    kinds: dict[tuple[str, str], Kind] = defaultdict(Kind)
    for line, text in zip(known, assign(line.message for line in known), strict=True):
        kind = kinds[line.service, text]
        (kind.since if line.at >= onset else kind.before).append(line)
    return LogRecord(kinds, _scale(known, onset, now))


def deviations(before: float, after: int, scale: float) -> float:
    """Of a count since the onset from one before, below 0 when there are fewer.

    For counts that jitter more than Poisson's do: the square roots of Huffman (1984), which allow for what is not known
    of a short time before, widened as for a negative binomial.
    """
    expected = before * scale
    apart = math.sqrt(after + 0.375) - math.sqrt(expected + 0.375 * max(1.0, scale))
    return 2 * apart / math.sqrt(1 + scale + _JITTER**2 * expected)


def _scale(known: Sequence[LogLine], onset: datetime, now: datetime) -> float:
    written = sorted(line.at.timestamp() for line in known)
    begun, end = onset.timestamp(), now.timestamp()
    hole = _hole(written)
    before = _known([*(at for at in written if at < begun), begun], hole)
    since = _known([begun, *(at for at in written if at >= begun), end], hole)
    return max(1.0, since) / before if before > 0 else 1.0


def _hole(written: Sequence[float]) -> float:
    """Seconds from which a silence is a hole: many times that in which a moment usually falls."""
    gaps = [gap for gap in map(_length, itertools.pairwise(written)) if gap <= _SILENCE]
    usual = sum(gap * gap for gap in gaps) / sum(gaps) if sum(gaps) else _SILENCE
    return min(_SILENCE, max(_PAUSE, _PAUSES * usual))


def _known(moments: Sequence[float], hole: float) -> float:
    """Seconds from the first to the last of these, without what is beyond a hole's beginning."""
    return sum(min(gap, hole) for gap in map(_length, itertools.pairwise(moments)))


def _length(pair: tuple[float, float]) -> float:
    return pair[1] - pair[0]
