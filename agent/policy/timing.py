"""Did it happen then, in that order, and that way round? Times, before and after, first and last, up and down."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from agent.policy.observed import Observed
from agent.policy.statements import Instant, Statement, relations
from agent.policy.values import SECONDS, belongs, same

SLACK = timedelta(seconds=30)
"""By so much a time may be off that is told in whole minutes."""
_FEW_DEVIATIONS = 3.0
"""Robust deviations below which a value may be called usual."""
_MOST_UNCHANGED = 1.2
"""A value that has grown or shrunk by no more than this factor may be called unchanged."""


def timed(one: Instant, said: Statement, seen: Observed, onset: datetime | None) -> bool:
    """Whether the evidence holds the time. The onset may be named where the sentence says that something began."""
    if any(one.means(time) for time in seen.times) or _sampled(one, said, seen):
        return True
    if onset is not None and _near(one, onset) and _BEGINNING.search(said.text):
        return True
    # A stretch that was looked at is named by both its ends; one alone would be taken for an event.
    ends = [any(instant.means(bound) for instant in said.instants) for bound in seen.bounds]
    return len(said.instants) > 1 and sum(ends) > 1 and any(one.means(bound) for bound in seen.bounds)


def misplaced(said: Statement, seen: Observed, onset: datetime | None) -> Iterable[str]:
    """What is wrong with the order of things, and with the way they went."""
    yield _around_the_onset(said, seen, onset)
    yield _first(said, seen)
    yield _one_before_another(said, seen)
    yield _caller(said, seen)
    yield _moved(said, seen)
    yield _direction(said, seen)
    yield _unchanged(said, seen)


def _sampled(one: Instant, said: Statement, seen: Observed) -> bool:
    """A point of a series has its value at its own time."""
    values = [value for at, value in seen.samples if one.means(at) and belongs(value, said)]
    return any(same(number, value) for number in said.numbers for value in values)


def _near(one: Instant, onset: datetime) -> bool:
    return one.means(onset) or any(one.means(onset + timedelta(seconds=off)) for off in (-1, 1))


def _around_the_onset(said: Statement, seen: Observed, onset: datetime | None) -> str:
    """`Before the onset` must be before the onset, and after must be after; with a distance, at that distance."""
    relation = _RELATION.search(said.text)
    if relation is None or onset is None:
        return ""
    before = relation["relation"].lower() == "before"
    named = [one.on(one.day or onset.date()) for one in said.instants if not _near(one, onset)]
    times = named or seen.times
    apart = [(onset - time if before else time - onset).total_seconds() for time in times]
    if relation["number"]:
        fits = _at_distance(relation, apart)
    else:
        late = [distance >= -SLACK.total_seconds() for distance in apart]
        fits = all(late) if named else any(late)
    return "" if not times or fits else f"what it speaks of is not {relation[0].lower()}"


def _at_distance(relation: re.Match[str], apart: Iterable[float]) -> bool:
    unit = SECONDS[_UNITS[relation["unit"][0].lower()]]
    near = [float(relation["number"]) - 0.5 - 1 / unit, float(relation["number"]) + 0.5 + 1 / unit]
    return any(near[0] <= distance / unit <= near[1] for distance in apart)


def _first(said: Statement, seen: Observed) -> str:
    """Who is said to have been first must be the earliest of at least two whose times are known."""
    if not (found := _FIRST.search(said.text)) or not said.entities:
        return ""
    at, word = _earliest(seen), next(filter(None, found.groups())).lower()
    if len(at) < 2:
        return f"nothing it cites says who was {word}"
    earliest = min(at.values())
    return "" if any(at.get(name) == earliest for name in said.entities) else f"another was {word}"


def _one_before_another(said: Statement, seen: Observed) -> str:
    """`A ... before B`: both times are known, and in that order."""
    at = _earliest(seen)
    for found in _BEFORE.finditer(said.text):
        named = {name.casefold(): name for name in said.entities}
        one, other = named.get(found["one"].casefold()), named.get(found["other"].casefold())
        if one is None or other is None or one == other:
            continue
        if one not in at or other not in at:
            return f"the times of {one} and {other} are not in the evidence it cites"
        if (at[one] < at[other]) != (found["relation"].lower() in ("before", "earlier than", "ahead of")):
            return f"{one} was not {found['relation'].lower()} {other}"
    return ""


def _earliest(seen: Observed) -> dict[str, datetime]:
    """When each component is first spoken of, where the time can only be its own."""
    at: dict[str, datetime] = {}
    for time, whose in seen.moments:
        for name in whose if len(whose) == 1 else ():
            at[name] = min(time, at.get(name, time))
    return at


def _caller(said: Statement, seen: Observed) -> str:
    """Who calls whom is not turned round."""
    known = {(one.casefold(), other.casefold()) for one, other in seen.calls}
    for one, other in relations(said.text) if known else ():
        told = (one.casefold(), other.casefold())
        if told not in known and told[::-1] in known:
            return f"it is {other} that calls {one}"
    return ""


def _moved(said: Statement, seen: Observed) -> str:
    """Where the evidence knows from what to what, it is those two and in that order."""
    known = [(old, new) for old, new in seen.moves if belongs(old, said)]
    for start, end in said.moves if known else ():
        if not any(same(start, old) and same(end, new) for old, new in known):
            return f"from {start.text} to {end.text} is not in the evidence it cites"
    return ""


def _direction(said: Statement, seen: Observed) -> str:
    """From 12 to 310 is no fall; and what the evidence saw rise did not fall."""
    verb = _MOVED.search(said.text)
    if not verb:
        return ""
    up = _UP.search(verb[0]) is not None
    for start, end in said.moves:
        if start.value != end.value and (end.value > start.value) != up:
            return f"from {start.text} to {end.text} is the other way"
    known = [(old, new) for old, new in seen.moves if belongs(old, said) and old.number != new.number]
    named = [(old, new) for old, new in known if any(same(one, side) for one in said.numbers for side in (old, new))]
    fits = [(new.number > old.number) == up for old, new in named or known]
    return "" if not fits or any(fits) else f"it went the other way than {verb[0].lower()}"


def _unchanged(said: Statement, seen: Observed) -> str:
    """What moved by far is not unchanged."""
    known = [(old, new) for old, new in seen.moves if belongs(old, said)]
    if not known or not said.entities or not (found := _UNCHANGED.search(said.text)):
        return ""
    sizes = [sorted((abs(old.number), abs(new.number))) for old, new in known]
    far = [abs(value.number) for value in seen.values if "deviation" in value.nouns and belongs(value, said)]
    still = max(far) < _FEW_DEVIATIONS if far else any(most <= _MOST_UNCHANGED * least for least, most in sizes)
    return "" if still else f"it is not so: {found[0].lower()}"


_BEGINNING = re.compile(r"\b(onset|beg[aiu]n|begins|start(?:s|ed|ing)?|since|from|symptom)\b", re.IGNORECASE)
_RELATION = re.compile(
    r"(?:(?P<number>\d+(?:\.\d+)?)\s?(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hours?)\s)?"
    r"\b(?P<relation>before|after) the (?:onset|alert|incident|symptom)",
    re.IGNORECASE,
)
_UNITS = {"s": "s", "m": "min", "h": "h"}
_FIRST = re.compile(
    r"\b(first|earliest)\b(?= (?:to|of|among|component|service|one|place)\b)|"
    r"(?:fail|broke|began|moved|rose|deviated)\w* (first|earliest)\b|\bthe (first|earliest)(?=[.,;]|$)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?P<one>[\w./:@-]*\w)`?(?: \w+){0,4} (?P<relation>before|after|earlier than|later than|ahead of) `?"
    r"(?P<other>[\w./:@-]*\w)",
    re.IGNORECASE,
)
_UP = re.compile(r"rose|risen|increas|grew|grown|jump|spik|climb|up|doubl|tripl", re.IGNORECASE)
_MOVED = re.compile(
    r"\b(?:rose|risen|increased|grew|grown|jumped|spiked|climbed|went up|doubled|tripled|fell|fallen|dropped|decreased"
    r"|declined|sank|shrank|shrunk|went down|halved)\b",
    re.IGNORECASE,
)
_UNCHANGED = re.compile(
    r"unchanged|did not (?:change|move|rise|fall|increase|grow|drop|jump)|\bstable\b|\bflat\b"
    r"|\b(?:un|not )affected\b|\bis (?:healthy|well|normal)\b|\bno anomal(?:y|ies)\b|\bnothing unusual\b"
    r"|stayed\b|remained\b|\b(?:in|within) (?:its|their|the) usual\b"
    r"|\bno (?:\w+ )?(?:change|rise|increase|growth|fall|drop|jump|spike|decrease)\b",
    re.IGNORECASE,
)
