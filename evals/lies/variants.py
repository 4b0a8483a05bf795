"""What is a fact like with one field changed, and is it then false by the raw telemetry?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from evals.lies.facts import Alerted, Changed, Fact, Logged, Moved
from evals.lies.phrases import quotations
from evals.lies.scene import Scene, at_about, folded, near

_FACTORS = (0.1, 0.33, 0.5, 0.67, 0.8, 1.25, 1.5, 2.0, 3.0, 10.0)
_WORD = re.compile(r"[A-Za-z]{3,}")
_MARGIN = timedelta(minutes=3)
"""A time that is told to the minute is wrong from here on."""
_FARTHEST = 7_200
"""Seconds."""
_OTHERS = 3
"""Variants of one kind that are made of one fact."""
_MANY_ALERTS = 10
"""Of so many alerts nobody can say how many bear on one component."""


@dataclass(frozen=True)
class Variant:
    kind: str
    field: str
    """What was changed: a sentence that states it has become a lie."""
    fact: Fact


def variants(fact: Fact, scene: Scene, chance: Random) -> Iterator[Variant]:
    match fact:
        case Moved():
            yield from _moved(fact, scene, chance)
        case Logged():
            yield from _logged(fact, scene, chance)
        case Changed():
            yield from _changed(fact, scene, chance)
        case Alerted():
            yield from _alerted(fact, scene, chance)


def _moved(fact: Moved, scene: Scene, chance: Random) -> Iterator[Variant]:
    known = [*scene.samples(fact.component, fact.metric), fact.before, fact.after, fact.last]
    for other in _others(fact, scene, chance):
        theirs = scene.samples(other, fact.metric)
        if other != fact.caller and not near(fact.after, theirs) and not near(fact.last, theirs):
            yield Variant("another service", "component", replace(fact, component=other))
    for wrong in _wrong_numbers(fact.before, known, chance):
        yield Variant("another number", "before", replace(fact, before=wrong))
    for wrong in _wrong_numbers(fact.after, known, chance):
        yield Variant("another number", "after", replace(fact, after=wrong))
    for wrong in _wrong_numbers(fact.last, known, chance):
        yield Variant("another number", "last", replace(fact, last=wrong))
    grown = replace(fact, after=fact.after * chance.choice((1.6, 3.0)))
    if fact.rose and not near(grown.after, known):
        yield Variant("another number", "factor", grown)
    if fact.caller and not _calls(fact.component, fact.caller, scene):
        turned = replace(fact, caller=fact.component, component=fact.caller)
        yield Variant("caller and callee swapped", "caller", turned)
    before = replace(fact, at=scene.onset - timedelta(seconds=chance.randint(45, 200)))
    if not near(fact.last, scene.around(fact.component, fact.metric, before.at, timedelta(seconds=20)) or [fact.last]):
        yield Variant("before the onset", "at", before)


def _wrong_numbers(value: float, known: Sequence[float], chance: Random) -> Iterator[float]:
    """Off by a factor, or with two digits swapped; and never measured."""
    wrong = [value * factor for factor in chance.sample(_FACTORS, _OTHERS)] + list(_digits_swapped(f"{value:.3g}"))
    yield from (one for one in wrong if not near(one, known))


def _digits_swapped(text: str) -> Iterator[float]:
    places = [place for place, digit in enumerate(text) if digit.isdigit()]
    for here, there in pairwise(places):
        if text[here] != text[there] and "e" not in text:
            yield float(text[:here] + text[there] + text[here + 1 : there] + text[here] + text[there + 1 :])


def _calls(caller: str, callee: str, scene: Scene) -> bool:
    """By the graph, or by any series that was measured from the one to the other."""
    graph = scene.seen.topology
    if graph and (caller, callee) in graph.edges:
        return True
    labels = [one.series.labels for one in scene.seen.readings]
    between = [one for one in labels if {caller, callee} <= set(one.values())]
    ends = {tuple(sorted((name, value) for name, value in one.items() if value in {caller, callee})) for one in between}
    return len(ends) > 1


def _others(fact: Fact, scene: Scene, chance: Random) -> list[str]:
    others = [one for one in scene.components if one != fact.component]
    return chance.sample(others, min(_OTHERS, len(others)))


def _logged(fact: Logged, scene: Scene, chance: Random) -> Iterator[Variant]:
    quoted = [*fact.kinds, *quotations(fact)]
    for other in _others(fact, scene, chance):
        if not any(scene.with_text(other, one) for one in quoted) and not scene.lines(other, fact.kinds[0]):
            yield Variant("another service", "component", replace(fact, component=other))
    written = len(scene.lines(fact.component, fact.kinds[0]))
    for wrong in _wrong_counts(fact.count, [fact.count, written], chance):
        yield Variant("another count", "count", replace(fact, count=wrong))
    for quote in _misquoted(fact, scene, chance):
        yield Variant("a quote not in the log", "quote", replace(fact, example=quote, kinds=(quote,)))
    earlier = fact.first - timedelta(seconds=chance.randint(200, 3600))
    if fact.new and fact.first >= scene.onset - _MARGIN:
        yield Variant("before the onset", "first", replace(fact, first=earlier))


def _wrong_counts(count: int, known: Sequence[float], chance: Random) -> Iterator[int]:
    for factor in chance.sample(_FACTORS, _OTHERS):
        wrong = round(count * factor)
        if wrong > 0 and abs(wrong - count) > 1 and not near(wrong, known):
            yield wrong


def _misquoted(fact: Logged, scene: Scene, chance: Random) -> Iterator[str]:
    """The line with two words swapped, with a word of another line, with another number: no part of it is anywhere."""
    words = fact.example.split()
    made = [*_words_swapped(words, chance), *_word_replaced(words, scene, chance), *_numbers_changed(words)]
    for quote in (" ".join(one) for one in made):
        wrong = replace(fact, example=quote, kinds=(quote,))
        if not any(scene.says(part) for part in [quote, *quotations(wrong)]):
            yield quote


def _words_swapped(words: list[str], chance: Random) -> Iterator[list[str]]:
    if len(words) > 1:
        here = chance.randrange(len(words) - 1)
        yield [*words[:here], words[here + 1], words[here], *words[here + 2 :]]


def _word_replaced(words: list[str], scene: Scene, chance: Random) -> Iterator[list[str]]:
    plain = [place for place, word in enumerate(words) if _WORD.fullmatch(word)]
    vocabulary = sorted({word for text in scene.written for word in text.split() if _WORD.fullmatch(word)})
    for place in chance.sample(plain, min(2, len(plain))):
        yield [*words[:place], chance.choice(vocabulary), *words[place + 1 :]]


def _numbers_changed(words: list[str]) -> Iterator[list[str]]:
    for place, word in enumerate(words):
        if word.isdigit():
            yield [*words[:place], str(int(word) * 2 + 3), *words[place + 1 :]]


def _changed(fact: Changed, scene: Scene, chance: Random) -> Iterator[Variant]:
    known = [one.at for one in scene.seen.changes if one.service == fact.component]
    for other in _others(fact, scene, chance):
        if not any(one.service == other for one in scene.seen.changes):
            yield Variant("another service", "component", replace(fact, component=other))
    for field in ("at", "gap"):
        moved = replace(fact, at=fact.at + chance.choice((-1, 1)) * _apart(chance))
        if not at_about(moved.at, known):
            yield Variant("another time", field, moved)
    yield from _across_the_onset(fact, scene.onset, known)
    numbers = re.findall(r"\d+", fact.summary)
    wrong = _last_replaced(fact.summary, numbers[-1], str(int(numbers[-1]) + 3)) if numbers else fact.summary
    if not scene.says(wrong):
        yield Variant("a quote not in the log", "quote", replace(fact, summary=wrong))


def _across_the_onset(fact: Changed, onset: datetime, known: Sequence[datetime]) -> Iterator[Variant]:
    """As long after the onset as it was before; or the other way round."""
    across = replace(fact, at=onset + (onset - fact.at))
    if abs(onset - fact.at) > timedelta(seconds=30) and not at_about(across.at, known, timedelta(seconds=30)):
        kind = "before the onset" if across.at < onset else "another time"
        yield Variant(kind, "side", across)


def _last_replaced(text: str, old: str, new: str) -> str:
    head, _, tail = text.rpartition(old)
    return head + new + tail


def _alerted(fact: Alerted, scene: Scene, chance: Random) -> Iterator[Variant]:
    known = [one.starts_at for one in scene.seen.alerts]
    for other in _others(fact, scene, chance):
        if not any(folded(other) in folded(" ".join(one.labels.values())) for one in scene.seen.alerts):
            yield Variant("another service", "component", replace(fact, component=other))
    for wrong in _wrong_counts(fact.alerts, [fact.alerts], chance):
        if wrong > len(known) or len(known) > _MANY_ALERTS:
            yield Variant("another count", "count", replace(fact, alerts=wrong))
    moved = replace(fact, first=fact.first - _apart(chance))
    if not at_about(moved.first, known):
        yield Variant("before the onset", "at", moved)


def _apart(chance: Random) -> timedelta:
    return timedelta(seconds=chance.randint(int(_MARGIN.total_seconds()) + 20, _FARTHEST))
