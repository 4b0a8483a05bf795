"""Which values stand under a name that says they are secret? In any notation that joins a name and a value."""

import re
from collections.abc import Iterator

from agent.policy.secrets.checks import by_chance
from agent.policy.secrets.joints import (
    ARGUMENTS,
    ASSIGNED,
    BESIDE,
    BINARY,
    CALLED,
    CELL,
    CHANGED,
    ELEMENT,
    EXPRESSION,
    FALLBACK,
    FIELDS,
    FORM,
    HAS,
    LISTED,
    LOOSE,
    PAIRED,
    SET_TO,
    SPACED,
    TERM,
    TYPED,
)
from agent.policy.secrets.mentions import BEFORE, mentions
from agent.policy.secrets.names import Trust, trust, words_of
from agent.policy.secrets.spans import Found, Value, value_at
from agent.policy.secrets.values import chosen, known, looks_drawn, passphrase, plausible, secret_under, settled, strong
from agent.policy.secrets.words import words

_VERSION = re.compile(r"\d+(?:\.\w+)+")
_SETTING = re.compile(r"(?i:\b(?:set|sets|setting|changed?|reset|rotated?|updated?)) (?:the )?[`\"'*]{0,2}\Z")
_IN_CELL = re.compile(r"(?m)^[ \t>]*(?:[^\n|]{0,80})?\|{1,2}[ \t`*]{0,40}(?:[A-Za-z-]{1,20} ){0,3}\Z|^[ \t]*\Z")
_WHOLE = re.compile(r"(?: (?!-)[^\s\"'=]{1,40}){1,8}(?=[\"'])")
"""The rest of a value in a pair of which the whole stands in quotes: `"NAME=a b c"`."""
_WITH_ESCAPES = re.compile(r"(?:\\.|[^\s\\\"]){3,200}(?=\")")
_PHRASE = re.compile(r"(?:[a-z]{2,} ){2,23}[a-z0-9]{2,}[!?*#$]?(?=$|[\n,;\"'}\])<.`]|\\n)")
_WORDS = re.compile(r"(?:[a-z]{3,} ){2,7}[a-z]{3,}(?=[\"'\n]|\Z)")
"""Of a secret that somebody has made up of words: `SESSION_SECRET=orbit violet ember tractor`."""
_NEXT_WORD = re.compile(r" [A-Za-z]{2,}[ ,.:;]")
_NEXT_WORDS = re.compile(r" [A-Za-z']{2,} [A-Za-z']{2,}[ ,.:;]")
_COMPARERS = words("equals eq matches")
_SETTERS = words("set with change update put add reset assign use")
_SETS = re.compile(
    r"(?:^|[\s;#])(?i:env|arg|setenv|setx|set(?: -\w{1,3})?|add_header|fastcgi_param|uwsgi_param|proxy_set_header|"
    r"more_set_headers|define|param|default)[ \t]+\Z"
)
_NAME_ON = re.compile(r"[A-Za-z][\w:]{1,40} = ")
"""Of `password:min:length = 12` the name goes on behind the colon."""
_ANOTHER = re.compile(r"\\{0,5}[\"'][\w.-]{1,60}\\{0,5}[\"']\s{0,3}:")
_KEY_OF_A_CACHE = re.compile(r"[\w*{}.-]{1,60}(?::[\w*{}.-]{1,60}){1,6}")
_COOKIES = re.compile(r"[^\s=;]{1,100}=")
_ORDINARY = re.compile(r"(?![A-Z]{16})[A-Za-z]+[,.]*")
_DIRECTIVES = words("requirepass masterauth bindpw rootpw auth_pass")
_COMPOUND = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+|[A-Za-z]+(?:[._-][A-Za-z]+)+|_[a-z]+")
"""A name of a program's, no word of a sentence."""
_FIELD_OF_A_LOG = re.compile(r"[a-z][a-z_.]{1,30}=[^=]")
_OPENED = {TERM: ("{",), LISTED: ('"', "'"), BESIDE: ('"', "'")}
"""What stands before the name, where these join it and its value."""
_LINE = re.compile(r"[ \t]*;?[ \t]*(?:$|\n|\\n)")
_COLUMN = re.compile(r"\t(?=\S)")
_CUT = 12
"""So few characters before dots are what a log shows of a secret."""
_COMMAND = re.compile(r"[a-z][\w.-]{1,30} [^\n]{0,400}(?: -|[|] )")
"""What is told to get at a secret, between backticks: not the secret."""


def named_secrets(text: str, lowered: str) -> Iterator[Found]:
    """`name=value`, `"name": "value"`, `--name value`, `<name>value</name>` and whatever else is written so."""
    end = 0
    for name in mentions(text, lowered):
        value = _value(text, name.start, name.end, name.kind) if name.inner or name.at >= end else None
        if value:
            label = "password" if name.kind is Trust.CHOSEN else "secret"
            yield Found(value.start, value.end, label)
            end = value.end
            if new := _changed(text, end, name.kind):
                yield Found(new.start, new.end, label)


def _changed(text: str, at: int, kind: Trust) -> Value | None:
    joined = CHANGED.match(text, at)
    value = value_at(text, joined.end()) if joined else None
    return value if value and secret_under(kind, text[value.start : value.end]) else None


def _value(text: str, start: int, end: int, kind: Trust) -> Value | None:
    if typed := TYPED.match(text, end):
        value = value_at(text, typed.end())
        return value if value and secret_under(kind, text[value.start : value.end]) else None
    if joined := ASSIGNED.match(text, end):
        within = _within(text, joined.end(), kind)
        return (
            within
            or _made_up(text, start, joined, kind)
            or _assigned(text, start, joined, kind)
            or _loosely(text, start, end, kind)
        )
    if text[start - 1 : start] in ("<", ":", '"') and (element := ELEMENT.match(text, end)):
        found = Value(*element.span("v"), quoted=True)
        return found if secret_under(kind, element["v"]) else None
    if text[end] == "(":
        return _argument(text, start, end, kind)
    for joint in (FORM, PAIRED, LISTED, BESIDE, SET_TO, BINARY, TERM, FALLBACK, HAS, ARGUMENTS, FIELDS):
        if joined := joint.match(text, end):
            value = value_at(text, joined.end())
            if value and joint is FIELDS and not value.quoted and (comma := text.find(",", value.start, value.end)) > 0:
                value = value._replace(end=comma)
            if value and _joins(text, start, joined, value, kind):
                return value
    return _in_table(text, start, end, kind) or _after_space(text, start, end, kind) or _loosely(text, start, end, kind)


def _within(text: str, at: int, kind: Trust) -> Value | None:
    """What stands in an expression behind the sign: `Secret("X")`, `${NAME:-X}`, `args.x or "X"`, `{"S": "X"}`."""
    joined = EXPRESSION.match(text, at)
    value = value_at(text, joined.end()) if joined else None
    return value if value and _by_itself(kind, text[value.start : value.end]) else None


def _loosely(text: str, start: int, end: int, kind: Trust) -> Value | None:
    """`DB_PASSWORD -> X`, `invalid value for api_key: X`: behind the name of a program's, what looks like one."""
    joined = LOOSE.match(text, end) if _COMPOUND.fullmatch(text[start:end].lstrip("-$@")) else None
    value = value_at(text, joined.end()) if joined else None
    said = text[value.start : value.end] if value else ""
    if not joined or said[:1] in ("(", "/", ".", "~") or _FIELD_OF_A_LOG.match(said) or not _by_itself(kind, said):
        return None
    return value if not joined["bare"] or kind is Trust.HANDLE or strong(said) or looks_drawn(said) else None


def _by_itself(kind: Trust, said: str) -> bool:
    bare = said.removeprefix("base64:")
    if kind is Trust.HANDLE:
        return secret_under(kind, said)
    if " " in said or said[-1:] == ":" or known(said) or not secret_under(kind, said):
        return False
    return looks_drawn(bare) or passphrase(said) or (chosen(said) if kind is Trust.CHOSEN else strong(said))


def _argument(text: str, start: int, end: int, kind: Trust) -> Value | None:
    """`setPassword("X")`, `changePassword("app", "X")`, `.password("X")`: what sets one is given it last."""
    words = words_of(text[start:end].rpartition(".")[2])
    joined = CALLED.match(text, end)
    made = text[start].isupper() and text[start - 1 : start] in ("", " ", "\n", "(", ",")
    if not joined or not (
        made or words[0] in _SETTERS or (len(words) == 1 and _member(text, start, end)) or words[0] in _COMPARERS
    ):
        return None
    value = value_at(text, joined.end())
    said = text[value.start : value.end] if value else ""
    if made and not _by_itself(kind, said):
        return value if kind is Trust.CHOSEN and _PHRASE.fullmatch(said) else None
    return value if said[-1:] != " " and secret_under(kind, said) and _looks_like_one(kind, said) else None


def _member(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] == "." or "." in text[start:end]


def _made_up(text: str, start: int, joined: re.Match[str], kind: Trust) -> Value | None:
    """The words that somebody has made up a secret of; without quotes, only behind a sign of equality."""
    if kind is not Trust.ISSUED or not text[start : joined.start()].lower().endswith("secret"):
        return None
    value = value_at(text, joined.end())
    phrase = _WORDS.match(text, value.start) if value and (value.quoted or joined[0] == "=") else None
    return Value(*phrase.span(), quoted=True) if phrase and all(map(plausible, phrase[0].split())) else None


def _assigned(text: str, start: int, joined: re.Match[str], kind: Trust) -> Value | None:
    if text[joined.start() - 6 : joined.start()].lower() in ("cookie", "ookies") and _COOKIES.match(text, joined.end()):
        return None
    value = value_at(text, joined.end(), query=joined[0].strip(" \\\"'`") == "=" and joined[0][-1:] == "=")
    if value and text[start - 2 : start] == "${" and text[value.start : value.start + 1] in ("?", "+"):
        return None
    if value and (joined["sign"] == "==" or joined[0] == ":"):
        said = text[value.start : value.end]
        if _VERSION.fullmatch(said) or (kind is not Trust.CHOSEN and _of_a_cache(said)):
            return None
    closed = joined["sign"] == "=" and "</" in joined[0][joined.end("sign") - joined.start() :]
    if not value or closed or (joined["sign"] == ":" and _NAME_ON.match(text, joined.end())):
        return None
    if not value.quoted and joined[0] == "=" and text[start - 1 : start] in ('"', "'"):
        whole = _whole(text, value, text[start - 1])
        return _told(text, whole, kind, joined["sign"]) or _told(text, value, kind, joined["sign"])
    return _told(text, value, kind, joined["sign"])


def _of_a_cache(said: str) -> bool:
    """`session:390749:profile`: words and numbers between colons, none of them drawn."""
    return _KEY_OF_A_CACHE.fullmatch(said) is not None and not any(map(looks_drawn, said.split(":")))


def _joins(text: str, start: int, joined: re.Match[str], value: Value, kind: Trust) -> bool:
    said = text[value.start : value.end]
    if joined.re is FIELDS:
        return _fields(text, start, said, kind)
    if joined.re in _OPENED and text[start - 1 : start] not in _OPENED[joined.re]:
        return False
    if joined.re is BESIDE and text[start : joined.start()].lower() not in _DIRECTIVES:
        return _by_itself(kind, said)
    if joined.re is LISTED and (_ANOTHER.match(text, joined.end()) or _only_letters(kind, said)):
        return False
    if joined.re is SET_TO and joined[0][0] not in "`\"'*":
        set_so = _SETTING.search(text, max(0, start - 24), start)
        return set_so is not None and secret_under(kind, said) and (value.quoted or _looks_like_one(kind, said))
    return secret_under(kind, said)


def _fields(text: str, start: int, said: str, kind: Trust) -> bool:
    """Whether a name and a value stand so in a line; the value goes on to the next comma, as values do."""
    own = "_" in text[start : start + BEFORE] and text[start - 1 : start] in ("", "\n", ",")
    return own and secret_under(kind, said) and _looks_like_one(kind, said)


def _looks_like_one(kind: Trust, said: str) -> bool:
    return kind is not Trust.CHOSEN or settled(said)


def _only_letters(kind: Trust, said: str) -> bool:
    return kind is Trust.CHOSEN and said.replace("_", "").isalpha() and not by_chance(said, 0.3)


def _whole(text: str, value: Value, quote: str) -> Value:
    escaped = _WITH_ESCAPES.match(text, value.start)
    if escaped and quote == '"' and escaped.end() > value.end and text[value.end] == "\\":
        return value._replace(end=escaped.end())
    more = _WHOLE.match(text, value.end)
    return value._replace(end=more.end()) if more and text[more.end()] == quote else value


def _in_table(text: str, start: int, end: int, kind: Trust) -> Value | None:
    """The cell beside one that holds the name: `| DB_PASSWORD | X |`."""
    joined = CELL.match(text, end)
    if not joined or not _IN_CELL.search(text, max(0, start - 200), start):
        return None
    value = value_at(text, joined.end())
    if not value:
        return None
    bar = text.find("|", value.start, value.end)
    value = value._replace(end=bar) if bar > value.start and not value.quoted else value
    said = text[value.start : value.end]
    return value if secret_under(kind, said) and (value.quoted or _looks_like_one(kind, said)) else None


def _told(text: str, value: Value, kind: Trust, sign: str) -> Value | None:
    """Behind a colon a sentence may go on; behind a sign of equality only a value does."""
    said = text[value.start : value.end]
    if value.quoted:
        if sign == ":" and said[:1] == " ":
            return None
        command = text[value.start - 1] == "`" and _COMMAND.match(said)
        return value if not command and secret_under(kind, said) else None
    cut = len(said) <= _CUT and text.startswith(("…", "..."), value.end)
    if cut or (said.isdigit() and text.startswith(" bytes", value.end)):
        return None
    phrase = _PHRASE.match(text, value.start) if kind is Trust.CHOSEN else None
    if phrase and all(plausible(word) or word.isdigit() for word in phrase[0].split()):
        return Value(value.start, phrase.end(), quoted=False)
    sentence = _NEXT_WORD if sign == ":" else _NEXT_WORDS
    if _ORDINARY.fullmatch(said) and not by_chance(said) and sentence.match(text, value.end):
        return None
    return value if secret_under(kind, said) else None


def _after_space(text: str, start: int, end: int, kind: Trust) -> Value | None:
    """`--password X`, and a line `requirepass X` in a configuration."""
    joined = SPACED.match(text, end)
    value = value_at(text, joined.end()) if joined else None
    if not joined or not value or not secret_under(kind, said := text[value.start : value.end]):
        return None
    name = text[start:end]
    if _FIELD_OF_A_LOG.match(said) and not name.startswith("-"):
        return None
    if name.startswith("-") or ("_" in name and kind is not Trust.CHOSEN and secret_under(Trust.DRAWN, said)):
        return value
    if not joined[0].startswith(">") and _set_by_a_word(text, start, value, name):
        return value
    if not _alone(text, start) or not _LINE.match(text, value.end + value.quoted):
        listed = joined[0] == "\t" and "_" in name and _COLUMN.match(text, value.end) and _alone(text, start)
        return value if listed and settled(said) else None
    apart = len(joined[0]) > 1 or joined[0] == "\t"
    return value if apart or settled(said) or value.quoted or name.lower() in _DIRECTIVES else None


def _set_by_a_word(text: str, start: int, value: Value, name: str) -> bool:
    """`ENV DB_PASSWORD X`, `saslPassword 'X'`."""
    if _SETS.search(text, max(0, start - 24), start):
        return True
    said = text[value.start : value.end]
    return value.quoted and _COMPOUND.fullmatch(name) is not None and (chosen(said) or trust(name) is not Trust.CHOSEN)


def _alone(text: str, start: int) -> bool:
    """Whether nothing but blanks stands before it in its line."""
    return not text[max(0, start - BEFORE) : start].rpartition("\n")[2].strip()
