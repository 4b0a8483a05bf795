"""Which of our words is a log's level?  `error` (and all that is worse), `warning`, `info`, `debug`; or unknown."""

from collections.abc import Iterable

_WORDS = {
    "error": ("error", "err", "critical", "crit", "fatal", "emerg", "emergency", "alert", "panic", "severe", "e", "f"),
    "warning": ("warning", "warn", "w"),
    "info": ("info", "information", "informational", "notice", "i"),
    "debug": ("debug", "trace", "verbose", "fine", "finest", "d"),
}
_LEVELS = {word: level for level, words in _WORDS.items() for word in words}
LETTERS = 2
"""Words shorter than this are too ambiguous to search for."""


def level_of(written: str) -> str:
    """Empty when it is none that is known."""
    return _LEVELS.get(written.strip().lower(), "")


def words_for(levels: Iterable[str]) -> list[str]:
    """Every way a back end may have written one of the levels, lower case, sorted."""
    return sorted(word for level in levels for word in _WORDS.get(level, (level,)) if len(word) >= LETTERS)
