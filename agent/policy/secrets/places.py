"""What is a place where a secret stands, and where in a text is one? By the words about it, whatever its name."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.policy.first_words import around, matches


class Place(NamedTuple):
    """Where the value begins: at `at`, or at `word` (only what looks chosen counts); or all of it, `whole`."""

    regex: re.Pattern[str]
    needs: tuple[str, ...]
    """One of these is in every text that holds one, in lower case."""
    begins: tuple[str, ...]
    """The expression begins with one of these; with none, it has one of `needs` in its midst."""
    before: re.Pattern[str] | None
    """What stands between the beginning of its line and it."""

    def found(self, text: str, small: str) -> Iterator[re.Match[str]]:
        """Where it is; `small` is the text in lower case."""
        if not self.begins:
            yield from around(self.regex, self.needs, text, small)
            return
        for one in matches(self.regex, self.begins, text, small):
            if not self.before or self.before.fullmatch(text, _line_start(text, one.start()), one.start()):
                yield one


def at(begins: str | tuple[str, ...], regex: str, *, needs: str | tuple[str, ...] = (), before: str = "") -> Place:
    """What begins with one of these words."""
    words = _several(begins)
    return Place(re.compile(regex), _several(needs) or words, words, re.compile(before) if before else None)


def near(needs: str | tuple[str, ...], regex: str) -> Place:
    """What has one of these words in its midst."""
    return Place(re.compile(regex), _several(needs), (), None)


def _several(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else words


def _line_start(text: str, at: int) -> int:
    """Where its line begins; of a long one only the last part is looked at, so that what asks for a line fails."""
    return text.rfind("\n", max(0, at - 200), at) + 1
