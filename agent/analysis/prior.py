"""What have people of this team found before, and how little may that move the ranking?

A nudge between suspects that the telemetry already names, never a suspect of its own. Each person counts once a
component, however often they say it, and nothing moves before two people agree: one alone can teach it nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.domain.hypothesis import Found

STEP = 0.25
"""Set. Nats for each person, from the second on who agrees."""
MOST = 0.7
"""Set. Nats that all of them together move it at most: the odds are doubled, or halved."""
AGREE = 2
"""People it takes."""


@dataclass(frozen=True)
class Prior:
    nats: float
    why: str


def priors(found: Iterable[Found]) -> Mapping[str, Prior]:
    """By component; those that nothing follows for are left out."""
    said: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in found:
        said[one.component][one.who] += 1 if one.was_cause else -1
    made = {component: _prior(people) for component, people in said.items()}
    return {component: prior for component, prior in made.items() if prior is not None}


def _prior(people: Mapping[str, int]) -> Prior | None:
    yes = sum(net > 0 for net in people.values())
    no = sum(net < 0 for net in people.values())
    agreed = yes - no
    if abs(agreed) < AGREE:
        return None
    nats = max(-MOST, min(MOST, STEP * agreed))
    what = "it was the cause before" if agreed > 0 else "it was blamed wrongly before"
    return Prior(
        nats, f"{max(yes, no)} people of the team found that {what}, which weighs {nats:+.2g} of at most {MOST}"
    )
