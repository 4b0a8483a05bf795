"""Do an alert's labels meet these conditions?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]  # it ships no stubs

from agent.domain.silence import Matcher

PATIENCE = 0.005
"""Seconds a regular expression may take; one that takes longer does not match, so that the alert is heard."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Matchers, ready to use."""

    _each: tuple["_Condition", ...]

    def hold(self, labels: Mapping[str, str]) -> bool:
        """All of them; of none that is true as well."""
        return all(condition.holds(labels) for condition in self._each)


def conditions(matchers: Iterable[Matcher]) -> Conditions:
    """Raises ValueError, with the sentence, when one is not a regular expression."""
    return Conditions(tuple(_condition(matcher) for matcher in matchers))


def problem(matchers: Iterable[Matcher]) -> str:
    """Why they cannot be used; empty when they can."""
    try:
        conditions(matchers)
    except ValueError as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class _Condition:
    label: str
    value: str
    pattern: "regex.Pattern[str] | None"
    wanted: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        said = labels.get(self.label, "")
        if self.pattern is None:
            return (said == self.value) is self.wanted
        try:
            return (self.pattern.fullmatch(said, timeout=PATIENCE) is not None) is self.wanted
        except TimeoutError:
            return False


def _condition(matcher: Matcher) -> _Condition:
    try:
        pattern = regex.compile(matcher.value) if matcher.operator in ("=~", "!~") else None
    except regex.error as error:
        raise ValueError(f"{matcher} is not a regular expression: {error}.") from error
    except RecursionError as error:
        raise ValueError(f"The regular expression for {matcher.label} is nested too deeply.") from error
    return _Condition(matcher.label, matcher.value, pattern, wanted=not matcher.operator.startswith("!"))
