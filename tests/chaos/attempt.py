"""What is one try of a row, and what does it come to?"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.check import Found
from tests.chaos.server import Ground

NOTHING = Found((), (), ())
Passed = list[tuple[str, int]]


@dataclass(frozen=True)
class Known:
    """What a run that nobody disturbed came by, and how long it took: what seeds draw from."""

    passed: Passed
    seconds: float

    def named(self, *beginnings: str) -> Passed:
        return [point for point in self.passed if point[0].startswith(beginnings)]


@dataclass(frozen=True)
class Tried:
    faults: int
    found: Found = NOTHING
    effects: int = 0
    recovered: list[float] = field(default_factory=list)
    """Seconds from the start of a life after a kill to its first step done."""
    kills: int = 0
    """Of the faults, how many were a process killed with SIGKILL."""


Attempt = Callable[[Ground, int, Known], Tried]
"""(where, the seed, what is known of an undisturbed run) -> what it came to"""


@dataclass(frozen=True)
class Row:
    what: str
    goal: int
    """Faults of a full run on the embedded deployment."""
    shared: int
    """The same on Redis and PostgreSQL."""
    attempt: Attempt
    probe: Callable[[], str] = lambda: ""
    """Why it cannot be tried here; empty when it can."""
    kills: bool = False
    """Its faults are processes killed: goals of their own in a full run."""
    slow: bool = False
    """One attempt takes tens of seconds: tried in a full run, and when it is asked for."""


def broken(*told: str) -> Found:
    return Found((), (), tuple(one for one in told if one))
