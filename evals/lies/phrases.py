"""How would a model say a fact?  Sentences, each with the fields of the fact that it states."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from evals.lies.facts import FEWEST_WORDS, Alerted, Changed, Fact, Logged, Moved
from evals.lies.numerals import clock, length, rounded, written

_DONE = {
    "deploy": "was deployed",
    "config": "was reconfigured",
    "flag": "had a flag switched",
    "restart": "was restarted",
    "scale": "was scaled",
}
_LONGEST = 160
"""Characters of a line that is quoted whole."""
_SHORTLY = timedelta(minutes=15)


@dataclass(frozen=True)
class Phrase:
    text: str
    style: str
    """Which way of saying it."""
    states: frozenset[str]
    """Change one of these fields, and it says something else."""


def phrases(fact: Fact, onset: datetime) -> list[Phrase]:
    match fact:
        case Moved():
            return list(_moved(fact))
        case Logged():
            return list(_logged(fact, onset))
        case Changed():
            return list(_changed(fact, onset))
        case Alerted():
            return list(_alerted(fact))


def subject(fact: Moved) -> str:
    return f"{fact.what} from {fact.caller} to {fact.component}" if fact.caller else f"{fact.what} of {fact.component}"


def _moved(fact: Moved) -> Iterator[Phrase]:
    told, verb = subject(fact), "rose" if fact.rose else "fell"
    owner = {"component", "caller"} if fact.caller else {"component"}
    for before, after, last in written((fact.before, fact.after, fact.last), fact.unit):
        both = {"before", "after", "unit", *owner}
        yield _phrase(f"{told} went from {before} to {after}.", "went from", both)
        yield _phrase(f"The {told} {verb} from {before} to {after}.", "rose from", both | {"direction"})
        yield _phrase(f"{_possessive(fact)} {verb} to {after}, from {before} before.", "rose to", both | {"direction"})
        yield _phrase(f"{_possessive(fact)} is at {last} now.", "is at", {"last", "unit", *owner})
        seen = f"At {clock(fact.at)} UTC the {told} was {last}."
        yield _phrase(seen, "at a time", {"last", "unit", "at", *owner})
    if fact.before > 0 and 2 <= fact.after / fact.before < 1000:
        times = rounded(fact.after / fact.before, 2)
        yield _phrase(f"The {told} grew about {times}-fold.", "fold", {"factor", "direction"})
    if fact.plainly:
        yield _phrase(f"{_possessive(fact)} {verb} sharply.", "no number", {"direction"})


def _possessive(fact: Moved) -> str:
    if fact.caller:
        return f"For calls from {fact.caller} to {fact.component}, {_words(fact.what)}"
    return f"{fact.component}'s {_words(fact.what)}"


def _words(metric: str) -> str:
    """`service:cpu_cores` -> `cpu cores`, as prose has it."""
    return metric.rsplit(":", 1)[-1].replace("_", " ") if ":" in metric else metric


def _logged(fact: Logged, onset: datetime) -> Iterator[Phrase]:
    who = {"component", "quote"}
    many = "1 time" if fact.count == 1 else f"{fact.count} times"
    for quote in fact.kinds:
        yield _phrase(f"{fact.component} logged “{quote}” {many} since the onset.", "logged", {"count", *who})
        if fact.new:
            yield from _since(fact, quote, onset)
    for quote in quotations(fact):
        yield _phrase(f"{fact.component} logs “{quote}”.", "logs", who)
        lines = f'Since the onset {fact.component} wrote {fact.count} lines such as "{quote}".'
        yield _phrase(lines, "lines such as", {"count", *who})


def _since(fact: Logged, quote: str, onset: datetime) -> Iterator[Phrase]:
    who = {"component", "quote"}
    yield _phrase(f"{fact.component} writes “{quote}” since {clock(fact.first)} UTC.", "since", {"first", *who})
    gap = f"{length(fact.first - onset)} {'after' if fact.first >= onset else 'before'} the onset"
    first = f"The first “{quote}” of {fact.component} came at {clock(fact.first)}, {gap}."
    yield _phrase(first, "first", {"first", *who})
    yield _phrase(f"{fact.component} never logged “{quote}” before.", "never before", {"new"})


def quotations(fact: Logged) -> list[str]:
    """The line, and parts of it."""
    words = fact.example.split()
    parts = [" ".join(words[:6]), " ".join(words[-5:])] if len(words) > FEWEST_WORDS + 2 else []
    whole = [fact.example] if len(fact.example) <= _LONGEST else []
    return list(dict.fromkeys(part for part in whole + parts if len(re.findall(r"\w+", part)) >= FEWEST_WORDS))


def _changed(fact: Changed, onset: datetime) -> Iterator[Phrase]:
    at, who, what = clock(fact.at), {"component"}, named(fact)
    side = "before" if fact.at <= onset else "after"
    gap = f"{length(onset - fact.at)} {side} the onset"
    yield _phrase(f"{what} of {fact.component} at {at}: “{fact.summary}”.", "change", {"at", "quote", *who})
    yield _phrase(f"A {what} of {fact.component} came {gap}.", "gap", {"gap", "side", *who})
    yield _phrase(f"{fact.component} {_done(fact)} at {fact.at:%H:%M} UTC.", "minute", {"at", *who})
    if abs(onset - fact.at) <= _SHORTLY:
        yield _phrase(f"{fact.component} {_done(fact)} shortly {side} the onset.", "shortly", {"side", *who})
    if fact.author:
        by = f"{fact.author} made a {what} of {fact.component}: “{fact.summary}”."
        yield _phrase(by, "author", {"quote", *who})


def named(fact: Changed) -> str:
    return {"deploy": "deploy", "restart": "restart", "other": "change"}.get(fact.kind, f"{fact.kind} change")


def _done(fact: Changed) -> str:
    return _DONE.get(fact.kind, "was changed")


def _alerted(fact: Alerted) -> Iterator[Phrase]:
    first, who = clock(fact.first), {"component"}
    many = "1 alert bears" if fact.alerts == 1 else f"{fact.alerts} alerts bear"
    yield _phrase(f"{many} on {fact.component}.", "alerts", {"count", *who})
    yield _phrase(f"The first alert about {fact.component} came at {first} UTC.", "first alert", {"at", *who})
    yield _phrase(f"“{fact.name}” was raised for {fact.component}.", "raised", who)


def _phrase(text: str, style: str, states: set[str]) -> Phrase:
    return Phrase(text, style, frozenset(states))
