"""Which parts of a log line can anybody on the internet write? Those are named, not quoted, to a model.

User agent, referrer, path, query, user name and forwarded headers go straight from a request into logs (AIOpsDoom,
Pasquini et al. 2025, plants its text there). A path that looks like a route stays: it carries the diagnosis.
"""

import re
from collections.abc import Callable, Iterable

from agent.policy.first_words import matches

Replace = Callable[[str, str], str]
"""Label and original to what stands in its place."""

_STRING = r'"(?P<quoted>(?:[^"\\\n]|\\.)*)"'
_PROTOCOL = re.compile(r" HTTP/\d")
_METHOD = re.compile(r"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) ")
_COMBINED = re.compile(rf'(?P<before> HTTP/[\d.]+" \d{{3}} \S+ )"(?P<referer>(?:[^"\\\n]|\\.)*)" {_STRING}')
_REMOTE_USER = re.compile(
    r"(?m)(?P<before>^\S+ \S+ )(?P<user>(?!- )[^\[\n]{1,500})(?P<after> \[\d{2}/[A-Z][a-z]{2}/\d{4}:)"
)

_NAMES = {
    "ua": r"user[-_. ]?agent(?:\.original)?|http_user_agent|browser",
    "referer": r"(?:http_)?referr?er|origin",
    "query": r"query[-_]?string|url\.query|request_query|raw_query",
    "user": r"user(?:[-_]?(?:name|id))?|login|account|enduser\.id|usr|principal|customer(?:[-_]?(?:name|id))?",
    "header": r"x[-_]forwarded[-_](?:for|host|proto)|x[-_]real[-_]ip|forwarded|x[-_][a-z-]{2,30}|accept[-_]language"
    r"|http\.request\.header\.[a-z_-]{1,40}",
}
_PATH_NAMES = r"(?:request[-_])?(?:path|uri|url)|http[._](?:target|url|path|route)|url\.(?:full|path)|target"
_LABELS = {label: re.compile(rf"(?i:{names})") for label, names in _NAMES.items()}
_ALL = "|".join(_NAMES.values()) + "|" + _PATH_NAMES
_PATH, _KNOWN = re.compile(rf"(?i:{_PATH_NAMES})"), re.compile(rf"(?i:{_ALL})")
_STARTS = (
    *("user", "browser", "http", "refer", "origin", "query", "url", "request", "raw", "login", "account", "enduser"),
    *("usr", "principal", "customer", "x-", "x_", "forwarded", "accept", "path", "uri", "target"),
)
_FIELD = re.compile(
    rf"(?P<before>(?<![\w<-])(?P<name>(?i:{_ALL}))\\?[\"']?\s?[=:]\s?\\?)"
    rf"(?:{_STRING}|'(?P<single>[^'\n]*)'|(?P<bare>[^\s,;\"'{{}}\[\]\\]+))"
)
_HEADER = re.compile(
    r"(?m)(?P<before>(?<![\w.-])(?i:user-agent|referer|x-forwarded-for|x-[a-z-]{2,30}): )(?P<line>[^\"\n]+)$"
)
_NGINX_HOST = re.compile(rf"(?P<before>, host: ){_STRING}")

_SEGMENT = re.compile(r"[A-Za-z0-9_.:{}*~@-]{0,36}")
_WORD = re.compile(r"[A-Za-z]{2,}")
_MOST_WORDS = 6


def abstracted(text: str, replace: Replace) -> str:
    """The text with those parts replaced. Text outside of such fields is left as it is."""
    text = _COMBINED.sub(lambda found: _combined(found, replace), text)
    text = _requests(text, replace)
    text = _REMOTE_USER.sub(lambda found: found["before"] + replace("user", found["user"]) + found["after"], text)
    text = _NGINX_HOST.sub(lambda found: f'{found["before"]}"{replace("header", found["quoted"])}"', text)
    text = _replaced(
        text,
        (
            (found, found["before"] + replace(_label(found["before"].strip(": ")), found["line"]))
            for found in matches(_HEADER, ("user-agent", "referer", "x-"), text)
        ),
    )
    return _replaced(text, ((found, _field(found, replace)) for found in matches(_FIELD, _STARTS, text)))


def named(name: str, value: str, replace: Replace) -> str | None:
    """A field of structured data by its name: what stands in its place, or None when nobody outside can write it."""
    for known in (name, name.rpartition(".")[2]):
        if _PATH.fullmatch(known):
            return route(value, replace)
        if _KNOWN.fullmatch(known):
            return replace(_label(known), value)
    return None


def _replaced(text: str, changes: Iterable[tuple[re.Match[str], str]]) -> str:
    kept, at = [], 0
    for found, instead in changes:
        kept += [text[at : found.start()], instead]
        at = found.end()
    return "".join([*kept, text[at:]])


def route(target: str, replace: Replace) -> str:
    """A path that looks like a route stays, without its query; any other is replaced."""
    path, mark, query = target.partition("?")
    kept = path if _looks_like_a_route(path.rpartition("://")[2]) else replace("path", path)
    return kept + (f"?{replace('query', query)}" if mark and query else mark)


def _looks_like_a_route(path: str) -> bool:
    segments = path.split("/")
    return (
        len(path) <= 120
        and len(segments) <= 10
        and all(_SEGMENT.fullmatch(segment) for segment in segments)
        and len(_WORD.findall(path)) <= _MOST_WORDS
    )


def _requests(text: str, replace: Replace) -> str:
    """Request lines. From the protocol backwards to the method, since anything may stand in between."""
    kept, at = [], 0
    for protocol in _PROTOCOL.finditer(text):
        end = protocol.start()
        line = max(at, text.rfind("\n", at, end), text.rfind('"', at, end))
        if method := _METHOD.search(text, line, end):
            kept += [text[at : method.end()], route(text[method.end() : end], replace)]
            at = end
    return "".join([*kept, text[at:]])


def _combined(found: re.Match[str], replace: Replace) -> str:
    referer, agent = (
        value if value in ("", "-") else replace(label, value)
        for label, value in (("referer", found["referer"]), ("ua", found["quoted"]))
    )
    return f'{found["before"]}"{referer}" "{agent}"'


def _field(found: re.Match[str], replace: Replace) -> str:
    for group, quote in (("quoted", '"'), ("single", "'"), ("bare", "")):
        if (value := found[group]) is not None:
            return found["before"] + quote + (_value(found["name"], value, replace)) + quote
    return found[0]


def _value(name: str, value: str, replace: Replace) -> str:
    """Values that say nothing, and what is replaced already, stay."""
    if value in ("", "-", "null", "None", "nil") or re.fullmatch(r"<[a-z-]+:\d+>", value):
        return value
    return named(name, value, replace) or value


def _label(name: str) -> str:
    return next((label for label, names in _LABELS.items() if names.fullmatch(name)), "header")
