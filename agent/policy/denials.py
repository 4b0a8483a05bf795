"""Does a sentence deny what its evidence shows, or what its evidence never looked at?

"There was no deploy of cart" is a claim like any other: it stands only where the evidence looked for deploys and has
none of cart. A denial with a limit ("before the onset", "until 12:00", "no other") denies less; of those only the ones
about changes are judged, by the times of the changes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.domain.evidence import EvidenceKind
from agent.policy.observed import Observed
from agent.policy.statements import Statement
from agent.policy.values import belongs


@dataclass(frozen=True)
class _Thing:
    """What may be denied, in the words it is denied with."""

    kind: EvidenceKind
    called: str
    noun: str
    verb: str
    passive: str = r"(?!)"
    """Verbs that deny it only in the passive: a latency that "has not changed" is no change that was not made."""

    @property
    def denied(self) -> re.Pattern[str]:
        return re.compile(
            rf"\b(?:no|not any|not an?|not one|without(?: an?y?)?|none of the|zero)"
            rf" (?P<which>(?:[\w'-]+ ){{0,2}}?)(?:{self.noun})\b"
            rf"|\b(?:not|never|\w+n't)(?: \w+ly)?(?: been| be| ever)? (?:{self.verb})\b"
            rf"|\b(?:(?:was|were|is|are)(?: not|n't| never)|(?:not|never|n't) been)(?: \w+ly)? (?:{self.passive})\b"
            rf"|\b(?:nothing|nobody|no one) (?:\w+ ){{0,3}}?(?:{self.verb})\b|\b(?:{self.verb}) nothing\b",
            re.IGNORECASE,
        )

    @property
    def looked_for(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{self.noun}|{self.verb})\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Denial:
    thing: _Thing
    clause: str
    which: Sequence[str]
    """The words that make what is denied narrower: `no error lines`."""
    about: frozenset[str]


_CHANGE = _Thing(
    EvidenceKind.CHANGE,
    "changes",
    r"(?:changes?|flags?|configuration)(?! (?:in|of) (?:its|the|their|any)\b)(?! in\b)"
    r"|(?:re)?deploy(?:s|ments?)?|rollouts?|rollbacks?|releases?|restarts?",
    r"(?:re)?deployed|rolled (?:out|back)|released|restarted|reconfigured",
    r"changed|touched|updated",
)
_LOG = _Thing(
    EvidenceKind.LOG,
    "log lines",
    r"(?:log )?lines?|(?:log )?messages?|log entr(?:y|ies)|logs?",
    r"logs?|logged|writes?|wrote|written|print(?:s|ed)?|emit(?:s|ted)?",
)
_ALERT = _Thing(
    EvidenceKind.ALERT, "alerts", r"(?:alerts?|alarms?)(?! rules?\b)", r"alert(?:s|ed)?|alarm(?:s|ed)?|paged?"
)
_PATTERNS = {thing: (thing.denied, thing.looked_for) for thing in (_CHANGE, _LOG, _ALERT)}


def denied(said: Statement, seen: Observed, onset: datetime | None) -> Iterator[str]:
    """What is wrong with the denials of the sentence."""
    for clause in _CLAUSE.split(said.spoken):
        about = frozenset(name for name in said.entities if _stands_in(name, clause)) or said.entities
        for thing, (denial, looked_for) in _PATTERNS.items():
            if found := denial.search(clause):
                said_so = _Denial(thing, clause, (found["which"] or "").split(), about)
                yield _contradicted(said_so, seen, onset)
                yield _never_looked_for(thing, looked_for, seen)
        yield _affirmed(clause, about, seen)
    yield from _not_called(said.spoken, seen)
    yield _never_before(said, seen)


def _contradicted(denial: _Denial, seen: Observed, onset: datetime | None) -> str:
    shown, about = seen.shown.get(denial.thing.kind, set()), denial.about
    there = bool(shown & about if about else shown)
    if limit := _LIMITED.search(denial.clause):
        there = there and denial.thing is _CHANGE and _on_the_side(limit, about, seen, onset)
    elif any(word.casefold() not in _BLANK and not seen.says(word) for word in denial.which):
        # What is denied is narrower than what was found: another kind of line than these.
        there = False
    whose = " and ".join(sorted(about & shown or shown))
    return f"its evidence shows {denial.thing.called} of {whose}" if there else ""


def _on_the_side(limit: re.Match[str], about: frozenset[str], seen: Observed, onset: datetime | None) -> bool:
    """Whether something of them was on that side of the onset."""
    after = _SIDES.get((limit["side"] or "").casefold()[:5])
    if after is None or onset is None:
        return False
    return any((at > onset) == after for at, whose in seen.moments if not about or whose & about)


def _never_looked_for(thing: _Thing, looked_for: re.Pattern[str], seen: Observed) -> str:
    if thing.kind in seen.kinds or any(map(looked_for.search, seen.words)):
        return ""
    return f"nothing it cites looked for {thing.called}"


def _affirmed(clause: str, about: frozenset[str], seen: Observed) -> str:
    """What is said not to have been done stands there as done, in the same word."""
    if _LIMITED.search(clause):
        return ""
    for found in _NOT_DONE.finditer(clause):
        word = next(filter(None, found.groups())).casefold()
        for line, whose in seen.lines if _stem(word) not in _ELSEWHERE else ():
            if (
                whose & about
                and not _DENYING.search(line)
                and _stem(word) in map(_stem, _WORD.findall(line.casefold()))
            ):
                return f"its evidence says {word}: {line}"
    return ""


def _stem(word: str) -> str:
    return _ENDING.sub("", word)


def _not_called(text: str, seen: Observed) -> Iterable[str]:
    """Who is said not to call whom."""
    known = {(one.casefold(), other.casefold()) for one, other in seen.calls}
    for found in _NOT_CALLS.finditer(text):
        one, other = found["one"].casefold(), found["other"].casefold()
        if found["passive"]:
            one, other = other, one
        if (one, other) in known:
            yield f"{one} does call {other}"


def _never_before(said: Statement, seen: Observed) -> str:
    """A line that stands there was logged; what was expected from before had been there."""
    new = _NEVER_BEFORE.search(said.text)
    if said.quotes and not new and _NOT_LOGGED.search(said.text):
        return "the line is in the evidence it cites"
    usual = [value.number for value in seen.values if "expected" in value.nouns and belongs(value, said)]
    return "it had been there before" if new and usual and min(usual) > 0 else ""


def _stands_in(name: str, clause: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", clause, re.IGNORECASE) is not None


_CLAUSE = re.compile(r"[;:](?=\s)|,? (?:but|while|whereas|though|although)\b")
_LIMITED = re.compile(
    r"\b(?:(?P<side>before|preced\w*|prior|until|after|since|follow\w*)|earlier|other|others|else|further|except"
    r"|besides|than|only|yet|longer|between|during|within|last|past|again)\b",
    re.IGNORECASE,
)
_SIDES = {"befor": False, "prece": False, "prior": False, "until": False, "after": True, "since": True, "follo": True}
"""Whether what is denied would have come after the onset."""
_BLANK = frozenset(("a", "an", "any", "such", "single", "log", "recent", "known", "kind", "of", "the", "one"))
_NOT_CALLS = re.compile(
    r"(?P<one>[\w./:@-]*\w)`? (?:(?:does not|doesn't|never|did not|didn't) (?:calls?|depends? on|uses?)"
    r"|(?P<passive>(?:is|was) (?:not|never) (?:called|used) by)) `?(?P<other>[\w./:@-]*\w)",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(
    r"\b(?:was|were|is|are|has|have|had|did|been)(?: not| never|n't)(?: been)? (?:\w+ly )?([a-z]{4,})\b"
    r"|\bno (restarts?|evictions?|crash(?:es)?|timeouts?|retries|oom ?kills?)\b",
    re.IGNORECASE,
)
_DENYING = re.compile(r"\b(?:not|no|never|without|none|nor|cannot|0|\w+n't)\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{4,}")
_ENDING = re.compile(r"(?:ed|ing|es|s|e)$")
_ELSEWHERE = frozenset(
    ("alert", "been", "call", "caus", "chang", "depend", "expect", "log", "logg", "pass", "ris", "us")
)
"""Stems of verbs that say nothing without their object, or that are judged by values, calls and kinds of evidence."""
_NOT_LOGGED = re.compile(
    r"\b(?:never|not) (?:logs?|logged|written|wrote)\b|\bno (?:such )?(?:line|message)\b", re.IGNORECASE
)
_NEVER_BEFORE = re.compile(r"\bnever\b.*\bbefore\b|\bfor the first time\b|\bnever before\b", re.IGNORECASE)
