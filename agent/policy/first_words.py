"""Where does an expression match, when it begins with one of a few words? Looking for words is ten times as fast."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

_COMMON = (
    "ineressece-020onrete: mestic02etcoalvilentthneus c s ien  s -2rv ror tnge tarot tosu0 at 100loheedom"
    "ti22255-hocaeaemde uodllnd 2li03 lge:3e-naaitsann pod y  a oisecunamve f.02 o r rt e10 p-ss:2-g 1 ou"
    ":4idutilfrarssplm elck || hira:5z io.13-ul - hl uead:1tr mh qu06 (acns17t1maau0.mpltevuaog- chr_ncsh"
    "pi2.os] hamieq21) rsd-.2ag1:imopf fono1.0::2ipgiokfiitgo24be5 ofly13ryo:05 n.cap08mo30grs.85pa07la8:"
    "saurexrioo 0faigtt dtpg.nfot3:11owpr:0d=166:-1d:oc18ub68ps44nidinuhtasctav42 [.g"
)
"""Pairs of letters of logs, the commonest first: where one is tells little of a word."""
_RANKS = {tuple(_COMMON[at : at + 2]): len(_COMMON) - at for at in range(0, len(_COMMON), 2)}
_SEVERAL = 6
"""Fewer words are as soon looked for one by one."""


def matches(
    regex: re.Pattern[str], words: Sequence[str], text: str, small: str | None = None
) -> Iterator[re.Match[str]]:
    """The matches that begin with one of `words` (given in lower case, found in any), in order and apart.

    `small` is the text in lower case, where the caller has it.
    """
    small, end = lowered(text) if small is None else small, 0
    here = _held(tuple(words)).within(small) if len(words) >= _SEVERAL else [word for word in words if word in small]
    if not here:
        return
    for at in sorted({place for word in here for place in _places(word, small)}):
        if at >= end and (match := regex.match(text, at)):
            yield match
            end = match.end()


class Words:
    """Words, in lower case, of which a text holds few or none: each is looked for where its rarest two letters are."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_pair: dict[tuple[str, str], list[str]] = {}
        self._single = [word for word in words if len(word) == 1]
        for word in words:
            if len(word) > 1:
                self._by_pair.setdefault(min(pairwise(word), key=_frequency), []).append(word)
        self._pairs = frozenset(self._by_pair)

    def within(self, small: str) -> list[str]:
        """Those that are in the text, which is in lower case."""
        found = [word for pair in self._pairs & _pairs(small) for word in self._by_pair[pair] if word in small]
        return found + [word for word in self._single if word in small] if self._single else found


_held = lru_cache(256)(Words)


@lru_cache(4)
def _pairs(small: str) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(small))


def _frequency(pair: tuple[str, str]) -> int:
    return _RANKS.get(pair, 0)


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
