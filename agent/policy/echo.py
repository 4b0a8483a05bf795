"""Does a sentence repeat the evidence with one thing exchanged? Said in the same words, the same things stand there.

A sentence and a line of the evidence are aligned word by word (Ratcliff and Obershelp, 1988), with names, numbers and
quotations as blanks. Where most words are the same, the blanks must hold the same and neither may deny the other.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from agent.policy.characters import plain
from agent.policy.names import Names
from agent.policy.observed import Observed
from agent.policy.statements import Instant, Number, instants_within, numbers
from agent.policy.values import alike

_ALIKE = 0.75
"""Share of the sentence's words that stand in the line in this order, from which it counts as the same sentence."""
_LEAST = 5
"""Words below which being alike says nothing."""
_LONGEST = 400
"""Characters of a line of evidence that is compared: sentences are shorter."""
_Held: TypeAlias = str | Number | Instant | None
"""What a blank stands for; None for a word."""
_NAME, _NUMBER, _QUOTE, _TIME = "§", "#", "“”", "@"


@dataclass(frozen=True)
class _Worded:
    """A sentence as words, and what each of them holds."""

    words: tuple[str, ...]
    held: tuple[_Held, ...]

    def denials(self, begin: int, end: int) -> int:
        return sum(word in _DENIALS or word.endswith("n't") for word in self.words[begin:end])


class Echoes:
    """Compares sentences with lines; each line is taken apart once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[str, _Worded] = {}

    def exchanged(self, text: str, seen: Observed) -> str:
        """What stands elsewhere in the evidence's own wording of the sentence; empty when nothing does."""
        said = self._worded(plain(text))
        if len(said.words) < _LEAST:
            return ""
        alike = [found for line in _lines(seen) if (found := _compared(said, self._worded(line))) is not None]
        return min(alike, key=len, default="")

    def _worded(self, line: str) -> _Worded:
        if line not in self._known:
            self._known[line] = _worded(line, self._names)
        return self._known[line]


def _lines(seen: Observed) -> Iterator[str]:
    for text in seen.words:
        yield from (line for line in plain(text).splitlines() if line.count(" ") >= _LEAST and len(line) <= _LONGEST)


def _compared(said: _Worded, line: _Worded) -> str | None:
    """The first difference; empty when there is none, None when the two are different sentences."""
    if len(line.words) < _LEAST or (Counter(said.words) & Counter(line.words)).total() < _ALIKE * len(said.words):
        return None
    blocks = SequenceMatcher(None, said.words, line.words, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks)
    if shared < _ALIKE * len(said.words):
        return None
    pairs = [
        (said.held[block.a + place], line.held[block.b + place]) for block in blocks for place in range(block.size)
    ]
    first, last = blocks[0], blocks[-2]
    told = said.denials(first.a, last.a + last.size) - line.denials(first.b, last.b + last.size)
    if told and shared + abs(told) >= min(len(said.words), last.b + last.size - first.b):
        return "the evidence it cites denies it"
    return next((f"{_shown(one)} stands in another place there" for one, other in pairs if not _agree(one, other)), "")


def _agree(one: _Held, other: _Held) -> bool:
    match one, other:
        case Number(), Number():
            return alike(one, other)
        case Instant(), Instant():
            return one.means(other.on(other.day or one.day))
        case str(), str():
            return one.casefold() == other.casefold() or one.startswith(_QUOTE[0])
    return True


def _shown(held: _Held) -> str:
    return held.text if isinstance(held, Number | Instant) else str(held)


def _worded(text: str, names: Names) -> _Worded:
    words: list[str] = []
    held: list[_Held] = []
    for found in _TOKEN.finditer(text):
        word, value = _blank(found[0], names)
        words.append(word)
        held.append(value)
    return _Worded(tuple(words), tuple(held))


def _blank(token: str, names: Names) -> tuple[str, _Held]:
    if token[0] in '“"':
        return _QUOTE, token
    if token in names:
        return _NAME, token
    if instant := next(instants_within(token), None):
        return _TIME, instant
    if number := next(numbers(token), None):
        return _NUMBER, number
    return token.casefold(), None


_DENIALS = frozenset(("not", "no", "never", "without", "neither", "nor", "none", "cannot"))
_TOKEN = re.compile(
    r"“[^”]*”|\"[^\"]*\"|[+-]?\d[\d.,]*(?:e[+-]?\d+)?(?:\s?(?:%|ms\b|s\b))?(?!\w|[:/.-]\w)|[\w./:@'-]*\w", re.IGNORECASE
)
