"""Where does an expression match, when it begins with one of a few words? Looking for words is ten times as fast."""

import re
from collections.abc import Iterator, Sequence


def matches(
    regex: re.Pattern[str], words: Sequence[str], text: str, small: str | None = None
) -> Iterator[re.Match[str]]:
    """The matches that begin with one of `words` (given in lower case, found in any), in order and apart.

    `small` is the text in lower case, where the caller has it.
    """
    small, end = lowered(text) if small is None else small, 0
    for at in sorted({place for word in [word for word in words if word in small] for place in _places(word, small)}):
        if at >= end and (match := regex.match(text, at)):
            yield match
            end = match.end()


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def fewest(hints: Sequence[str]) -> tuple[str, ...]:
    """Those without which none of them is in a text: `mysql` asks for `mysqldump`, too. The shortest first."""
    kept: list[str] = []
    for hint in sorted(hints, key=len):
        if not any(one in hint for one in kept):
            kept.append(hint)
    return tuple(kept)


def beginnings(words: Sequence[str]) -> tuple[str, ...]:
    """Those that begin with none of the others: what begins with `mysqldump` begins with `mysql`, too."""
    kept: list[str] = []
    for word in sorted(words, key=len):
        if not word.startswith(tuple(kept)):
            kept.append(word)
    return tuple(kept)


def lowered(text: str) -> str:
    """In lower case and of the same length, which `str.lower` alone does not promise."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def around(
    regex: re.Pattern[str], words: Sequence[str], text: str, small: str, reach: int = 500
) -> Iterator[re.Match[str]]:
    """The matches about one of `words`, `reach` characters before and behind; for what has a word in its midst."""
    for start, stop in _windows(sorted({at for word in words for at in _places(word, small)}), text, reach):
        yield from regex.finditer(text, start, stop)


def _windows(places: Sequence[int], text: str, reach: int) -> Iterator[tuple[int, int]]:
    """To the end of a line, as far as lines are short; what touches goes as one."""
    start = stop = 0
    for at in places:
        if at >= stop:
            if stop:
                yield start, stop
            start = max(stop, at - reach)
        if at + reach > stop:
            most = min(len(text), at + 2 * reach)
            stop = max(text.rfind("\n", at, most), at + reach) if most < len(text) else most
    if stop:
        yield start, stop
