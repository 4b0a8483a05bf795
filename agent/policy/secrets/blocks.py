"""Which entries of a block are secrets by what holds them? Of a block scalar, a Kubernetes Secret, a list of codes."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.names import trust, words_of
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import plausible, secret_under, settled
from agent.policy.secrets.words import SAYS_OTHER

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
_HOLDER = re.compile(
    r"(?<![\w-])(?P<name>tokens|secrets|passwords|api_?[kK]eys|webhooks)\\?[\"']?\s?[:=]?\s?\{(?P<body>[^{}]{8,4000})\}"
)
_LISTED = re.compile(r"[\"'](?:unseal_|recovery_)?keys(?:_hex|_b64|_base64)?[\"']\s?:\s?\[(?P<body>[^\]]{16,4000})\]")
_ITEM = re.compile(r"[\"'](?P<secret>[A-Za-z0-9+/=_-]{32,200})[\"']")
_SECTION = re.compile(
    r"(?m)^[ \t]*(?:\w{2,20} )?\[(?i:admins?|users|accounts|credentials|passwords|secrets|tokens|logins)\][ \t]*\n"
    r"(?P<body>(?:[ \t]*[^\s\[][^\n]{0,300}(?:\n|\Z)){1,60})"
)
_OF_SECTION = re.compile(r"(?m)^[ \t]*[\w.@-]{1,60} ?= ?(?P<secret>[^\s;#]{5,200})[ \t]*$")
_HOLDERS = ("tokens", "secrets", "passwords", "apikeys", "api_keys", "webhooks")
_HELD = re.compile(r"(?P<field>[\w.-]{1,60})\\?[\"']?\s?[:=]\s?\\?[\"'](?P<secret>[^\"'\n\\]{4,400})\\?[\"']")
_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_LIST = re.compile(
    r"(?i:(?:recovery|backup|scratch|one-time|2fa|mfa|emergency) codes?)\b"
    r"[^\n]{0,80}?(?P<sign>:| are| is)[ ]+(?P<items>[^\n]{6,600})"
)
_SEVERAL = re.compile(
    r"(?i:codes?)\b[^\n]{0,80}?:[ \t\n-]{1,6}"
    r"(?P<items>[a-z0-9]{4,6}-[a-z0-9]{4,6}(?:[ \t,;\n-]{1,6}[a-z0-9]{4,6}-[a-z0-9]{4,6}){1,20})(?![\w-])"
)
_CODE = re.compile(
    r"(?<![\w-])\d{4} \d{4}(?![\w-])|(?<![\w-])[a-z0-9]{4,8}-[a-z0-9]{4,8}(?![\w-])|(?<![\w-])(?=[a-z]*\d)"
    r"[a-z0-9]{8,12}(?![\w-])|(?<![\w-])\d{6,10}(?![\w-])"
)
_USED = re.compile(
    r"(?i:(?:recovery|backup|scratch|one-time|2fa|mfa|emergency|rescue) codes?)"
    r"(?: (?:is|was|no\.? ?\d+|\#?\d{1,2}:?|with|number|again|of \w+|left|:)){0,2} [\"'`]?"
    r"(?P<secret>(?=[a-zA-Z-]*\d)[a-zA-Z0-9]{4,8}(?:-[a-zA-Z0-9]{4,8}){1,3}|\d{6,10}|(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{8,12})"
    r"(?![\w-])"
)
_ASKED = re.compile(
    r"(?i:break-?glass|recovery|backup|rescue|emergency|one-?time|2fa|mfa|scratch)[^\n]{0,20}codes?[^\n]{0,120}\n"
    r"(?P<line>[^\n]{4,200})"
)
_ASKING = ("break", "recovery", "backup", "rescue", "emergency", "one", "2fa", "mfa", "scratch")
_GROUPS = re.compile(r"(?<![\w-])(?=[a-z-]*\d)[a-z0-9]{4,6}[- ](?=[a-z]*\d)[a-z0-9]{4,6}(?![\w-])")
_SHAPED = re.compile(r"(?<![\w-])[A-Za-z0-9]{4,12}(?:-[A-Za-z0-9]{4,12}){0,3}(?![\w-])")
_LETTERS = re.compile(r"[A-Za-z0-9]")
_WORDS = re.compile(
    r"(?i:seed|recovery|mnemonic|backup|wallet|secret|bip-?39)[ _-]?(?i:phrase|"
    r"words|mnemonic|seed)?\b[^\n:=]{0,60}(?:[:=]| is| was|\n)\s{0,4}[\"'`]?(?P<secret>(?:[a-z]{3,10} "
    r"){11,23}[a-z]{3,10})\b"
)


def block_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What the name of a whole block gives away, and lists of codes and of words."""
    yield from _listed(text, lowered)
    if "root_token" in lowered or "unseal" in lowered:
        for several in _LISTED.finditer(text):
            yield from (Found(*one.span("secret"), "secret") for one in _ITEM.finditer(text, *several.span("body")))
    for holder in matches(_HOLDER, _HOLDERS, text, lowered) if "{" in text else ():
        yield from _held(text, holder)
    if "secret" in lowered and _SECRET_KIND.search(text):
        yield from _kubernetes(text)
    if "\n" not in text:
        return
    if "]\n" in text:
        yield from _sections(text)
    if ": |" in text or ": >" in text:
        for scalar in _SCALAR.finditer(text):
            if trust(scalar["name"]):
                yield from _lines(text, *scalar.span("body"))


def _sections(text: str) -> Iterator[Found]:
    for section in _SECTION.finditer(text):
        for one in _OF_SECTION.finditer(text, *section.span("body")):
            if settled(one["secret"]):
                yield Found(*one.span("secret"), "password")


def _held(text: str, holder: re.Match[str]) -> Iterator[Found]:
    """Each of several secrets by the name of what holds them: `tokens { agent = "X" }`."""
    kind = trust(holder["name"])
    for one in _HELD.finditer(text, *holder.span("body")):
        if kind and SAYS_OTHER.isdisjoint(words_of(one["field"])[-1:]) and secret_under(kind, one["secret"]):
            yield Found(*one.span("secret"), "secret")


def _listed(text: str, lowered: str) -> Iterator[Found]:
    if "code" in lowered:
        yield from dict.fromkeys(_codes(text, lowered))
    if any(hint in lowered for hint in ("phrase", "mnemonic", "words", "seed", "bip")):
        yield from (Found(*one.span("secret"), "password") for one in _WORDS.finditer(text))


def _codes(text: str, lowered: str) -> Iterator[Found]:
    for several in _LIST.finditer(text):
        listed = list(_CODE.finditer(text, *several.span("items")))
        shapes = {_LETTERS.sub("x", one[0]) for one in listed if any(map(str.isdigit, one[0]))}
        yield from (Found(*one.span(), "password") for one in listed if _LETTERS.sub("x", one[0]) in shapes)
    for asked in matches(_ASKED, _ASKING, text, lowered):
        yield from (Found(*one.span(), "password") for one in _GROUPS.finditer(text, *asked.span("line")))
    for used in _USED.finditer(text):
        yield from _alike(text, used)
    for several in _SEVERAL.finditer(text):
        if any(map(str.isdigit, several["items"])):
            yield from (Found(*one.span(), "password") for one in _CODE.finditer(text, *several.span("items")))


def _alike(text: str, used: re.Match[str]) -> Iterator[Found]:
    """The code that was used, and those behind it in its line that have its shape."""
    shape = _LETTERS.sub("x", used["secret"])
    end = min(len(text), used.end() + 300)
    line = text.find("\n", used.end(), end)
    for one in _SHAPED.finditer(text, used.start("secret"), line if line >= 0 else end):
        if _LETTERS.sub("x", one[0]) == shape and any(map(str.isdigit, one[0])):
            yield Found(*one.span(), "password")


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
