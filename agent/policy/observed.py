"""What does evidence hold that a sentence can be checked against? Words, times, and values with whose they are."""

import json
import math
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from pydantic import JsonValue

from agent.domain.evidence import Evidence, EvidenceKind
from agent.policy.characters import plain
from agent.policy.names import Names
from agent.policy.statements import Number, instants_within, moves, numbers, relations

LONG = 8
"""A list of more numbers than this, or a series, could bear out almost any number: its extremes and middle count."""
_DEEP = 32
_PAIRS = (
    ("before", "after"),
    ("expected", "count"),
    ("expected", "after"),
    ("baseline", "current"),
    ("first", "last"),
    ("lowest", "highest"),
    ("min", "max"),
    ("previous", "current"),
    ("from", "to"),
)
"""Names of members between which a rise, a fall or a factor may be reckoned."""


@dataclass(frozen=True)
class Value:
    number: float
    of: frozenset[str]
    """The components it is a value of; empty: nobody is named."""
    unit: str = ""
    """As it is written, or as a name beside it says: `s`, `ms`, `%`, `share`, `count`, ...; empty: not known."""
    nouns: frozenset[str] = frozenset()
    """What it counts or measures, as far as that is said."""


@dataclass
class Observed:
    """All that the cited evidence holds."""

    words: list[str] = field(default_factory=list)
    entities: set[str] = field(default_factory=set)
    values: list[Value] = field(default_factory=list)
    moves: list[tuple[Value, Value]] = field(default_factory=list)
    """Values before and after something."""
    lines: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """What the evidence says, with whom it says it of; what was asked is not among it."""
    times: list[datetime] = field(default_factory=list)
    bounds: list[datetime] = field(default_factory=list)
    """The stretch that was looked at; events do not happen there."""
    moments: list[tuple[datetime, frozenset[str]]] = field(default_factory=list)
    """Times, with the components that are named beside them."""
    samples: list[tuple[datetime, Value]] = field(default_factory=list)
    """Points of a series: each is a value at its time and at no other."""
    calls: set[tuple[str, str]] = field(default_factory=set)
    """Who calls whom."""
    kinds: set[EvidenceKind] = field(default_factory=set)
    """What was looked at, found or not."""
    shown: dict[EvidenceKind, set[str]] = field(default_factory=dict)
    """Components of which something of that kind was found: a change, a line, an alert."""

    def says(self, text: str) -> bool:
        """Whether the text stands in it, whatever its blanks and capitals; an ellipsis stands for anything."""
        parts = [part for part in folded(text.replace("…", "...")).split("...") if part.strip()]
        return any(_in_order([part.strip() for part in parts], words) for words in self._folded())

    def _folded(self) -> Sequence[str]:
        return [folded(words) for words in self.words]


@dataclass(frozen=True)
class _Place:
    """Where in the evidence a value stands: whose it is, in which unit, on which day."""

    whose: frozenset[str]
    unit: str
    day: date
    nouns: frozenset[str] = frozenset()

    def with_text(self, text: str, names: Names) -> "_Place":
        """As the text beside it says, and otherwise as the place around it."""
        return replace(self, whose=names.within(text) or self.whose, unit=_unit(text) or self.unit)

    def at_member(self, name: str, names: Names) -> "_Place":
        words = frozenset(word.removesuffix("s") for word in name.casefold().split("_"))
        return replace(
            self.with_text(name, names), nouns=words, unit=_unit_of_member(words) or _unit(name) or self.unit
        )

    def value(self, number: float) -> Value:
        return Value(number, self.whose, self.unit, self.nouns)

    def told(self, number: Number) -> Value:
        """One of a text, which may say itself what it is."""
        counts = number.nouns and number.decimals == 0
        return Value(number.value, self.whose, number.unit or ("count" if counts else self.unit), number.nouns)


def folded(text: str) -> str:
    return " ".join(plain(text).split()).casefold()


def observe(cited: Iterable[Evidence], names: Names) -> Observed:
    seen = Observed()
    for one in cited:
        _take(one, names, seen)
    return seen


def _take(one: Evidence, names: Names, seen: Observed) -> None:
    whose = names.within(one.entity) or frozenset({one.entity} if one.entity else ())
    bounds = [_utc(bound) for bound in (one.starts_at, one.ends_at) if bound]
    place = _Place(whose, "", max(bounds).date() if bounds else _NO_DAY)
    seen.entities |= whose
    seen.words += [one.source, one.entity]
    seen.bounds += bounds
    told = len(seen.lines)
    _take_text(one.query, place, names, seen)
    del seen.lines[told:]
    about = place.with_text(one.query, names)
    # A query may name neighbours too: whose values they are, the evidence itself knows better.
    about = replace(about, whose=whose or about.whose, unit=_unit(one.summary) or about.unit)
    seen.kinds.add(one.kind)
    seen.shown.setdefault(one.kind, set()).update(_shown(one, whose, names))
    _take_text(one.summary, about, names, seen)
    if whose and isinstance(one.content, dict):
        # Others are named in it, too (whose symptom it is, what a line says): the values are of whom it is about.
        about = replace(_own(one.content, about, names), whose=whose)
        _walk_members(one.content, about, names, seen, _DEEP)
    else:
        _walk(one.content, about, names, seen, _DEEP)


def _shown(one: Evidence, whose: frozenset[str], names: Names) -> frozenset[str]:
    """Whom it found something about: its component, or those its content names; nobody when it is empty."""
    found = one.content["data"] if isinstance(one.content, dict) and "data" in one.content else one.content
    if _NONE.match(one.summary) or found in ([], {}):
        return frozenset()
    return whose or names.within(json.dumps(found, ensure_ascii=False))


def _walk(content: JsonValue, place: _Place, names: Names, seen: Observed, depth: int) -> None:
    match content:
        case bool() | None:
            return
        case int() | float():
            _take_number(float(content), place, seen)
        case str():
            _take_text(content, place, names, seen)
        case list() if depth:
            _walk_list(content, place, names, seen, depth)
        case dict() if depth:
            _walk_members(content, _own(content, place, names), names, seen, depth)


def _own(members: dict[str, JsonValue], place: _Place, names: Names) -> _Place:
    """The values of an object belong to the components that it names itself, before those around it."""
    return place.with_text(" ".join(text for text in members.values() if isinstance(text, str)), names)


def _walk_members(members: dict[str, JsonValue], own: _Place, names: Names, seen: Observed, depth: int) -> None:
    for name, member in members.items():
        seen.words.append(name)
        _walk(member, own.at_member(name, names), names, seen, depth - 1)
    seen.moves += [(own.value(old), own.value(new)) for old, new in _pairs(members)]


def _walk_list(items: list[JsonValue], place: _Place, names: Names, seen: Observed, depth: int) -> None:
    if len(items) == 2 and all(isinstance(item, str) and item in names for item in items):
        seen.calls.add((str(items[0]), str(items[1])))
    if any(isinstance(item, dict | str) for item in items):
        seen.values.append(place.value(len(items)))
    points = _points(items)
    if len(points) > (LONG if all(isinstance(item, int | float) for item in items) else 1):
        seen.values += [place.value(one) for one in _outline(points)]
        seen.samples += [(at, place.value(one)) for at, one in _timed_points(items)]
        return
    for item in items:
        _walk(item, place, names, seen, depth - 1)


def _points(items: list[JsonValue]) -> list[float]:
    """The numbers of a series, written as numbers or as [time, number]; empty when it is no series."""
    last = [item[-1] if isinstance(item, list) and len(item) == 2 else item for item in items]
    found = [float(one) for one in last if isinstance(one, int | float) and not isinstance(one, bool)]
    return [one for one in found if math.isfinite(one)] if len(found) >= len(items) - last.count(None) else []


def _timed_points(items: list[JsonValue]) -> Iterator[tuple[datetime, float]]:
    for item in items:
        match item:
            case [int() | float() as at, int() | float() as value] if 1e9 < at < 4e9:
                yield datetime.fromtimestamp(at, UTC), float(value)


def _outline(points: Sequence[float]) -> tuple[float, ...]:
    return (points[0], points[-1], min(points), max(points), statistics.median(points), statistics.fmean(points))


def _pairs(members: dict[str, JsonValue]) -> Iterator[tuple[float, float]]:
    """Values before and after something."""
    for before, after in _PAIRS:
        old, new = members.get(before), members.get(after)
        if isinstance(old, int | float) and isinstance(new, int | float):
            yield float(old), float(new)


def _take_number(number: float, place: _Place, seen: Observed) -> None:
    if not math.isfinite(number):
        return
    seen.values.append(place.value(number))
    for scale in (1, 1e3, 1e6, 1e9):
        if 1e9 < number / scale < 4e9:
            seen.times.append(datetime.fromtimestamp(number / scale, UTC))


def _take_text(text: str, place: _Place, names: Names, seen: Observed) -> None:
    """Line by line: a value is of the components its own line names, before those around it and those it quotes."""
    seen.words.append(text)
    for line in plain(text).splitlines():
        named = names.within(line)
        own = place.with_text(_SAID.sub(" ", line), names)
        times = [one.on(one.day or place.day) for one in instants_within(line)]
        seen.entities |= named
        seen.lines.append((line, own.whose))
        seen.times += times
        seen.moments += [(at, own.whose) for at in times]
        seen.values += [own.told(found) for found in numbers(line)]
        seen.moves += [(own.told(old), own.told(new)) for old, new in moves(line)]
        seen.calls |= {two for two in relations(line) if set(two) <= named}


def _unit(text: str) -> str:
    """Of a series that the text names: `latency_p99_seconds`, `memory_bytes`."""
    found = _UNIT.search(text)
    if found:
        return _UNITS[found[1].lower()]
    return "share" if _SHARE.search(text) else ""


def _unit_of_member(words: frozenset[str]) -> str:
    return next((unit for word, unit in _MEMBERS.items() if word in words), "")


def _in_order(parts: Sequence[str], text: str) -> bool:
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return bool(parts)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


_UNITS = {
    **dict.fromkeys(("seconds", "sec"), "s"),
    **dict.fromkeys(("milliseconds", "millis", "ms"), "ms"),
    **dict.fromkeys(("microseconds", "us"), "us"),
    **dict.fromkeys(("percent", "percentage"), "%"),
    **dict.fromkeys(("ratio", "fraction"), "share"),
    "bytes": "b",
}
_UNIT = re.compile(rf"(?<=[_:.])({'|'.join(_UNITS)})(?![A-Za-z-])(?!\.\w|_(?:count|total)\b)")
_SAID = re.compile(r"“[^”\n]*”")
_NONE = re.compile(r"(?:no|none|nothing|0)\b(?!\.\d)", re.IGNORECASE)
_SHARE = re.compile(r"\b(?:share|ratio|fraction) of\b", re.IGNORECASE)
_MEMBERS = {
    **{name.removesuffix("s"): unit for name, unit in _UNITS.items()},
    **dict.fromkeys(("share",), "share"),
    **dict.fromkeys(("count", "deviation", "shared", "alert", "line", "expected"), "count"),
}
"""Words of a member's name, in the singular, that say what its value is."""
_NO_DAY = date(1970, 1, 1)
