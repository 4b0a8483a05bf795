"""What is true in a case, and which lies lie closest to it?"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from agent.domain.evidence import Evidence
from evals.lies.facts import Alerted, Changed, Fact, Logged, Moved, facts
from evals.lies.numerals import confused
from evals.lies.phrases import Phrase, named, phrases, quotations, subject
from evals.lies.scene import Scene, folded, near
from evals.lies.variants import variants

KINDS = (
    "another service",
    "another number",
    "another count",
    "a quote not in the log",
    "before the onset",
    "another time",
    "another direction",
    "the contrary",
    "caller and callee swapped",
    "another unit",
    "another evidence",
)
_OPPOSITE = {"rose": "fell", "fell": "rose", "grew": "shrank"}


@dataclass(frozen=True)
class Saying:
    """A sentence, what it cites, and what it is."""

    case: str
    text: str
    evidence: tuple[str, ...]
    true: bool
    kind: str
    """Of a lie: what was changed. Of a truth: which way of saying it."""


def truths(scene: Scene) -> list[Saying]:
    """What is true in the case, in all the ways it can be said; the analysis's own sentences among them."""
    own = [Saying(scene.case, one.text, one.evidence, True, "the analysis's own") for one in scene.diagnosis.claims]
    own += [Saying(scene.case, one.summary, (one.id,), True, "the evidence's own") for one in scene.evidence]
    told = [
        Saying(scene.case, phrase.text, (fact.evidence,), True, phrase.style)
        for fact in facts(scene)
        for phrase in phrases(fact, scene.onset)
    ]
    return list({(one.text, one.evidence): one for one in told + own}.values())


def lies(scene: Scene, chance: Random) -> list[Saying]:
    """Everything false that can be made of the case, and is not true of anything else in it."""
    true = {folded(one.text) for one in truths(scene)}
    made = [one for fact in facts(scene) for one in _lies_about(fact, scene, chance)]
    altered = {one.text: one for one in made if folded(one.text) not in true}
    # These are true sentences: what they rest on is the lie.
    return [*altered.values(), *(one for fact in facts(scene) for one in _cited_wrongly(fact, scene, chance))]


def _lies_about(fact: Fact, scene: Scene, chance: Random) -> Iterator[Saying]:
    for kind, text in _altered(fact, scene, chance):
        yield Saying(scene.case, text, (fact.evidence,), False, kind)


def _altered(fact: Fact, scene: Scene, chance: Random) -> Iterator[tuple[str, str]]:
    """(kind, sentence)"""
    for one in variants(fact, scene, chance):
        yield from ((one.kind, phrase.text) for phrase in phrases(one.fact, scene.onset) if one.field in phrase.states)
    yield from (("the contrary", text) for text in _denials(fact))
    if isinstance(fact, Moved):
        yield from (("another direction", text) for text in _turned_round(fact, scene))
        yield from (("another unit", text) for text in _unit_confused(fact, scene))


def _turned_round(fact: Moved, scene: Scene) -> Iterator[str]:
    """The two values swapped; and the word for the direction alone."""
    if not fact.plainly:
        return
    swapped = phrases(_swapped(fact), scene.onset)
    yield from (one.text for one in swapped if {"before", "after"} <= one.states)
    for one in phrases(fact, scene.onset):
        if "direction" in one.states:
            yield re.sub(r"\b(rose|fell|grew)\b", lambda word: _OPPOSITE[word[0]], one.text)


def _swapped(fact: Moved) -> Moved:
    return Moved(**{**vars(fact), "before": fact.after, "after": fact.before})


def _unit_confused(fact: Moved, scene: Scene) -> Iterator[str]:
    known = scene.samples(fact.component, fact.metric)
    for factor, (before, after) in confused((fact.before, fact.after), fact.unit):
        if not near(fact.after * factor, known):
            yield f"{subject(fact)} went from {before} to {after}."
            yield f"{subject(fact)} is at {after} since the onset."


def _denials(fact: Fact) -> Iterator[str]:
    match fact:
        case Moved() if fact.plainly:
            yield f"{subject(fact)} did not change."
            yield f"{subject(fact)} stayed in its usual range after the onset."
            yield f"There was no {'rise' if fact.rose else 'fall'} in {subject(fact)}."
        case Logged():
            for quote in quotations(fact)[:1]:
                yield f"{fact.component} never logged “{quote}”."
                yield f"There is no line “{quote}” from {fact.component} since the onset."
            if fact.before:
                yield f"{fact.component} never logged “{fact.kinds[0]}” before."
        case Changed():
            yield f"There was no {named(fact)} of {fact.component}."
            yield f"{fact.component} was not changed."
        case Alerted():
            yield f"No alert bears on {fact.component}."


def _cited_wrongly(fact: Fact, scene: Scene, chance: Random) -> Iterator[Saying]:
    """True sentences that rest on evidence which does not speak of their component, or is not there."""
    strangers = [one.id for one in scene.evidence if not _speaks_of(one, fact.component)]
    told: list[Phrase] = [one for one in phrases(fact, scene.onset) if "component" in one.states]
    nobody = f"e{len(scene.evidence) + chance.randint(1, 40)}"
    for cited in [*chance.sample(strangers, min(2, len(strangers))), nobody]:
        if told:
            yield Saying(scene.case, chance.choice(told).text, (cited,), False, "another evidence")


def _speaks_of(one: Evidence, component: str) -> bool:
    return component.casefold() in json.dumps(one.model_dump(mode="json"), ensure_ascii=False).casefold()
