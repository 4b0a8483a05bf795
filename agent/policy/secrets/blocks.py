"""Which lines below a heading are secrets? Of a block scalar, of a Kubernetes Secret, of a list of codes."""

import re
from collections.abc import Iterator

from agent.policy.anchors import matches
from agent.policy.secrets.checks import by_chance
from agent.policy.secrets.names import trust
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, plausible, secret_under, told_outright

_SCALAR = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:- )?[\"']?(?P<name>[\w.-]{2,80})[\"']?:[ "
    r"]?[|>][-+\d]{0,2}[ ]*\n(?P<body>(?:(?P=indent)[ \t]+\S[^\n]*(?:\n|"
    r"\Z)){1,200})"
)
_SECRET_KIND = re.compile(r"\bkind\\?\"?:\s?\\?\"?Secret\b(?!\w)")
_MAP = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:data|stringData):[ \t]*\n(?P<body>(?:(?P=indent)[ \t]+[^\n]*(?:\n|\Z)){1,200})"
)
_ENTRY = re.compile(r"(?m)^\s*[\"']?[\w.-]{1,100}[\"']?:[ \t]*[\"']?(?P<secret>[^\s\"'|>][^\s\"']{2,})")
_JSON_MAP = re.compile(r"\\?\"(?:data|stringData)\\?\"\s?:\s?\{(?P<body>[^{}]{1,8000})\}")
_JSON_ENTRY = re.compile(r"\\?\"[\w.-]{1,100}\\?\"\s?:\s?\\?\"(?P<secret>[^\"\\]{3,})")
_HEADING = re.compile(
    r"(?i:password|passwd|passphrase|pass|pwd|token|secret|credentials?|cookie|key|codes?|"
    r"private key|psk|pre-?shared key)(?![\w/=-])[^\n]{0,60}?(?::|-n "
    r"[\w-]+|--stdin|get|show|print|reveal|(?<!name)(?<!space)(?<!type)(?<!stamp)\}[\"']|"
    r"base64 (?:-d|-D|--decode)(?:[ ]?[;&]{1,2}[ ]?echo)?)[ \t]*\n[ \t\n]{0,6}"
)
_HEADS = ("pass", "pwd", "token", "secret", "credential", "cookie", "key", "code", "private", "psk", "pre", "sid")
_ITEM = re.compile(r"[ \t]*(?:(?:\d{1,2}[.)]|[-*])[ \t]+)?`?(?P<secret>[^\s\\\"`]{6,128})`?[ \t]*(?=\n|\"|\Z)\n{0,3}")
_CODES = re.compile(r"[A-Za-z0-9]{4,12}(?:-[A-Za-z0-9]{4,12}){1,5}|[0-9]{6,10}|[a-zA-Z0-9]{8,24}")
_PAIR = re.compile(r"[\w.-]{1,60}[=:](?=[^=])")
_SLUG = re.compile(r"[a-z]{4,12}(?:-[a-z]{4,12}){2,5}")
_LAPS = re.compile(r"[0-9a-fA-F]{24,}|[A-Za-z0-9+/=_-]{16,}")


_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_LIST = re.compile(
    r"(?i:(?:recovery|backup|scratch|one-time|2fa|mfa|emergency) codes?)\b"
    r"[^\n]{0,80}?(?P<sign>:| are| is)[ ]+(?P<items>[^\n]{6,600})"
)
_CODE = re.compile(
    r"(?<![\w-])[a-z0-9]{4,8}-[a-z0-9]{4,8}(?![\w-])|(?<![\w-])(?=[a-z]*\d)"
    r"[a-z0-9]{8,12}(?![\w-])|(?<![\w-])\d{6,10}(?![\w-])"
)
_WORDS = re.compile(
    r"(?i:seed|recovery|mnemonic|backup|wallet|secret)[ _-]?(?i:phrase|"
    r"words|mnemonic)?\b[^\n:=]{0,60}[:=]\s{0,2}[\"'`]?(?P<secret>(?:[a-z]{3,8} "
    r"){11,23}[a-z]{3,8})\b"
)


_TABLE = re.compile(
    r"(?m)^[ \t]*\|(?P<head>[^\n]{3,400})\|[ \t]*\n[ \t]*\|[ :|-]{3,400}\|[ \t]*\n"
    r"(?P<rows>(?:[ \t]*\|[^\n]{3,2000}(?:\n|\Z)){1,200})"
)
_WIKI_TABLE = re.compile(
    r"(?m)^[ \t]*\|\|(?P<head>[^\n]{3,400})\|\|[ \t]*\n(?P<rows>(?:[ \t]*\|[^|\n][^\n]{2,2000}(?:\n|\Z)){1,200})"
)
_ROW = re.compile(r"\|[^\n]+")
_CELLS = re.compile(r"\|[ \t]*`?(?P<secret>[^|\n`]*?)`?[ \t]*(?=\|)")
_NOUN = r"(?i:password|passwd|passphrase|pass|pwd|psk|token|secret|key|pin|cookie|sid|credentials?)"
_ANSWERED = re.compile(
    rf"{_NOUN}\b[^\n?]{{0,80}}\?[^\n]{{0,20}}(?:\n|\\n)(?:[\[\w .:-]{{0,16}}\] ?)?[^\n:]{{1,40}}: "
    r"(?:[\w,' ]{0,30}?(?:it'?s|is|it is|:) )?[`\"']?(?P<secret>[^\s`\"']{5,100})[`\"']?[ \t]*(?=\n|\\n|\Z)"
)
"""A question and its answer, by somebody else in the next line."""
_NEXT = re.compile(
    rf"{_NOUN}\b[^\n]{{0,80}}(?:\n|[.,;] )[ \t]{{0,8}}(?i:new|current|generated|its|the(?: new)?|initial)"
    r" ?(?:value|one|password|token|key)?(?: is|:) {1,3}[`\"']?(?P<secret>[^\s`\"']{5,300})"
)


def block_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What more than one line gives away, and lists of codes and of words."""
    yield from _listed(text, lowered)
    yield from _answered(text, lowered)
    if "\n" not in text:
        return
    if any(sign in text for sign in ("|--", "| --", "|:-", "||")):
        yield from _columns(text)
    if ": |" in text or ": >" in text:
        for scalar in _SCALAR.finditer(text):
            if trust(scalar["name"]):
                yield from _lines(text, *scalar.span("body"))
    if "secret" in lowered and _SECRET_KIND.search(text):
        yield from _kubernetes(text)
    for heading in matches(_HEADING, _HEADS, text, lowered):
        yield from _below(text, heading)


def _columns(text: str) -> Iterator[Found]:
    """The cells below a name in the first row of a table: `| user | password |`."""
    for table in (*_TABLE.finditer(text), *_WIKI_TABLE.finditer(text)):
        names = table["head"].replace("||", "|").split("|")
        kinds = [trust(name.strip().strip("*`").replace(" ", "_")) for name in names]
        for row in _ROW.finditer(text, *table.span("rows")):
            for kind, cell in zip(kinds, _CELLS.finditer(text, *row.span()), strict=False):
                if kind and secret_under(kind, cell["secret"]):
                    yield Found(*cell.span("secret"), "password")


def _answered(text: str, lowered: str) -> Iterator[Found]:
    for hint, regex in (("?", _ANSWERED), (" value", _NEXT), (" one", _NEXT)):
        if hint in lowered:
            for found in matches(regex, _HEADS, text, lowered):
                if _alone(found["secret"]):
                    yield Found(*found.span("secret"), "password")


def _listed(text: str, lowered: str) -> Iterator[Found]:
    if "code" in lowered:
        for several in _LIST.finditer(text):
            for one in _CODE.finditer(text, *several.span("items")):
                if several["sign"] == ":" or any(map(str.isdigit, one[0])):
                    yield Found(*one.span(), "password")
    if any(hint in lowered for hint in ("phrase", "mnemonic", "words")):
        yield from (Found(*one.span("secret"), "password") for one in _WORDS.finditer(text))


def _kubernetes(text: str) -> Iterator[Found]:
    """Every value of a Secret, whatever its name."""
    for maps, entry in ((_MAP, _ENTRY), (_JSON_MAP, _JSON_ENTRY)):
        for found in maps.finditer(text):
            for one in entry.finditer(text, *found.span("body")):
                if plausible(one["secret"]):
                    yield Found(*one.span("secret"), "secret")


def _lines(text: str, start: int, end: int) -> Iterator[Found]:
    for line in _LINE.finditer(text, start, end):
        if plausible(line[0]):
            yield Found(*line.span(), "secret")


def _below(text: str, heading: re.Match[str]) -> Iterator[Found]:
    several = "code" in heading[0].lower()
    at = heading.end()
    for _ in range(20 if several else 1):
        item = _ITEM.match(text, at)
        phrase = item and "pass" in heading[0].lower() and _SLUG.fullmatch(item["secret"])
        if not item or not (phrase or _told(item["secret"], several=several)):
            return
        yield Found(*item.span("secret"), "password")
        at = item.end()


def _alone(word: str) -> bool:
    return plausible(word) and (
        chosen(word) or (word.isalnum() and told_outright(word)) or _LAPS.fullmatch(word) is not None
    )


def _told(word: str, *, several: bool) -> bool:
    if several:
        return _CODES.fullmatch(word) is not None and any(char.isdigit() for char in word)
    if not (any(map(str.isdigit, word)) or by_chance(word)) or not plausible(word) or _PAIR.match(word):
        return False
    return chosen(word) or _LAPS.fullmatch(word) is not None
