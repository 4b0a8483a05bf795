"""What was a secret turned into, or what was it before? "old: X", "new one: X", "replaced with X", "reset to X"."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.checks import by_chance
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, known, looks_drawn, strong, told_outright, worded

_NOUN = (
    r"(?i:pass(?:word|wd|phrase|code)?s?\b|\bpwd?s?\b|\bpsk\b|secret|\btokens?\b|\bkey\b|\bcred|\blog ?ins?\b|locked"
    r"|passwor[dt]|kennwort|mot de passe|contraseña|senha|парол)"
)
_NEAR = re.compile(_NOUN)
_WHEN = (
    *("old", "new", "was", "now", "current", "previous", "before", "after", "temp", "initial", "alt", "neu", "ancien"),
    *("nouveau", "antigua", "nueva", "стар", "нов"),
)
_SAID = r"(?P<quote>[`\"'“]?)(?P<secret>[^\s`\"'“”]{5,200})"
_CALLED = re.compile(
    r"(?<![\w-])(?i:old|new|was|now|current|previous|before|after|temp(?:orary)?|initial|alt|neu(?:es)?|ancien|nouveau"
    r"|antigua|nueva|стар\w{2}|нов\w{2})(?: (?i:one|pw|pass\w{0,6}|value|secret|token|key|creds?|is)){0,2}"
    rf" ?(?:[:=]|->|→|=>) ?{_SAID}"
)
_VERBS = ("reset", "changed", "rotated", "replaced", "switched", "updated", "altered", "set ", "swapped", "geändert")
_MADE = re.compile(
    r"(?<![\w-])(?:reset|changed|rotated|replaced|switched|updated|altered|set|swapped|geändert) (?:"
    r"(?:it|that|this|them|back) ){0,2}"
    rf"(?:to|with|by|for|auf|in) (?:the )?{_SAID}"
)
_KINDS = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w.!@#$%^&*+=?~-]{8,60}")
_HEX = re.compile(r"[0-9a-f]+")
_OTHER = re.compile(r"(?i:public|fingerprint|digest|checksum|image|commit|version)[\w ]{0,12}\W*(?:was |is )?\Z")
_CLOSE = 40
_BACK, _ON = 300, 80


def turned_secrets(text: str, lowered: str) -> Iterator[Found]:
    """Behind words for before and after, near a noun for secrets, in whatever line that is."""
    for regex, words in ((_CALLED, _WHEN), (_MADE, _VERBS)):
        for one in matches(regex, words, text, lowered):
            said = one["secret"].rstrip(",.;:)")
            if _worth(said, called=regex is _CALLED or one["quote"] != "") and _about(text, one):
                yield Found(one.start("secret"), one.start("secret") + len(said), "password")


def _about(text: str, one: re.Match[str]) -> bool:
    """Whether a noun for secrets stands before it, or behind it in its line."""
    if _OTHER.search(text, max(0, one.start() - _CLOSE), one.start()):
        return False
    if _NEAR.search(text, max(0, one.start() - _BACK), one.start("secret")):
        return True
    line = text.find("\n", one.end(), one.end() + _ON)
    return _NEAR.search(text, one.end(), line if line >= 0 else min(len(text), one.end() + _ON)) is not None


def _worth(said: str, *, called: bool) -> bool:
    if (
        _HEX.fullmatch(said)
        or (said.isalpha() and (known(said) or not by_chance(said)))
        or (not called and not (strong(said) or _KINDS.fullmatch(said)))
    ):
        return False
    return chosen(said) or worded(said) or (called and (told_outright(said) or looks_drawn(said)))
