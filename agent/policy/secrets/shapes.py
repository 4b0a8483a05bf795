"""What is a shape that a secret is known by, and where in a text is one?"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.policy.first_words import fewest, matches
from agent.policy.secrets.spans import Found

_MASKED = re.compile(r"[xX]{6,}|[*•]{3,}|\.{3,}")
"""What somebody has put in the place of letters."""
_SHOWN = 60
"""Characters in which a mask shows; what is longer is none."""


@dataclass(frozen=True)
class Pattern:
    label: str
    """What stands in its place: `<label:1>`."""
    regex: re.Pattern[str]
    """What `secret` matches is replaced, or the whole match when there is no such group."""
    hints: tuple[str, ...] = ()
    """One of these is in every text that holds one, in this case. Only there for speed."""
    words: tuple[str, ...] = ()
    """The expression begins with one of these, in any case. Only there for speed."""
    check: Callable[[str], bool] = lambda _: True
    unless: re.Pattern[str] | None = None
    """What must not stand right before it."""
    holds: re.Pattern[str] | None = None
    """What every text that holds one has in it, and is found sooner: it begins with a letter or a sign of its own."""
    personal: bool = False
    """Personal data can be put back where it is needed; a secret never is."""

    def found(self, text: str) -> Iterator[re.Match[str]]:
        """Where it is, in order and apart; in a text in which one of its hints is, or which it has none of."""
        return matches(self.regex, self.words, text) if self.words else self.regex.finditer(text)

    def spans(self, text: str) -> Iterator[Found]:
        """What of it is to be hidden."""
        if self.holds and not self.holds.search(text):
            return
        group = "secret" if "secret" in self.regex.groupindex else 0
        for match in self.found(text):
            start, end = match.span(group)
            if (
                self.check(text[start:end])
                and (self.personal or not _MASKED.search(text, start, min(end, start + _SHOWN)))
                and not (self.unless and self.unless.search(text, max(0, start - 60), start))
            ):
                yield Found(start, end, self.label, self.personal)


def pattern(
    label: str,
    hints: str,
    regex: str,
    *,
    words: str = "",
    check: Callable[[str], bool] = lambda _: True,
    unless: str = "",
    holds: str = "",
    personal: bool = False,
) -> Pattern:
    before = re.compile(rf"(?:{unless})\Z") if unless else None
    part = re.compile(holds) if holds else None
    return Pattern(label, re.compile(regex), fewest(hints.split()), tuple(words.split()), check, before, part, personal)
