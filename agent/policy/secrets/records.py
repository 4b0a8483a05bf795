"""Which value of a record is a secret by another field of it? `name` says what it is, and `value` stands apart.

`variable "db_password" { default = "X" }`, `{"value": "X", "name": "DB_PASSWORD"}`, a `Default` below a parameter.
"""

import re
from collections.abc import Iterable, Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.names import Trust, trust
from agent.policy.secrets.spans import Found, Value, value_at
from agent.policy.secrets.values import issued, secret_under, worded
from agent.policy.secrets.words import words

_VALUE = re.compile(
    r"(?<![\w.-])(?i:default(?:_?value)?|(?:plaintext_|parameter|param-|encrypted_)?value|secret_(?:string|data)|val)"
    r"\\?[\"']?(?:[ \t]{0,20}[:=]>?[ \t]{0,4}|>)"
)
_VALUES = words("default value plaintext_ parametervalue param-value encrypted_value secret_ val")
_FIELD = (
    r"(?:(?<![A-Za-z])|Parameter)(?:[nN]ame|[kK]ey|[tT]ype|[iI]d|secret_name|param-name|variable(?:_name)?)"
    r"\\?[\"']?(?:[ \t]{0,20}[:=]>?[ \t]{0,4}|>)\\?[\"']?(?P<field>[\w./-]{2,80})"
)
_OWNER = re.compile(
    rf"{_FIELD}|(?P<block>[\"'][\w./-]{{2,80}}\\?[\"'](?:[ ]\"[\w./-]{{1,80}}\")?[ ]?[:=]?[ ]?\{{)"
    r"|(?m:^[ \t]*(?P<above>[\w.-]{2,80}):[ \t]*$)"
)
_EDGE = re.compile(r"[{}]|\n[ \t+~]*- |\n[ \t]*\n")
_ITEM = re.compile(r"\n[ \t+~]*- ")
_NAME = re.compile(r"[\w.-]{2,80}")
_SEALED = re.compile(r"(?i)secure_?(?:string|object)")
_BACK, _ON = 400, 200

_GENERATED = re.compile(
    r"random_(?:password|bytes)\b(?:(?!random_)[\s\S]){0,600}?"
    r"\b(?:result|b64_std|hex)\\?\"?[ ]{0,12}[:=][ ]{0,4}(?P<q>\\?\")?"
    r"(?P<secret>(?(q)[^\"\\\n]|[^\s\"\\(<]){6,200})(?(q)\\?\"|(?=\s|\Z))"
)


def record_secrets(text: str, lowered: str) -> Iterator[Found]:
    """Values under `value` or `default` in records that are called after a secret."""
    if "random_" in lowered:
        yield from (
            Found(*one.span("secret"), "password")
            for one in _GENERATED.finditer(text)
            if issued(one["secret"]) or worded(one["secret"])
        )
    for joined in matches(_VALUE, tuple(_VALUES), text, lowered):
        value = value_at(text, joined.end())
        kind = _kind_of_record(text, joined.start(), value) if value else None
        if value and kind and secret_under(kind, text[value.start : value.end]):
            yield Found(value.start, value.end, "password" if kind is Trust.CHOSEN else "secret")


def _kind_of_record(text: str, at: int, value: Value) -> Trust | None:
    """By what stands before it in its record; when that has no name, by what stands behind it."""
    owners = list(_OWNER.finditer(text, _begin(text, at), at))
    heads = [place for place, owner in enumerate(owners) if not owner["field"]]
    before = owners[heads[-1] :] if heads else owners
    return _kind(before) or _kind(_OWNER.finditer(text, value.end, _end(text, value.end)))


def _kind(owners: Iterable[re.Match[str]]) -> Trust | None:
    for owner in owners:
        for name in _NAME.findall(owner[0] if owner["block"] else owner["field"] or owner["above"]):
            if _SEALED.fullmatch(name):
                return Trust.CHOSEN
            if kind := trust(name):
                return kind
    return None


def _begin(text: str, at: int) -> int:
    """Where its record begins: behind what closes another, at the item of a list, or at an empty line."""
    least = max(0, at - _BACK)
    closed = max(text.rfind("}", least, at), text.rfind("\n\n", least, at))
    items = [item.start() for item in _ITEM.finditer(text, least, at)]
    return max(least, closed + 1, *items[-1:])


def _end(text: str, at: int) -> int:
    most = min(len(text), at + _ON)
    edge = _EDGE.search(text, at, most)
    return edge.start() if edge else most
