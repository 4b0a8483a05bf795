"""Which cookies of a request or an answer are somebody's session? Not the ones that hold a language or a theme."""

import re
from collections.abc import Iterator

from agent.policy.secrets.names import trust
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import issued, looks_drawn, plausible

_HEADER = re.compile(r"(?i:cookies?)\\?[\"']?\s{0,3}[:=]>?\s{0,3}\\?[\"']?(?=[^\s=;\"]{1,100}=)")
_PAIR = re.compile(r"(?P<name>[^\s=;\"'\\,]{1,100})=(?P<secret>[^\s;\"'\\<>]{4,4000})[;,]?[ ]?")
_HARMLESS = re.compile(
    r"(?i)(?:_ga\w*|_gid|_fbp|_gcl\w*|lang\w*|locale|theme|tz|timezone|consent\w*|cookie\w*consent|path|domain|expires|max-age|samesite|version|"
    r"region|currency|ab[-_]?test\w*|variant|experiment\w*|feature\w*|country|device\w*|visitor\w*|anonymous\w*|.*(?:_id|-id))"
)


def cookies(text: str, lowered: str) -> Iterator[Found]:
    """Values of cookies that look given out, or that a name for secrets holds."""
    if "cookie" not in lowered:
        return
    at = 0
    for header in _HEADER.finditer(text):
        at = max(at, header.end())
        while pair := _PAIR.match(text, at):
            if _grants(pair["name"], pair["secret"]):
                yield Found(*pair.span("secret"), "cookie")
            at = pair.end()


def _grants(name: str, value: str) -> bool:
    if not plausible(value):
        return False
    if trust(name):
        return issued(value)
    return not _HARMLESS.fullmatch(name) and len(value) >= 12 and (looks_drawn(value) or issued(value))
