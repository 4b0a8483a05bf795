"""What would other rules have made of alerts that are on the record?  Nothing is changed."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from agent.correlate.comparison import adjusted_rand, merged_away, torn
from agent.correlate.correlator import Correlator
from agent.correlate.standing import Standing
from agent.domain.alert import Placed
from agent.domain.base import Noun


class Side(Noun):
    """What the alerts became under one set of rules."""

    incidents: int
    reduction: float
    """1 - incidents / alerts. Worthless alone: one incident for everything has the best."""
    fates: dict[str, int]


class MergedAway(Noun):
    """An incident of now whose alerts would all be in the shadow of a greater one."""

    incident: str
    into: str
    """The incident of now that would lead there."""
    cause: str
    """What people confirmed of it; empty when nothing is known."""


class Torn(Noun):
    """An incident of now whose alerts would be in several."""

    incident: str
    parts: int
    cause: str


class Shadow(Noun):
    """What would have been, against what was."""

    since: datetime
    alerts: int
    now: Side
    then: Side
    agreement: float
    """Adjusted Rand index of the two groupings of the alerts that both gave an incident; 1: the same."""
    merged_away: tuple[MergedAway, ...]
    split: tuple[Torn, ...]


def replay(recorded: Iterable[Placed], standing: Standing) -> dict[str, Placed]:
    """Each alert's placement, by its id, if it had come to this standing as it came then."""
    numbers = itertools.count(1)
    correlator = Correlator(lambda: f"shadow-{next(numbers):06d}")
    found: dict[str, Placed] = {}
    for one in recorded:
        bare = one.model_copy(update={"fate": None, "reason": "", "incident": None})
        placement = correlator.place(bare, standing)
        for moved in placement.moved:
            found[moved] = found[moved].model_copy(update={"incident": placement.placed.incident})
        standing.apply(placement)
        found[one.id] = placement.placed
    return found


def compare(
    recorded: Sequence[Placed], shadow: Mapping[str, Placed], causes: Mapping[str, str], since: datetime
) -> Shadow:
    """`causes`: what people confirmed, by the incident of now. Alerts before `since` were there to warm up."""
    counted = [one for one in recorded if one.received_at >= since]
    then = [shadow[one.id] for one in counted]
    pairs = ((was.incident, would.incident) for was, would in zip(counted, then, strict=True))
    both = [(was, would) for was, would in pairs if was and would]
    old, new = [was for was, _ in both], [would for _, would in both]
    leads = _leads(both)
    return Shadow(
        since=since,
        alerts=len(counted),
        now=_side(counted),
        then=_side(then),
        agreement=adjusted_rand(old, new),
        merged_away=tuple(
            MergedAway(incident=incident, into=leads[group], cause=causes.get(incident, ""))
            for incident, group in sorted(merged_away(old, new).items())
        ),
        split=tuple(
            Torn(incident=incident, parts=parts, cause=causes.get(incident, ""))
            for incident, parts in sorted(torn(old, new).items())
        ),
    )


def _leads(both: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Of which incident of now a group of then has most alerts."""
    members: dict[str, Counter[str]] = defaultdict(Counter)
    for was, group in both:
        members[group][was] += 1
    return {group: counted.most_common(1)[0][0] for group, counted in members.items()}


def _side(placed: Sequence[Placed]) -> Side:
    incidents = len({one.incident for one in placed if one.incident})
    fates = Counter(str(one.fate) for one in placed)
    return Side(incidents=incidents, reduction=1 - incidents / len(placed) if placed else 0.0, fates=dict(fates))
