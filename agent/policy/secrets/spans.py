"""Where does a value end that begins here? In quotes at the next, else at what cannot be part of it."""

import re
from typing import NamedTuple


class Found(NamedTuple):
    """A part of a text that must not leave: where it is, and what stands in its place."""

    start: int
    end: int
    label: str
    personal: bool = False


class Value(NamedTuple):
    start: int
    end: int
    quoted: bool


MOST = 4_000
"""Characters of a value that are looked at."""

_QUOTED = re.compile(
    rf"(?:N(?=')|[ubrfU@](?=[\"']))?(?P<q>\\{{0,5}}[\"'`])(?P<v>(?:(?!(?P=q)"
    rf")(?:\\{{3}}[\"']|\\.|[^\n])){{0,{MOST}}})(?P<closed>(?P=q))?"
)
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{4000,}={0,2}")
"""Of one piece: a chain of certificates or a key, in base64."""
_BARE = re.compile(rf"(?:[^\s\"`<>]|<(?=[^\s/A-Za-z!?<>])(?=\S{{2}})){{1,{MOST}}}")
_CUT = re.compile(
    r"\\[nrt\"']|\\u00(?:22|26|27|3[ce])|…|\.\.\.|;\s?[A-Za-z][\w ]{0,30}=|"
    r",\s?[\"']?[A-Za-z_][\w.]{0,40}[\"']?[=:]|'(?:[,;)}\]\s]|$)"
)
_MORE = re.compile(r"&(?:amp;)?[\w.%-]{1,60}=|&$")
_BEYOND = 32
_GOES_ON = re.compile(r"'(?:\\'|\"'\")'")
"""A quote within quotes, as shells write it: `'it'\\''s'`."""
_OPENERS = {")": "(", "]": "[", "}": "{"}


def value_at(text: str, at: int, *, query: bool = False) -> Value | None:
    """What begins there, without its quotes; None when nothing does."""
    if (found := _QUOTED.match(text, at)) and (found["closed"] or len(found["v"]) < MOST):
        start, end = found.span("v")
        while found["q"] == "'" and found["closed"] and (more := _GOES_ON.match(text, end)):
            found = _QUOTED.match(text, more.end() - 1)
            if not found or found["q"] != "'":
                break
            end = found.end("v")
        return Value(start, end, quoted=True) if end > start else None
    if long := _ENCODED.match(text, at + (text[at : at + 1] in ("'", '"'))):
        return Value(*long.span(), quoted=False)
    if not (bare := _BARE.match(text, at)):
        return None
    end = at + len(_trimmed(text[at : bare.end() + _BEYOND], bare.end() - at, query=query))
    return Value(at, end, quoted=False) if end > at else None


def _trimmed(text: str, length: int, *, query: bool) -> str:
    """So much of it as is of the value; what comes behind it tells whether a sign in it is one between two pairs."""
    value = text[:length]
    if query and (more := _MORE.search(value)):
        value = value[: more.start()]
    if cut := _CUT.search(text):
        value = value[: cut.start()]
    while value and (
        value[-1] in ",;'"
        or (value[-1] == "." and value[-2:-1] in _OPENERS)
        or (value[-1] in _OPENERS and value.count(_OPENERS[value[-1]]) < value.count(value[-1]))
    ):
        value = value[:-1]
    return value
