"""Does the evidence bear out what the diagnosis says? Every sentence is looked up; what fails is dropped.

The check knows nothing of causes. It knows whether a component was seen in the evidence that is cited, whether a
number, a time or a quotation stands there (rounded, and in another unit if the unit is named), whose number it is,
and whether "before the onset" is before the onset. That is what invented sentences fail at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.domain.base import Noun
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Hypothesis, Impact, Suspect, Verdict
from agent.policy.names import Names
from agent.policy.observed import Observed, Value, folded, observe
from agent.policy.statements import Instant, Number, Statement, sentences, statement

SLACK = timedelta(minutes=1)
"""The onset is not known more exactly than this."""


class Dropped(Noun):
    text: str
    reason: str


class Grounded(Noun):
    """What is left of a diagnosis, and what is not."""

    diagnosis: Diagnosis
    dropped: tuple[Dropped, ...]


def ground(
    diagnosis: Diagnosis,
    evidence: Sequence[Evidence],
    *,
    entities: Iterable[str],
    onset: datetime | None = None,
) -> Grounded:
    """The diagnosis without what its evidence does not bear out.

    `entities`: every component that a tool has returned. A cause whose claims all fell, or whose component none of
    them speaks of, is inconclusive. `claims_dropped` counts; the confidence shrinks with the share that fell.
    """
    ledger = _Ledger(evidence, entities, onset)
    kept = tuple(claim for claim in diagnosis.claims if ledger.accepts(claim.text, claim.evidence))
    cited = tuple(dict.fromkeys(one for claim in kept for one in claim.evidence))
    said = diagnosis.model_copy(
        update={
            "claims": kept,
            "summary": ledger.paragraph(diagnosis.summary, cited)
            or _told(kept)
            or "Nothing that can be shown was found.",
            "mechanism": ledger.paragraph(diagnosis.mechanism, cited),
            "ruled_out": tuple(one for one in diagnosis.ruled_out if ledger.accepts(one, tuple(ledger.by_id))),
            "impact": ledger.impact(diagnosis.impact),
            "suspects": tuple(map(ledger.suspect, diagnosis.suspects)),
            "hypotheses": tuple(map(ledger.hypothesis, diagnosis.hypotheses)),
        }
    )
    return Grounded(diagnosis=_concluded(said, ledger), dropped=tuple(ledger.dropped))


class _Ledger:
    """What was looked up, and what fell."""

    def __init__(self, evidence: Sequence[Evidence], entities: Iterable[str], onset: datetime | None) -> None:
        self.by_id: Mapping[str, Evidence] = {one.id: one for one in evidence}
        self.names = Names([*entities, *(one.entity for one in evidence)])
        self.onset = onset.astimezone(UTC) if onset else None
        self.dropped: list[Dropped] = []

    def accepts(self, text: str, cited: Sequence[str]) -> bool:
        reason = self.problem(text, cited)
        if reason:
            self.dropped.append(Dropped(text=text, reason=reason))
        return not reason

    def problem(self, text: str, cited: Sequence[str]) -> str:
        """Why the evidence does not bear the sentence out; empty when it does."""
        if not cited:
            return "it cites nothing"
        if missing := [one for one in cited if one not in self.by_id]:
            return f"it cites {missing[0]}, which is no evidence"
        said = statement(text, self.names)
        seen = observe((self.by_id[one] for one in cited), self.names)
        return next(filter(None, _problems(said, seen, self.onset)), "")

    def paragraph(self, text: str, cited: Sequence[str]) -> str:
        """The sentences of it that hold, by all the evidence that the kept claims cite."""
        return " ".join(one for one in sentences(text) if cited and self.accepts(one, cited)) if text else ""

    def impact(self, told: Impact) -> Impact:
        """Only components that exist."""
        known = {name: tuple(one for one in listed if one in self.names) for name, listed in told}
        return Impact.model_validate(known)

    def suspect(self, one: Suspect) -> Suspect:
        return one.model_copy(update={"evidence": self._known(one.evidence)})

    def hypothesis(self, one: Hypothesis) -> Hypothesis:
        """A hypothesis without evidence for it is not supported, whatever the model says."""
        support, against = self._known(one.evidence_for), self._known(one.evidence_against)
        status = "open" if (one.status == "supported" and not support) else one.status
        return one.model_copy(update={"evidence_for": support, "evidence_against": against, "status": status})

    def _known(self, cited: Iterable[str]) -> tuple[str, ...]:
        return tuple(one for one in cited if one in self.by_id)

    def speaks_of(self, component: str, claims: Sequence[Claim]) -> bool:
        for claim in claims:
            seen = observe((self.by_id[one] for one in claim.evidence), self.names)
            about = {name.casefold() for name in self.names.within(claim.text) | seen.entities}
            if component.casefold() in about:
                return True
        return False


def _problems(said: Statement, seen: Observed, onset: datetime | None) -> Iterable[str]:
    """What is wrong with it, the plainest first."""
    if said.empty:
        yield "nothing in it can be looked up"
    missing = [
        *sorted(said.entities - seen.entities),
        *(f"“{quote}”" for quote in said.quotes if not _quoted(quote, seen)),
        *(name for name in said.identifiers if not seen.says(name)),
        *(one.text for one in said.instants if not _timed(one, said, seen, onset)),
        *(one.text for one in said.numbers if not _valued(one, said, seen, onset)),
    ]
    yield from (f"{one} is not in the evidence it cites" for one in missing)
    yield _order(said, seen, onset)
    yield _moved(said, seen)
    yield _direction(said)


def _quoted(quote: str, seen: Observed) -> bool:
    return seen.says(quote) or folded(quote) in {name.casefold() for name in seen.entities}


def _timed(one: Instant, said: Statement, seen: Observed, onset: datetime | None) -> bool:
    if any(one.means(time) for time in seen.times) or (onset is not None and _near(one, onset)):
        return True
    # A stretch that was looked at is named by both its ends; one alone would be taken for an event.
    ends = [any(instant.means(bound) for instant in said.instants) for bound in seen.bounds]
    return len(said.instants) > 1 and sum(ends) > 1 and any(one.means(bound) for bound in seen.bounds)


def _near(one: Instant, onset: datetime) -> bool:
    return one.means(onset) or any(one.means(onset + timedelta(seconds=off)) for off in (-1, 1))


def _valued(one: Number, said: Statement, seen: Observed, onset: datetime | None) -> bool:
    moves = [(old, new) for old, new in seen.moves if _belongs(old, said)]
    return (
        any(_same(one, value) for value in seen.values if _belongs(value, said))
        or (one.by and any(_same(one, replace(new, number=abs(new.number - old.number))) for old, new in moves))
        or any(_is_factor(one, new.number / old.number) for old, new in moves if old.number)
        or any(_is_factor(one, factor) for factor in _factors_of_its_own(said))
        or _lasting(one, said, seen, onset)
    )


def _belongs(value: Value, said: Statement) -> bool:
    """Whether it may be meant: a sentence that names components means values of theirs."""
    return not value.of or not said.entities or bool(value.of & said.entities)


def _same(one: Number, value: Value) -> bool:
    """Rounded, and in the unit that is named; a fall may be told without its sign."""
    return any(abs(abs(value.number * scale) - abs(one.value)) <= one.slack for scale in _scales(one, value))


def _scales(one: Number, value: Value) -> Iterable[float]:
    known = {("ms", "s"): 1e3, ("us", "s"): 1e6, ("s", "ms"): 1e-3, ("ms", "ms"): 1.0, ("s", "s"): 1.0}
    if (one.unit, value.unit) in known:
        return (known[one.unit, value.unit],)
    # Only what is a share can be told in percent, whatever else is a hundred times as much.
    return [scale for scale in SCALES.get(one.unit, (1.0,)) if one.unit != "%" or scale == 1 or abs(value.number) <= 2]


def _is_factor(one: Number, factor: float) -> bool:
    match one.unit:
        case "x":
            return abs(factor - one.value) <= one.slack
        case "%":
            return abs(abs(factor - 1) * 100 - one.value) <= one.slack
    return False


def _factors_of_its_own(said: Statement) -> Iterable[float]:
    """Between two numbers that the sentence gives itself."""
    given = [other.value for other in said.numbers if other.unit not in ("x", "%")]
    return [new / old for old in given for new in given if old]


def _lasting(one: Number, said: Statement, seen: Observed, onset: datetime | None) -> bool:
    """A duration: from the onset to a time of the evidence, between two times that are named, or what was looked at."""
    if (seconds := _SECONDS.get(one.unit)) is None:
        return False
    spans = [abs(apart) for apart in _apart(said, seen, onset)]
    return any(abs(span / seconds - one.value) <= one.slack for span in spans)


def _apart(said: Statement, seen: Observed, onset: datetime | None) -> Iterable[float]:
    """Seconds."""
    if onset is not None:
        yield from ((time - onset).total_seconds() for time in seen.times)
    named = [one.on(one.day) for one in said.instants]
    yield from ((later - earlier).total_seconds() for earlier in named for later in named)
    if len(seen.bounds) > 1:
        yield (max(seen.bounds) - min(seen.bounds)).total_seconds()


def _order(said: Statement, seen: Observed, onset: datetime | None) -> str:
    """`Before the onset` must be before the onset, and after must be after."""
    relation = _RELATION.search(said.text)
    if relation is None or onset is None:
        return ""
    named = [one.on(one.day or onset.date()) for one in said.instants if not _near(one, onset)]
    times = named or seen.times
    before = relation[1].lower() == "before"
    fits = [time <= onset + SLACK if before else time >= onset - SLACK for time in times]
    return "" if not times or (all(fits) if named else any(fits)) else f"what it speaks of is not {relation[0].lower()}"


def _moved(said: Statement, seen: Observed) -> str:
    """Where the evidence knows from what to what, it is those two and in that order."""
    known = [(old, new) for old, new in seen.moves if _belongs(old, said)]
    for start, end in said.moves if known else ():
        if not any(_same(start, old) and _same(end, new) for old, new in known):
            return f"from {start.text} to {end.text} is not in the evidence it cites"
    return ""


def _direction(said: Statement) -> str:
    """From 12 to 310 is no fall."""
    moved = _MOVED.search(said.text)
    for start, end in said.moves if moved else ():
        if moved and start.value != end.value and (end.value > start.value) != (_UP.search(moved[0]) is not None):
            return f"from {start.text} to {end.text} is the other way"
    return ""


def _told(claims: Sequence[Claim]) -> str:
    return " ".join(claim.text for claim in claims[:3]) or "Nothing that can be shown was found."


def _concluded(said: Diagnosis, ledger: _Ledger) -> Diagnosis:
    fell, stood = len(ledger.dropped), len(said.claims)
    confidence = said.confidence * (stood / (stood + fell) if stood + fell else 1.0)
    found = said.model_copy(update={"claims_dropped": said.claims_dropped + fell, "confidence": confidence})
    if said.verdict is not Verdict.CAUSE:
        return found.model_copy(update={"component": ""})
    if said.component in ledger.names and ledger.speaks_of(said.component, said.claims):
        return found
    return found.model_copy(
        update={"verdict": Verdict.INCONCLUSIVE, "component": "", "fault": Fault.UNKNOWN, "confidence": 0.0}
    )


SCALES: Mapping[str, tuple[float, ...]] = {
    "%": (1.0, 100.0),
    "ms": (1.0, 1e3, 1e-3, 1e-6),
    "us": (1.0, 1e6, 1e3, 1e-3),
    "s": (1.0, 1e-3, 1e-6, 1e-9),
    "min": (1.0, 1 / 60, 1 / 60e3),
    "m": (1.0, 1 / 60, 1e3),
    "h": (1.0, 1 / 60, 1 / 3600),
    "d": (1.0, 1 / 24, 1 / 86400),
    "k": (1.0, 1e-3),
    "M": (1.0, 1e-6),
    "g": (1.0, 1e-9),
    "b": (1.0,),
    "kb": (1.0, 1e-3, 1 / 1024),
    "mb": (1.0, 1e-6, 1 / 1024**2),
    "gb": (1.0, 1e-9, 1 / 1024**3),
    "tb": (1.0, 1e-12, 1 / 1024**4),
    "kib": (1.0, 1 / 1024),
    "mib": (1.0, 1 / 1024**2),
    "gib": (1.0, 1 / 1024**3),
    "tib": (1.0, 1 / 1024**4),
    "x": (1.0,),
}
"""What a stored number may have been multiplied by to be told in that unit; back ends store seconds, bytes, shares."""
_SECONDS: Mapping[str, float] = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "ms": 1e-3}
_RELATION = re.compile(r"\b(before|after) the (?:onset|alert|incident|symptom)", re.IGNORECASE)
_UP = re.compile(r"rose|risen|increas|grew|jump|spik|climb|up", re.IGNORECASE)
_MOVED = re.compile(
    r"\b(?:rose|risen|increased|grew|jumped|spiked|climbed|went up|fell|dropped|decreased|declined|sank|went down)\b"
    r"(?=[^.;]{0,40}\bfrom )",
    re.IGNORECASE,
)
