"""Which recorded series does a selector name?"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import promql_parser as ast

from tools.recording.columns import Labels, unsupported
from tools.recording.openmetrics import Track


def select(node: Any, tracks: Sequence[Track]) -> list[Track]:
    tests = [_matcher(m) for m in node.matchers.matchers]
    if node.matchers.or_matchers:
        raise unsupported("`or` between matchers")
    if node.name:
        tests.insert(0, lambda labels: labels["__name__"] == node.name)
    return [track for track in tracks if all(test(track.labels) for test in tests)]


def _matcher(matcher: Any) -> Callable[[Labels], bool]:
    name, value = matcher.name, matcher.value
    match matcher.op:
        case ast.MatchOp.Equal:
            return lambda labels: labels.get(name, "") == value
        case ast.MatchOp.NotEqual:
            return lambda labels: labels.get(name, "") != value
        case ast.MatchOp.Re:
            pattern = _pattern(value)
            return lambda labels: pattern.fullmatch(labels.get(name, "")) is not None
        case _:
            pattern = _pattern(value)
            return lambda labels: pattern.fullmatch(labels.get(name, "")) is None


_INNERMOST = re.compile(r"\((?:\?[:a-zA-Z]*)?((?:[^()\\\[\]]|\\.|\[(?:[^\]\\]|\\.)*\])*)\)([*+?{]?)")
_REPEATS = re.compile(r"(?<!\\)[*+{|]")


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    """The regular expression. Refused is what Python reads as another one, or may take exponential time for."""
    if "[[:" in text:
        raise unsupported(f"a named class in the regular expression {text[:100]!r}")
    inner = text
    while found := _INNERMOST.search(inner):
        if found[2] in ("*", "+", "{") and _REPEATS.search(found[1]):
            raise unsupported(f"repetition inside a repetition in the regular expression {text[:100]!r}")
        inner = inner[: found.start()] + ("x" + found[2] if found[2] else found[1]) + inner[found.end() :]
    try:
        return re.compile(text, re.DOTALL)
    except re.error as error:
        raise unsupported(f"the regular expression {text[:100]!r}: {error}") from error
