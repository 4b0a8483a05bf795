"""What do the lines of one request say together?  Who called whom, and whose requests fail more than others do.

A line names its request by a trace id. Which component a failure goes with is told by the spectrum of requests: those
that failed against those that did not, for each component they went through (Abreu et al., "On the accuracy of
spectrum-based fault localization", 2007; of microservices MicroRank, Yu et al., WWW 2021).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from tools.base import LogLine, Topology

_FEWEST = 3
"""Requests from which something is said of them."""
_SELDOM = 0.1
"""Of the requests through a component, the part from which its being called by another is no accident."""
_DIFFERS = 3.0
"""Deviations between two shares from which they differ."""
_PASSED = 0.2
"""What it says that failing requests went through a component: as much as a line that speaks of no trouble."""

Requests = Mapping[str, Sequence[LogLine]]


@dataclass(frozen=True)
class Spectrum:
    """How often requests through one component fail, against those that go past it."""

    component: str
    failing: int
    through: int
    failing_past: int
    past: int

    @property
    def z(self) -> float:
        """Deviations between the two shares, as if both were of one population."""
        whole = (self.failing + self.failing_past) / (self.through + self.past)
        spread = math.sqrt(whole * (1 - whole) * (1 / self.through + 1 / self.past)) if self.past else 0.0
        return (self.failing / self.through - self.failing_past / self.past) / spread if spread else 0.0

    @property
    def strength(self) -> float:
        """In the unit of kinds of line."""
        return _PASSED * self.z


def requests(lines: Iterable[LogLine]) -> Requests:
    """The lines of each request that is named, in the order of time."""
    found: dict[str, list[LogLine]] = defaultdict(list)
    for line in lines:
        if line.trace and line.service:
            found[line.trace].append(line)
    for members in found.values():
        members.sort(key=lambda line: line.at)
    return found


def enough(requests: int) -> bool:
    """To say something of them."""
    return requests >= _FEWEST


def spectra(seen: Requests, failed: Set[str]) -> list[Spectrum]:
    """Of the components whose requests fail clearly more often than the others, the clearest first.

    `failed`: the ids of the requests that failed.
    """
    through, failing = Counter[str](), Counter[str]()
    for trace, lines in seen.items():
        components = {line.service for line in lines}
        through.update(components)
        failing.update(components if trace in failed else ())
    wrong = len(failed & seen.keys())
    found = [
        Spectrum(name, failing[name], count, wrong - failing[name], len(seen) - count)
        for name, count in through.items()
        if enough(failing[name])
    ]
    return sorted((one for one in found if one.z >= _DIFFERS), key=lambda one: (-one.z, one.component))


def topology(lines: Iterable[LogLine]) -> Topology | None:
    """Who calls whom, as far as the lines of requests tell; None when they tell of no call."""
    edges = _calls(requests(lines))
    return Topology(frozenset(end for edge in edges for end in edge), frozenset(edges)) if edges else None


def _calls(seen: Requests) -> set[tuple[str, str]]:
    """A component is called by the one whose lines enclose its own.

    Who merely wrote earlier tells nothing: where a line is written when the work is done, the called one writes first.
    """
    callers: dict[str, Counter[str]] = defaultdict(Counter)
    for lines in seen.values():
        for callee, caller in _callers(lines):
            callers[callee][caller] += 1
    return {
        (caller, callee)
        for callee, counts in callers.items()
        for caller, count in counts.items()
        if count >= max(_FEWEST, _SELDOM * counts.total())
    }


def _callers(lines: Sequence[LogLine]) -> Iterable[tuple[str, str]]:
    """Each component of one request with the innermost of those whose lines enclose its own."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, line in enumerate(lines):
        first.setdefault(line.service, place)
        last[line.service] = place
    order = list(first)
    for place, callee in enumerate(order):
        around = [caller for caller in order[:place] if last[caller] > last[callee]]
        if around:
            yield callee, around[-1]
