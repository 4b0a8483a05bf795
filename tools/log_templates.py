"""Which kinds of lines does a log hold?  Variable parts are masked, then lines that differ in one are merged.

Merging follows Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017) with two
changes for diagnosis: a word becomes `<*>` only when at least MIN_VARIANTS different words stood in its place, so that
"connection to redis refused" keeps its `redis`, and status codes are never masked.
"""

import operator
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tools.base import LogLine
from tools.invisible import visible
from tools.log_masks import MAX_EXAMPLE, template

MIN_VARIANTS = 4
"""So many different words in one place make it a variable."""
SIMILARITY = 0.5
"""Share of equal words from which two masked lines are the same kind; the value of the Drain paper."""
MAX_KINDS_COMPARED = 64
"""Kinds of one length and first word that a line is compared with: bounds the cost on a log of random text."""


@dataclass(frozen=True)
class Template:
    """One kind of line and how often it was seen."""

    text: str
    count: int
    first: datetime
    last: datetime
    example: str
    """The earliest raw line of it, without control characters, at most MAX_EXAMPLE characters. Untrusted."""
    levels: Mapping[str, int]
    services: Mapping[str, int]


def assign(messages: Iterable[str]) -> list[str]:
    """The template of each message, in the order given; similar templates among them are merged."""
    masked = [template(message) for message in messages]
    merged = _merge(Counter(masked))
    return [merged[text] for text in masked]


def group(lines: Sequence[LogLine]) -> list[Template]:
    """The kinds of line in a log, the most frequent first."""
    return [text for text, _ in kinds(lines)]


def kinds(lines: Sequence[LogLine]) -> list[tuple[Template, list[LogLine]]]:
    """The kinds of line in a log, the most frequent first, each with its lines in the order given."""
    members: dict[str, list[LogLine]] = {}
    for line, text in zip(lines, assign(line.message for line in lines), strict=True):
        members.setdefault(text, []).append(line)
    found = [(_summary(text, those), those) for text, those in members.items()]
    return sorted(found, key=lambda pair: (-pair[0].count, pair[0].text))


def _summary(text: str, lines: list[LogLine]) -> Template:
    earliest = min(lines, key=lambda line: line.at)
    return Template(
        text=text,
        count=len(lines),
        first=earliest.at,
        last=max(line.at for line in lines),
        example=visible(earliest.message)[:MAX_EXAMPLE],
        levels=dict(Counter(line.level for line in lines)),
        services=dict(Counter(line.service for line in lines)),
    )


_CODES = re.compile(r"(?<![\w.])\d{1,4}(?![\w.])")


class _Kind:
    """Masked lines of one length and one first word that are alike."""

    def __init__(self, words: list[str], text: str) -> None:
        self.members = [text]
        self._agreed: list[str | None] = list(words)
        self._variants = [{word} for word in words]

    def likeness(self, words: list[str]) -> float:
        """Share of places in which the lines so far all agree, and agree with `words`."""
        return float(sum(map(operator.eq, self._agreed, words)) / len(words))

    def take(self, text: str, words: list[str]) -> None:
        self.members.append(text)
        for place, (seen, word) in enumerate(zip(self._variants, words, strict=True)):
            if word not in seen:
                self._agreed[place] = None
                if len(seen) < MIN_VARIANTS:
                    seen.add(word)

    def named(self) -> Iterator[tuple[str, str]]:
        """Each member with its template."""
        variable = [place for place, seen in enumerate(self._variants) if len(seen) >= MIN_VARIANTS]
        for text in self.members:
            words = text.split(" ")
            for place in variable:
                words[place] = "<*>"
            yield text, " ".join(words)


def _merge(counts: Counter[str]) -> dict[str, str]:
    """Masked line -> the template it belongs to."""
    shelves: dict[tuple[int, str, str], list[_Kind]] = {}
    # The most frequent first, ties by text: the outcome does not depend on the order of the lines.
    for text in sorted(counts, key=lambda t: (-counts[t], t)):
        words = text.split(" ")
        # Lines with different codes are never the same kind: 200 and 503 are different news.
        shelf = (len(words), words[0], " ".join(_CODES.findall(text)))
        _place(shelves.setdefault(shelf, []), text, words)
    return {text: named for kinds in shelves.values() for kind in kinds for text, named in kind.named()}


def _place(kinds: list[_Kind], text: str, words: list[str]) -> None:
    scored = [(kind.likeness(words), kind) for kind in kinds]
    likeness, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    if best is not None and (likeness >= SIMILARITY or len(kinds) >= MAX_KINDS_COMPARED):
        best.take(text, words)
    else:
        kinds.append(_Kind(words, text))
