"""Which words of a protocol, a configuration or a statement are passwords by where they stand?"""

import re
from collections.abc import Iterable, Iterator

from agent.policy.first_words import Words, matches
from agent.policy.secrets.calls import CALLS
from agent.policy.secrets.consoles import CONSOLES
from agent.policy.secrets.devices import DEVICES
from agent.policy.secrets.names import Trust, trust
from agent.policy.secrets.places import Place
from agent.policy.secrets.protocols import PROTOCOLS
from agent.policy.secrets.shells import COMMANDS, PIPED
from agent.policy.secrets.spans import Found, value_at
from agent.policy.secrets.statements import ADDRESSES, ARGUMENTS, STATEMENTS
from agent.policy.secrets.validators import VALIDATORS
from agent.policy.secrets.values import chosen, looks_drawn, plausible, secret_under, worded

_QUOTED = (*CALLS, *ARGUMENTS, *VALIDATORS, *CONSOLES)
"""All that has quotes in it."""
_PLACES = (*PIPED, *COMMANDS, *STATEMENTS, *ADDRESSES, *PROTOCOLS, *DEVICES)


def _by_need(places: tuple[Place, ...]) -> dict[str, tuple[Place, ...]]:
    needs = dict.fromkeys(need for place in places for need in place.needs)
    return {need: tuple(place for place in places if need in place.needs) for need in needs}


_BY_NEED, _QUOTED_BY_NEED = _by_need(_PLACES), _by_need(_QUOTED)
_NEEDS = Words([*_BY_NEED, *(need for need in _QUOTED_BY_NEED if need not in _BY_NEED)])
_INSERT = re.compile(
    r"(?i:insert\s+into)\s+\S{1,100}\s*\((?P<names>[^()\n]{1,500})\)\s*(?i:values)\s*"
    r"(?:\((?:(?:%s|\?|\$\d{1,2}|%\(\w{1,40}\)s)(?:,\s?)?){1,40}\)[^\n(]{0,60}\n[^\n(\[]{0,160}[(\[]|\()(?P<values>[^\n]{1,2000})"
)
_BOUND = re.compile(
    r"(?i:insert\s+into)\s+[^\s(]{1,100}\s*\((?P<names>[^()\n]{1,500})\)\s*(?i:values)\s*\((?P<marks>[^\n]{1,300}?)\)"
    r"[^\n]{0,200}\n[^\n]{0,200}(?i:parameters): (?P<values>[^\n]{1,2000})"
)
_GIVEN = re.compile(r"(?P<mark>\$\d{1,2}) = '(?P<secret>(?:[^'\n]|''){3,1000})'")
_ITEM = re.compile(r"\s*(?:N?\\{0,2}'((?:[^'\\\n]|\\.|'')*)\\{0,2}'|[^,'\n]*)\s*(?:,|\)|$)")


def placed_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What protocols, configurations and SQL say by the order of their words."""
    for place in _asked(text, lowered):
        for found in place.found(text, lowered):
            yield from _placed(text, found)
    for row in matches(_INSERT, ("insert",), text, lowered):
        yield from _inserted(text, row)
    if "parameters: " in lowered:
        for row in matches(_BOUND, ("insert",), text, lowered):
            yield from _bound(text, row)


def _asked(text: str, lowered: str) -> Iterable[Place]:
    """The places of which a word that they need is there."""
    tables = (_BY_NEED, _QUOTED_BY_NEED) if '"' in text or "'" in text or "`" in text else (_BY_NEED,)
    needs = _NEEDS.within(lowered)
    return dict.fromkeys(place for by in tables for need in needs for place in by.get(need, ()))


def _placed(text: str, found: re.Match[str]) -> Iterator[Found]:
    known = found.re.groupindex
    if "whole" in known:
        if plausible(found["whole"]):
            yield Found(*found.span("whole"), "password")
        return
    value = value_at(text, found.end("word" if "word" in known else "at"))
    said = text[value.start : value.end] if value else ""
    if "word" in known and (" " in said or not (chosen(said) or looks_drawn(said) or worded(said))):
        return
    kind = trust(found["name"].rpartition("/")[2].rpartition(":")[2]) if "name" in known else Trust.CHOSEN
    if value and kind and secret_under(kind, said):
        yield Found(value.start, value.end, "password")


def _bound(text: str, row: re.Match[str]) -> Iterator[Found]:
    """Values that the log gives below the statement, by the marks for them and by the names of the columns."""
    names = dict(zip((mark.strip() for mark in row["marks"].split(",")), row["names"].split(","), strict=False))
    for given in _GIVEN.finditer(text, *row.span("values")):
        kind = trust(names.get(given["mark"], "").strip(' \t`"[]'))
        if kind and secret_under(kind, given["secret"]):
            yield Found(*given.span("secret"), "password")


def _inserted(text: str, row: re.Match[str]) -> Iterator[Found]:
    """Values of a row, by the names of the columns."""
    at = row.start("values")
    for name in row["names"].split(","):
        item = _ITEM.match(text, at)
        if not item or item.end() == at:
            return
        kind = trust(name.strip(' \t`"[]\\'))
        if kind and item[1] and secret_under(kind, item[1]):
            yield Found(*item.span(1), "password")
        at = item.end()
