"""Did the alerts of an incident come in more than one wave?  Then it may be more than one incident.

What one cause sets off comes quickly and dies away, as aftershocks do (Omori 1894); when so many more come at once
after that, something else may have begun. Judged by when they started alone: names and places repeat from cause to
cause.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from agent.analysis.wording import clock
from agent.domain.alert import AlertStatus, Fate, Placed
from agent.domain.incident import Wave

BURST = timedelta(minutes=1)
"""How long alerts of one wave come close together: after it, one counts 1/e."""
_RISEN = 3.0
"""Deviations of what follows from what came before, in square roots (Anscombe 1948), from which it is a wave."""
_NAMED = 3
"""Components that are named."""


def waves(alerts: Sequence[Placed], burst: timedelta = BURST) -> tuple[Wave, ...]:
    """The waves in which the incident's alerts started, the first to come first; empty when there is only one.

    Each alert is in one of them, by the first message that told of it: the waves but one are what a split may take.
    """
    told = sorted(_first_told(alerts), key=lambda one: one.alert.starts_at)
    moments = [one.alert.starts_at.timestamp() for one in told]
    begun = [0, *_rises(moments, burst.total_seconds()), len(told)]
    found = [told[start:end] for start, end in pairwise(begun)]
    return tuple(_wave(those, len(told)) for those in found) if len(found) > 1 else ()


def _first_told(alerts: Sequence[Placed]) -> list[Placed]:
    """One message for each time that something began to fire."""
    found: dict[str, Placed] = {}
    for one in alerts:
        if one.fate is Fate.INCIDENT and one.alert.status is AlertStatus.FIRING:
            found.setdefault(one.alert.occurrence, one)
    return list(found.values())


def _rises(moments: Sequence[float], width: float) -> list[int]:
    """Where the next wave begins: the steepest rise within a burst of each place, when it is steep enough."""
    since, before = _fading([-at for at in reversed(moments)], width)[::-1], _fading(moments, width)
    steep = [
        (2 * (math.sqrt(since[place] + 1.375) - math.sqrt(before[place] + 0.375)), place)
        for place in range(1, len(moments))
    ]
    found: list[int] = []
    for rise, place in sorted(steep, key=lambda one: (-one[0], one[1])):
        near = (abs(moments[place] - moments[other]) < width for other in (0, *found))
        if rise >= _RISEN and not any(near):
            found.append(place)
    return sorted(found)


def _fading(moments: Sequence[float], width: float) -> list[float]:
    """Per place how many came before it, each counting less the longer ago, 1/e after `width`."""
    found, left = [0.0], 0.0
    for earlier, later in pairwise(moments):
        left = (left + 1) * math.exp((earlier - later) / width)
        found.append(left)
    return found


def _wave(told: Sequence[Placed], of_all: int) -> Wave:
    named = Counter(one.alert.service for one in told if one.alert.service)
    services = tuple(name for name, _ in named.most_common(_NAMED))
    began = told[0].alert.starts_at
    where = f", most of them about {', '.join(services)}" if services else ""
    return Wave(
        began=began,
        alerts=tuple(one.id for one in told),
        services=services,
        why=f"{len(told)} of its {of_all} alerts began in a wave from {clock(began)} on{where}.",
    )
