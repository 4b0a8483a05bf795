"""Which word is said to stand where no secret should? "I see X hardcoded in main.go", "X is in the logs"."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, looks_drawn, strong

_EXPOSED = re.compile(
    r" (?:(?:is|was|being|sitting|lying|got|right there|still|in|,) ){0,2}(?:hard-?coded|in (?:plain|clear) ?text"
    r"|in the clear|checked in|committed|leaked|exposed|pasted"
    r"|in (?:the|our|your|my|their|its) (?:logs?|repo|code|diff|image|history|source))\b"
)
_BEGINS = (
    *(" hardcoded", " hard-coded", " in plain", " in clear", " in the ", " checked in", " committed", " leaked"),
    *(" exposed", " pasted", " is ", " was ", " in our ", " in my "),
)
_NOUN = re.compile(r"(?i)pass(?:word|wd|phrase|code)?\b|\bpwd?\b|secret|token|\bpsk\b|\bkeys?\b|cred|cookie")
_QUOTED = re.compile(r"(?:\\?[\"'`]|[“„«])(?P<secret>[^\"'`“”„«»\s\\]{5,200})(?:\\?[\"'`]|[”“»])[,.]?\Z")
_WORD = re.compile(r"(?:^|(?<=[\s(:]))(?P<secret>[^\s\"`]{5,200}?)[,;]?\Z")
_ID = re.compile(r"[0-9a-fA-F]{24,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BACK = 210


def exposed_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What stands before such words, behind a noun for secrets."""
    for role in matches(_EXPOSED, _BEGINS, text, lowered):
        yield from _before(text, role.start())


def _before(text: str, at: int) -> Iterator[Found]:
    least = max(0, at - _BACK)
    quoted = _QUOTED.search(text, least, at)
    found = quoted or _WORD.search(text, least, at)
    if found and _NOUN.search(text, least, found.start("secret")) and _worth(found["secret"], quoted=bool(quoted)):
        yield Found(*found.span("secret"), "password")


def _worth(said: str, *, quoted: bool) -> bool:
    """In quotes an id counts, too; elsewhere only what nothing else looks like."""
    if _ID.fullmatch(said) or not quoted:
        return quoted or strong(said) or (looks_drawn(said) and not _ID.fullmatch(said))
    return chosen(said) or looks_drawn(said)
