"""Where does an expression match, when it begins with one of a few words? Looking for words is ten times as fast."""

import re
from collections.abc import Iterator, Sequence


def matches(regex: re.Pattern[str], words: Sequence[str], text: str) -> Iterator[re.Match[str]]:
    """The matches that begin with one of `words` (given in lower case, found in any), in order and apart."""
    lowered, end = _lowered(text), 0
    for at in sorted({place for word in words for place in _places(word, lowered)}):
        if at >= end and (match := regex.match(text, at)):
            yield match
            end = match.end()


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _lowered(text: str) -> str:
    """In lower case and of the same length, which `str.lower` alone does not promise."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
