"""What does a sentence assert that can be looked up? Quotations, times, durations, numbers, identifiers, components."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agent.policy.characters import plain
from agent.policy.names import Names


@dataclass(frozen=True)
class Number:
    """A number as it is written: 2.40 says more than 2.4."""

    value: float
    decimals: int
    unit: str = ""
    """In lower case, except where the case tells: `m` is milli or minutes, `M` is mega."""
    about: bool = False
    """It says itself that it is not exact: `about 300`."""
    by: bool = False
    """It tells a difference: `rose by 300`."""
    exact: bool = False
    """It is a name made of digits: `code 500`, `port 8080`."""
    text: str = ""
    nouns: frozenset[str] = frozenset()
    """The words it counts or measures: `214 log lines`."""

    @property
    def zeros(self) -> int:
        """At the end of a whole number, where they may be the rounding: 640 may stand for 643."""
        digits = str(int(abs(self.value))) if self.decimals <= 0 else ""
        return len(digits) - len(digits.rstrip("0"))

    @property
    def rounded(self) -> int:
        """How many of those may be: two digits at least are taken to be meant, and all of a small count."""
        if self.exact:
            return 0
        if self.nouns and not self.unit and abs(self.value) < _COUNTED:
            return 0
        return max(0, min(self.zeros, len(str(int(abs(self.value)))) - 2))

    @property
    def slack(self) -> float:
        """How far the true value may lie away: half of the last digit, or a twentieth where it says `about`."""
        half, twentieth = 0.5 * 10.0**-self.decimals * (1 + 1e-6), abs(self.value) / 20
        if self.rounded:
            half = min(half * 10.0**self.rounded, twentieth)
        if self.about:
            return max(half, twentieth)
        # A bare small integer is a count, or was not rounded this far: 1 does not stand for 0.6.
        return half if self.unit else min(half, twentieth)


@dataclass(frozen=True)
class Instant:
    """A time as it is written. Without a day it means any day."""

    at: time
    day: date | None
    precision: timedelta
    text: str

    def means(self, moment: datetime) -> bool:
        """Whether it may stand for that time: cut or rounded to what is written."""
        apart = (moment - self.on(self.day or moment.date())).total_seconds()
        if self.day is None:
            apart = (apart + 43_200) % 86_400 - 43_200
        return -self.precision.total_seconds() / 2 <= apart < self.precision.total_seconds()

    def on(self, day: date | None) -> datetime:
        return datetime.combine(day or date(1970, 1, 1), self.at, UTC)


@dataclass(frozen=True)
class Statement:
    """A sentence taken apart."""

    text: str
    spoken: str
    """The text without its quotations: what the sentence says itself."""
    quotes: tuple[str, ...]
    instants: tuple[Instant, ...]
    numbers: tuple[Number, ...]
    identifiers: tuple[str, ...]
    """Names of series, pods, versions, addresses: anything that is no word of English."""
    entities: frozenset[str]
    moves: tuple[tuple[Number, Number], ...] = ()
    """From one number to another."""

    @property
    def empty(self) -> bool:
        """Nothing in it can be looked up."""
        return not (self.hard or self.entities)

    @property
    def hard(self) -> bool:
        """There is more in it to be looked up than that a component exists."""
        return bool(self.quotes or self.instants or self.numbers or self.identifiers)


_QUOTE = re.compile(
    r"“([^”\n]+)”|‘([^’\n]+)’|\"([^\"\n]+)\"|`+([^`\n]+)`+|(?<![\w'])'([^'\n]{2,}?)'(?![\w'])",
)
_STAMP = re.compile(
    r"(?<![\w.:-])(?:(?P<day>\d{4}-\d\d-\d\d)[T ])?(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
    r"(?::(?P<second>[0-5]\d)(?:[.,](?P<fraction>\d{1,6})\d*)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?(?![\w-]|:\d)"
)
_DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?P<by>by\s)?(?P<about>(?:about|around|roughly|approximately|nearly|almost|some|over|under"
    r"|more than|less than|at least|up to)\s|[~≈])?"
    r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"(?P<unit>\s?(?:%|percent\b|per cent\b|milliseconds?\b|ms\b|microseconds?\b|[µu]s\b|seconds?\b|secs?\b|s\b"
    r"|minutes?\b|mins?\b|m\b|hours?\b|hrs?\b|h\b|days?\b|x\b|×|times\b|-?fold\b|k\b|K\b|M\b|G\b|thousand\b|million\b"
    r"|billion\b|millicores?\b|[KMGTkmgt]i?B\b|bytes?\b))?(?![\w]|\.\d|-\w)",
    re.IGNORECASE,
)
_MOVE = re.compile(
    r"\bfrom (?P<start>[~≈]?(?:about |around |roughly )?[+-]?\d[^\s;]*(?: ?[a-zµ%]{1,12}\b)?)(?: (?!to )\w+){0,2} to "
    r"(?P<end>[~≈]?(?:about |around |roughly )?[+-]?\d[^\s;]*(?: ?[a-zµ%]{1,12}\b)?)",
    re.IGNORECASE,
)
_MOVE_BACK = re.compile(
    r"\bto (?P<end>[~≈]?(?:about |around |roughly )?[+-]?\d[^\s;]*(?: ?[a-zµ%]{1,12}\b)?),? from "
    r"(?P<start>[~≈]?(?:about |around |roughly )?[+-]?\d[^\s;]*(?: ?[a-zµ%]{1,12}\b)?)",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(?<![\w.-])(?=[\w./:@{}-]*(?:[\d_]|[./:@][\w{]))[A-Za-z_][\w./:@{}-]*[\w}]")
_HUMP = re.compile(r"(?<![\w.-])[A-Z]?[a-z]+(?:[A-Z][a-z0-9]+)+(?![\w-])|(?<![\w.-])[A-Z]{2,}[a-z]+[A-Z]?\w*(?![\w-])")
_COMPONENT = re.compile(
    r"(?<![\w.-])[a-z]+(?:-[a-z]+)*-(?:api|service|svc|db|database|server|worker|proxy|gateway|cache|queue|app|backend"
    r"|frontend|primary|replica|broker|consumer|producer|controller|scheduler|redis|postgres|mysql|kafka)(?![\w-])"
)
"""A word of this make is the name of a component, known or not."""
_MARKED = re.compile(r"[\d_./:@]|[a-z][A-Z]|[A-Z]{2}")
_COMMON = re.compile(
    r"p\d{2,4}|[1-5]xx|http[/\d.]*|https?|tcp/ip|i/o|and/or|n/a|ipv[46]|k8s|x86(_64)?|utc|v\d|e\d+|e\.g|i\.e|read/write"
    r"|a/b|client/server|up/down|24/7|[a-z]+/[a-z]+|vs\.?|etc\.?",
    re.IGNORECASE,
)


def statement(text: str, names: Names) -> Statement:
    text = plain(text)
    quotes = tuple(next(filter(None, found.groups())).strip() for found in _QUOTE.finditer(text))
    spoken = _QUOTE.sub(" ", text)
    instants = tuple(_instants(spoken))
    rest = _DAY.sub(" ", _STAMP.sub(" ", spoken))
    identifiers = tuple(_identifiers(rest, names))
    entities = names.meant(spoken) | frozenset().union(*(names.within(quote) for quote in quotes))
    rest = _IDENTIFIER.sub(lambda found: " " if _MARKED.search(found[0]) else found[0], rest)
    return Statement(text, spoken, quotes, instants, tuple(numbers(rest)), identifiers, entities, tuple(moves(rest)))


def numbers(text: str) -> Iterator[Number]:
    """The numbers of a text with their units; those in identifiers and dates are none."""
    for found in _NUMBER.finditer(text):
        written = found["number"].replace(",", "")
        mantissa = written.lower().partition("e")
        decimals = len(mantissa[0].partition(".")[2]) - (int(mantissa[2]) if mantissa[2] else 0)
        unit, shown = _unit(found["unit"] or ""), found[0].removeprefix(found["by"] or "").strip()
        counted = nouns(text[found.end() : found.end() + 40])
        exact = _NAMED.search(text, max(0, found.start() - _BESIDE), found.start()) is not None
        yield Number(float(written), decimals, unit, bool(found["about"]), bool(found["by"]), exact, shown, counted)


def nouns(text: str) -> frozenset[str]:
    """The one or two words that a text begins with, in the singular; words that join sentences are none."""
    found = _NOUNS.match(text)
    words = (word.casefold() for word in found.groups(default="")) if found else ()
    return frozenset(word.removesuffix("s") for word in words if word and word not in _JOINING)


def moves(text: str) -> Iterator[tuple[Number, Number]]:
    """What the text says went from one number to another."""
    for found in (*_MOVE.finditer(text), *_MOVE_BACK.finditer(text)):
        start, end = list(numbers(found["start"])), list(numbers(found["end"]))
        if start and end:
            yield start[0], end[0]


def relations(text: str) -> Iterator[tuple[str, str]]:
    """Who calls whom, as far as the text says it: `a calls b`, `from a to b`."""
    for pattern in (_CALLS, _FROM_TO):
        yield from ((found["one"], found["other"]) for found in pattern.finditer(text))


def instants_within(text: str) -> Iterator[Instant]:
    return _instants(text)


def sentences(text: str) -> list[str]:
    """A paragraph's sentences; points in numbers, names and quotations end none."""
    parts = re.split(r"(?<=[.!?])[”\"]?\s+(?=[A-Z“\"`])", text.strip())
    return [part for part in parts if part]


def _instants(text: str) -> Iterator[Instant]:
    for found in _STAMP.finditer(text):
        micro = int((found["fraction"] or "0").ljust(6, "0"))
        at = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), micro)
        day = date.fromisoformat(found["day"]) if found["day"] else None
        zone = found["zone"] or "Z"
        if zone != "Z" and day is not None:
            moment = datetime.fromisoformat(f"{day}T{at.isoformat()}{zone}").astimezone(UTC)
            at, day = moment.time(), moment.date()
        yield Instant(at, day, timedelta(seconds=1) if found["second"] else timedelta(minutes=1), found[0])


def _identifiers(text: str, names: Names) -> Iterator[str]:
    for found in (*_IDENTIFIER.finditer(text), *_HUMP.finditer(text)):
        token = found[0].strip(".:/@-")
        if _MARKED.search(token) and not _COMMON.fullmatch(token) and token not in names:
            yield token
    yield from (found[0] for found in _COMPONENT.finditer(text) if found[0] not in names)


def _unit(written: str) -> str:
    unit = written.strip().lstrip("-")
    return _SHORT.get(unit.lower(), unit.lower() if unit not in ("M", "m") else unit)


_NOUNS = re.compile(r" ([A-Za-z]{3,})(?![\w-])(?: ([A-Za-z]{3,})(?![\w-]))?")
_JOINING = frozenset(
    (
        *("and", "are", "but", "for", "from", "had", "has", "its", "not", "now", "off", "one", "per", "than", "that"),
        *("the", "then", "this", "times", "was", "were", "when", "which", "while", "with", "within", "after", "before"),
        *("since", "until", "show", "more", "less", "most", "least", "about", "around", "between", "each", "all"),
        *("did", "does", "began", "begin", "failed", "only", "over", "under", "during", "because", "into", "out"),
    )
)
_CALLS = re.compile(r"(?P<one>[\w./:@-]*\w)`? (?:calls|depends on|uses|->|→) `?(?P<other>[\w./:@-]*\w)", re.IGNORECASE)
_FROM_TO = re.compile(r"\bfrom `?(?P<one>[\w./:@-]*\w)`? to `?(?P<other>[\w./:@-]*\w)", re.IGNORECASE)
_BESIDE = 16
_NAMED = re.compile(
    r"\b(?:codes?|status|ports?|https?|errno|exit|pid|id|version|revision|build|number)[ :#=]+$", re.IGNORECASE
)
_COUNTED = 1000
"""Below this, what is counted is counted exactly: `240 lines` are not 241."""
_SHORT = {
    **dict.fromkeys(("millicores", "millicore"), "milli"),
    **dict.fromkeys(("percent", "per cent"), "%"),
    **dict.fromkeys(("milliseconds", "millisecond"), "ms"),
    **dict.fromkeys(("microseconds", "microsecond", "us", "µs"), "us"),
    **dict.fromkeys(("seconds", "second", "sec", "secs"), "s"),
    **dict.fromkeys(("minutes", "minute", "mins"), "min"),
    **dict.fromkeys(("hours", "hour", "hrs", "hr"), "h"),
    **dict.fromkeys(("days", "day"), "d"),
    **dict.fromkeys(("times", "fold", "×"), "x"),
    **dict.fromkeys(("thousand",), "k"),
    **dict.fromkeys(("million",), "M"),
    **dict.fromkeys(("billion",), "g"),
    **dict.fromkeys(("byte", "bytes"), "b"),
}
