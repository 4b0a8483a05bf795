"""What does one fact of a cluster's state say against a component, and how do such facts add up?"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from agent.domain.hypothesis import Fault

BROKEN: Final = 0.99
"""Kubernetes itself says that the object does not work now, and why."""
FAILING: Final = 0.95
"""Kubernetes says that it does not work now, but not why."""
WRONG: Final = 0.85
"""Two facts contradict each other, e.g. a port that nobody listens on; it may be meant so."""
HINT: Final = 0.5
"""Worth a look; many healthy systems show it."""

CRASH: Final = "crash"
"""The kind of trouble that a container which ends again and again is."""
ROLLOUT: Final = "rollout"
"""The kind that only says that something new runs."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong now. A sentence a person can check, and what was read."""

    component: str
    kind: str
    """What is the same trouble, e.g. `crash`: of one kind, only the strongest counts."""
    text: str
    strength: float
    """The probability that the component is at fault if this were all that is known."""
    fault: Fault
    about: str
    """The object it was read from, as `kind namespace/name`."""
    content: JsonValue
    own: bool = True
    """False: something the component depends on may cause it."""
    place: str = ""
    """Where it happens: the pod's node, or the namespace whose quota is meant."""
    untrusted: bool = False


def nats(troubles: Iterable[Trouble]) -> float:
    """Noisy-or (Pearl, "Probabilistic Reasoning in Intelligent Systems", 1988): -ln of the chance that none is it."""
    return -sum(math.log1p(-one.strength) for one in strongest(troubles))


def strongest(troubles: Iterable[Trouble]) -> list[Trouble]:
    """One of each kind, the strongest first."""
    best: dict[str, Trouble] = {}
    for one in troubles:
        if one.kind not in best or one.strength > best[one.kind].strength:
            best[one.kind] = one
    return sorted(best.values(), key=lambda one: (-one.strength, one.kind))
