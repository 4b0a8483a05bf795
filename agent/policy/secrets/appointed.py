"""Which word is called a secret by what stands behind it? "Use X as the password", "X is the token of staging"."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.names import trust
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, known, looks_drawn, plausible, strong, told_outright

_NAME = (
    r"(?i:password|passwd|pass|pwd|pw|passphrase|passcode|secret|token|psk|pin|credentials?|cookie|"
    r"(?:api|access|secret|private|signing|encryption|service|account|session|deploy|root|unseal) key)"
)
_NOUN = rf"(?:{_NAME}|(?P<key>(?:[\w-]{{2,20}} )?[\w-]{{2,20}} (?i:key)))(?: hex| value| string| base64)?"
_OF = (
    r"(?: ?$|[ ]?[.,;:!?)\n\"'—–-]|\\n"
    r"| (?:for|of|on|to|until|till|in|and|or|so|when|if|that|now|at|from|again|there|here)\b)"
)
_WHOSE = r"(?:the|your|my|our|its|their|his|her|a|an|this|new|old)"
_AS = re.compile(rf" as (?:{_WHOSE} )?(?:[\w-]{{1,20}} ){{0,4}}?{_NOUN}(?={_OF})")
_IS = re.compile(rf" (?:is|was|are|becomes|=) (?:{_WHOSE} ){{1,2}}(?:[\w-]{{1,20}} ){{0,3}}?{_NOUN}(?={_OF})")
_STILL = re.compile(rf" still (?:{_WHOSE} ){{1,2}}(?:[\w-]{{1,20}} ){{0,3}}?{_NOUN}(?={_OF})")
_FOR = re.compile(rf" for (?:{_WHOSE} )?(?:[\w-]{{1,20}} ){{0,2}}?{_NOUN}(?={_OF})")
_ASIDE = re.compile(
    rf"(?:,? (?:\((?!using |with |no |invalid |wrong |bad )(?:that'?s )?|<-+ |-- |that'?s )|, that'?"
    rf"s )(?:{_WHOSE} )?(?:[\w-]{{1,20}} ){{0,2}}?{_NOUN}"
    rf"(?={_OF}|\)| for )"
)
"""`X (the pw for the replica)`, `X <- root password`, `X, that's the token`."""
_QUOTED = re.compile(r"(?:\\?[\"'`]|[“„«])(?P<secret>[^\"'`“”„«»\n\\]{4,120})(?:\\?[\"'`]|[”“»])[,.]?\Z")
_WORD = re.compile(r"(?:^|(?<=[\s(:]))(?P<secret>[^\s\"`]{5,200}?)[,;]?\Z")
_USES = re.compile(
    r"(?i:(?<![\w-])(?:enter|type|uses?|using|paste|try|put|picked|chose|chosen|pass|with|give|set|have|has)) [\"'`]?\Z"
)
_BACK = 210
_HEX = re.compile(
    r"[0-9a-fA-F]{24,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|"
    r"[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){2,}|(?=[A-Z]*[2-7])[A-Z2-7]{16,}"
)
_PAIR = re.compile(r"[\w.]+=[^=]")
_SLUG = re.compile(r"[a-z]{3,}(?:[-_.][a-z0-9]{2,}){2,}")
_PROMPTED = re.compile(
    r"(?<![A-Za-z])(?<!as )(?i:prompt(?:ed|s)?|asked|asks)\b[^\n.]{0,40}?(?:type|enter|->|→|use|say|answer|:) "
    r"[`\"']?(?P<secret>[^\s`\"']{5,200})"
)
_HERE = re.compile(
    rf"(?i:here(?:'s| is| are)|this is|sending|attached)[^\n:]{{0,60}}?(?:{_NAME}|key)"
    r"(?:,[^\n:]{0,80}| (?:for|of|to|in|on|from|as)\b[^\n:]{0,80}| ?\([^\n)]{0,40}\))?: "
    r"[`\"']?(?P<secret>[^\s`\"]{6,200})[`\"']?[ \t]*(?:\n|\\n|$)"
)
_ITS = re.compile(rf", (?:it|which|this|that)(?:'s| is| was) {_WHOSE} (?:[\w-]{{1,20}} ){{0,3}}?{_NAME}(?={_OF})")
_WORDS = re.compile(r"(?<!\S)[^\s`\"']{6,100}(?!\S)")
_MINE = re.compile(rf"that(?:'s| was| is) {_WHOSE} (?:[\w-]{{1,20}} ){{0,2}}?{_NAME}(?![\w-])")
"""Of the line above: `argh, that was my password`."""


def appointed_secrets(text: str, lowered: str) -> Iterator[Found]:
    """Words that a sentence goes on to call a secret."""
    for begin, regex in (
        (" (", _ASIDE),
        (" <-", _ASIDE),
        (", that", _ASIDE),
        (" as ", _AS),
        (" is ", _IS),
        (" was ", _IS),
        (" still ", _STILL),
        (" = ", _IS),
        (" for ", _FOR),
    ):
        if begin in lowered:
            for role in matches(regex, (begin,), text, lowered):
                if not role["key"] or trust(role["key"].replace(" ", "_")):
                    yield from _named_by(text, role.start(), used=regex is _FOR)
    yield from _above(text, lowered)
    yield from _earlier(text, lowered)
    for begins, regex in ((("prompt", "ask"), _PROMPTED), (("here", "this is", "sending", "attached"), _HERE)):
        for found in matches(regex, begins, text, lowered):
            if not _PAIR.match(found["secret"]) and _worth(found["secret"]):
                yield Found(*found.span("secret"), "password")


def _earlier(text: str, lowered: str) -> Iterator[Found]:
    """`we found X in the log, it is the smtp password`."""
    for role in matches(_ITS, (", it", ", which", ", this", ", that"), text, lowered):
        least = max(0, role.start() - _BACK)
        least = max(least, text.rfind("\n", least, role.start()) + 1)
        for word in _WORDS.finditer(text, least, role.start()):
            if strong(word[0]) or (chosen(word[0]) and told_outright(word[0]) and any(map(str.isdigit, word[0]))):
                yield Found(*word.span(), "password")


def _above(text: str, lowered: str) -> Iterator[Found]:
    for role in matches(_MINE, ("that",), text, lowered):
        line = text.rfind("\n", max(0, role.start() - 80), role.start())
        if line > 0:
            yield from _named_by(text, line, used=False)


def _named_by(text: str, at: int, *, used: bool) -> Iterator[Found]:
    """What stands before; behind `for` only what is told to be used."""
    least = max(0, at - _BACK)
    least = max(least, text.rfind("\n", least, at) + 1)
    quoted = _QUOTED.search(text, least, at)
    found = quoted or _WORD.search(text, least, at)
    if not found or (used and not _USES.search(text, max(0, found.start("secret") - 12), found.start("secret"))):
        return
    said = found["secret"]
    if _worth(said) or (quoted and _meant(said)):
        yield Found(*found.span("secret"), "password")


def _meant(said: str) -> bool:
    """Of what stands in quotes: a phrase of plausible words, or a word that is the name of nothing."""
    several = said.split()
    return all(map(plausible, several)) and (len(several) > 1 or (len(said) > 5 and not known(said)))


def _worth(word: str) -> bool:
    return (
        chosen(word)
        or looks_drawn(word)
        or told_outright(word)
        or _HEX.fullmatch(word) is not None
        or (len(word) >= 16 and _SLUG.fullmatch(word) is not None)
    )
