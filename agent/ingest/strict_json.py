"""Is a text JSON that means one thing?  RFC 8259 without what readers differ about, each value from where it begins.

Refused are names that stand twice, numbers that no reader keeps, and texts that are no characters (RFC 7493, I-JSON).
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from pydantic import JsonValue

from tools.wording import cut


class Unusable(ValueError):
    """A body, or one element of it, that is refused; the message is the reason, for people."""


class Broken(Exception):
    """The text stops being JSON at this position."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(why)
        self.position = position


class Text:
    """Of a body; values are read from it one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._suspicious = _ODD_ESCAPE.search(text) is not None

    def value(self, at: int) -> tuple[JsonValue, int]:
        """The value that begins here, and where it ends. Unusable when it is refused, Broken when it is none."""
        value, end = self._scan(_STRICT, at)
        if self._suspicious:
            _check_text(value)
        return value, end

    def past(self, at: int) -> int:
        """Where the value that begins here ends, whatever it is. Broken when it is none."""
        return self._scan(_LENIENT, at)[1]

    def _scan(self, decoder: json.JSONDecoder, at: int) -> tuple[Any, int]:
        try:
            return decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            raise Broken(error.pos, error.msg[:1].lower() + error.msg[1:]) from None


def shown(text: str) -> str:
    """For a reason: as it is written, cut."""
    return repr(cut(text, 40))


_ODD_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
"""A surrogate or a NUL, perhaps: only such texts are looked at twice."""


def _check_text(value: JsonValue) -> None:
    for text in _texts(value):
        if "\x00" in text:
            raise Unusable("A text holds the character NUL.")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Unusable("A text holds half a surrogate pair, which is no character.") from None


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _texts(one)
        case dict():
            for key, one in value.items():
                yield key
                yield from _texts(one)


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unusable(f"The name {shown(twice)} stands twice in one object.")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Unusable(f"The number {shown(text)} is too large.")
    return number


def _integer(text: str) -> int:
    if len(text) > 100:
        raise Unusable(f"The number {shown(text)} is too long.")
    return int(text)


def _no_constant(name: str) -> NoReturn:
    raise Unusable(f"{name} is not JSON.")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_finite, parse_int=_integer, parse_constant=_no_constant
)
_LENIENT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
