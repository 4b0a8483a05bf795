"""Whose requests break off midway?  What always followed in a request and follows no longer.

As the event patterns of Nezha (Yu et al., "Nezha: Interpretable Fine-Grained Root Causes Analysis for Microservices on
Multi-modal Observability Data", ESEC/FSE 2023): two kinds of line, one after the other in one request on one component,
and how often before and since. Of several components that break off in one request, the innermost is the one whose own
it is: those above it wait for it, and those after it are given what it left.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from agent.analysis.changes import gain
from agent.analysis.log_record import LogRecord
from agent.analysis.log_traces import enough
from agent.analysis.topology import Graph

_ALWAYS = 0.95
"""Of the requests before, the part from which a line is one that always follows."""
_DIFFERS = 3.0
"""Deviations between two shares from which they differ, where few pairs are looked at."""
_LASTS = 5.0
"""Seconds that a request may take: of what began later before the end of what is known, the rest is not known."""
_FAR = 12
"""Lines that are looked at after each."""
_LONGEST = 200
"""Lines of one component in one request that are looked at, the first: bounds the cost on a request of thousands."""

Troubled = Mapping[str, Mapping[str, datetime]]
"""Request -> the components that are in trouble in it, with the moment from which."""


@dataclass(frozen=True)
class Unfinished:
    """Requests of one component in which one kind of line is no longer followed by another."""

    component: str
    template: str
    follows: str
    """The kind of line that always followed."""
    before: tuple[int, int]
    """Requests in which it followed, of those that held the first, before the onset."""
    since: tuple[int, int]
    z: float
    """Deviations between the two shares."""
    broke: Mapping[str, datetime] = field(default_factory=dict)
    """The requests since the onset in which it did not, with the moment of the last line before."""
    led: float = 1.0
    """Share of these in which no other component accounts for it."""
    chance: float = _DIFFERS
    """Deviations that the clearest of so many pairs reaches by chance."""

    @property
    def strength(self) -> float:
        """0 to 1: the part of what broke off that is its own, less what chance explains."""
        return self.led * gain(self.z / self.chance)


@dataclass(frozen=True)
class _Span:
    """What one component wrote in one request."""

    trace: str
    at: datetime
    kinds: Sequence[str]
    moments: Sequence[datetime]


def unfinished(seen: LogRecord, onset: datetime, deps: Graph, complaints: Troubled) -> list[Unfinished]:
    """At most one of each component, the strongest first.

    `complaints`: of others, which account for it as well.
    """
    spans = defaultdict[str, tuple[list[_Span], list[_Span]]](lambda: ([], []))
    for component, span in _spans(seen):
        spans[component][span.at >= onset].append(span)
    found = [one for component, (before, since) in spans.items() for one in _broken(component, before, since)]
    chance = max(_DIFFERS, math.sqrt(2 * math.log(max(2, len(found)))))
    return _led([replace(one, chance=chance) for one in found if one.z >= chance], deps, complaints)


def _spans(seen: LogRecord) -> Iterator[tuple[str, _Span]]:
    """Of each request and component, unless it may have gone on beyond the end of what is known."""
    found = defaultdict[tuple[str, str], list[tuple[datetime, str]]](list)
    for line, kind in seen.told:
        if line.trace and line.service:
            found[line.service, line.trace].append((line.at, kind))
    ends = [end for _, end in seen.stretches]
    for (component, trace), told in found.items():
        told.sort(key=_moment)
        at = told[0][0]
        place = bisect_left(ends, at.timestamp())
        if place < len(ends) and ends[place] - at.timestamp() >= _LASTS:
            moments, kinds = zip(*told[:_LONGEST], strict=True)
            yield component, _Span(trace, at, kinds, moments)


def _moment(told: tuple[datetime, str]) -> datetime:
    return told[0]


def _broken(component: str, before: Sequence[_Span], since: Sequence[_Span]) -> Iterator[Unfinished]:
    """Every pair of which the second always followed, with how much more seldom it does since."""
    held, followed = _pairs(before)
    always = defaultdict[str, set[str]](set)
    for (first, second), count in followed.items():
        if enough(held[first]) and count >= _ALWAYS * held[first]:
            always[first].add(second)
    now, still = Counter[str](), Counter[tuple[str, str]]()
    missed = defaultdict[tuple[str, str], dict[str, datetime]](dict)
    for span in since:
        for first, seconds in _following(span.kinds).items():
            if first in always:
                now[first] += 1
                still.update((first, second) for second in always[first] & seconds)
                for second in always[first] - seconds:
                    missed[first, second][span.trace] = _last(span, first, second)
    for first, seconds in always.items():
        for second in sorted(seconds) if enough(now[first]) else ():
            counts = (followed[first, second], held[first]), (still[first, second], now[first])
            yield Unfinished(component, first, second, *counts, _fewer(*counts), missed.get((first, second), {}))


def _pairs(spans: Sequence[_Span]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    held, followed = Counter[str](), Counter[tuple[str, str]]()
    for span in spans:
        for first, seconds in _following(span.kinds).items():
            held[first] += 1
            followed.update((first, second) for second in seconds)
    return held, followed


def _following(kinds: Sequence[str]) -> Mapping[str, Set[str]]:
    """Kind -> the kinds that came after it each time, before it came again."""
    found: dict[str, Set[str]] = {}
    for place, first in enumerate(kinds):
        after: set[str] = set()
        for second in kinds[place + 1 : place + 1 + _FAR]:
            if second == first:
                break
            after.add(second)
        found[first] = found[first] & after if first in found else after
    return found


def _last(span: _Span, first: str, second: str) -> datetime:
    """The last moment of the first that the second did not follow."""
    found = span.at
    for place, kind in enumerate(span.kinds):
        after = takewhile(first.__ne__, span.kinds[place + 1 : place + 1 + _FAR])
        if kind == first and second not in after:
            found = span.moments[place]
    return found


def _fewer(before: tuple[int, int], since: tuple[int, int]) -> float:
    """Deviations between two shares, by the arc sine of their roots (Anscombe 1948): few requests tell little."""
    spread = math.sqrt(1 / (before[1] + 0.5) + 1 / (since[1] + 0.5))
    return 2 * (_angle(*before) - _angle(*since)) / spread


def _angle(count: int, of: int) -> float:
    return math.asin(math.sqrt((count + 0.375) / (of + 0.75)))


def _led(found: Sequence[Unfinished], deps: Graph, complaints: Troubled) -> list[Unfinished]:
    troubled: dict[str, dict[str, datetime]] = defaultdict(dict)
    for one in found:
        for trace, at in one.broke.items():
            of_trace = troubled[trace]
            of_trace[one.component] = max(at, of_trace.get(one.component, at))
    below = {one.component: deps.below([one.component]) - {one.component} for one in found}
    leads = {trace: _leads({**complaints.get(trace, {}), **of}, below) for trace, of in troubled.items()}
    best: dict[str, Unfinished] = {}
    for one in found:
        own = {trace: at for trace, at in one.broke.items() if leads[trace] == one.component}
        told = replace(one, broke=own, led=len(own) / len(one.broke))
        if one.component not in best or told.strength > best[one.component].strength:
            best[one.component] = told
    return sorted((one for one in best.values() if one.led), key=lambda one: (-one.strength, one.component))


def _leads(since: Mapping[str, datetime], below: Mapping[str, Set[str]]) -> str:
    """The first that is in trouble of those below which nobody later is; a component waits for those below it."""
    own = [
        one
        for one, at in since.items()
        if not any(other in below.get(one, ()) and later >= at for other, later in since.items())
    ]
    return min(own or since, key=lambda one: (since[one], one))
