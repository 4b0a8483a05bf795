"""Which word does somebody log in with, though no noun calls it a secret? "ssh as root / X", "admin:X"."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.checks import by_chance
from agent.policy.secrets.sentences import NUMBERED, TYPED, WORD, Word, bare_word, slug, window
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, known, looks_drawn, paired, strong, told_outright, worded


def login_secrets(text: str, lowered: str) -> Iterator[Found]:
    """Words behind a verb for getting in."""
    for verb in matches(_LOGIN, _LOGINS, lowered, lowered):
        yield from _after_login(text, verb.end())
    if " is " in lowered:
        yield from _of_a_host(text, lowered)
    if "\n" in text:
        yield from _answered(text, lowered)
    for changed in matches(_CHANGED, _CHANGES, text, lowered) if " it" in text or " now" in text else ():
        if _meant(changed["secret"]) and not _RELEASE.fullmatch(changed["secret"]):
            yield Found(*changed.span("secret"), "password")


def _answered(text: str, lowered: str) -> Iterator[Found]:
    """What the next lines say to somebody who cannot get in, or asks for the login."""
    for pair in matches(_BELOW, ("login", "log-in", "cred", "pass", "pw", "access", "account"), text, lowered):
        if chosen(pair["secret"]) or worded(pair["secret"]):
            yield Found(*pair.span("secret"), "password")
    for regex, words in ((_SHUT_OUT, _SHUT), (_WHICH, _LOGINS_ASKED)):
        for shut in matches(regex, words, lowered, lowered) if regex is _SHUT_OUT or "?\n" in text else ():
            for said in _REPLIED.finditer(text, shut.end(), min(len(text), shut.end() + 200)):
                if _meant(said["secret"]):
                    yield Found(*said.span("secret"), "password")


def _meant(said: str) -> bool:
    if _STATE.fullmatch(said) or known(said):
        return worded(said) or paired(said) or slug(said)
    return (
        strong(said)
        or worded(said)
        or (chosen(said) and told_outright(said))
        or (len(said) >= _DRAWN and said.isalnum() and by_chance(said))
    )


def _of_a_host(text: str, lowered: str) -> Iterator[Found]:
    for user in matches(_ON_A_HOST, _USERS, text, lowered):
        if chosen(user["secret"]) and not _STATE.fullmatch(user["secret"]):
            yield Found(*user.span("secret"), "password")


_USERS = ("root", "admin", "postgres", "sa on", "ubuntu", "oracle", "pi on")
_ON_A_HOST = re.compile(
    r"(?:root|admin(?:istrator)?|postgres|sa|ubuntu|oracle|pi) (?:on|at|@) (?:the )?[\w.-]{2,60}(?: [\w-]{2,20})? is "
    r"(?:(?:still|now|back to|again|always|just|currently|set to) ){1,2}[\"'`]?"
    r"(?P<secret>[^\s\"'`]{5,100}?)[\"'`]?[.,;]?"
    r"(?=[ \t]|\n|\Z)"
)
"""`root on db-1 is still X`."""
_DRAWN = 10
_STATE = re.compile(r"[\d.,]+[A-Za-z%/]{1,6}|[A-Z]+(?:-[A-Z]+)+")
_BELOW = re.compile(
    r"(?:log-?in|cred|pass|pw|access|account)[^\n]{0,120}\n(?:[^\n]{0,60}\n)?(?:[^\n:]{1,30}: )?[\w.@\\-]{2,40}"
    r"(?: / |[ \t]*\n[ \t]*)"
    r"(?P<secret>[^\s]{5,100})(?=[ \t]*(?:\n|\Z))"
)
"""The user and the password, in a line of their own below the question, or in two."""
_SHUT_OUT = re.compile(
    r"(?:(?:can'?t|cannot|can not|couldn'?t|unable to|how (?:do|can) (?:i|we|you)|trying to|who can|anyone able to) "
    r"(?:get (?:in|on)|log ?in|log on|sign in|ssh|rdp|access|unlock)"
    r"|lock(?:ed|ing) (?:me |us |you )?out|access denied)[^\n]{0,80}"
)
_SHUT = (
    *("can't ", "cant ", "cannot ", "can not ", "couldn", "unable ", "how do ", "how can ", "trying to ", "who can "),
    *("anyone able ", "locked ", "locking ", "access denied"),
)
_WHICH = re.compile(r"(?:log-?in|creds?|credentials|admin|root|account)\b[^\n]{0,50}\?(?=\n)")
_LOGINS_ASKED = ("log", "cred", "admin", "root", "account")
_REPLIED = re.compile(
    r"(?:(?<=\n)|(?<![\w-])(?i:it'?s|its|still|try|use|now|be|is|that'?s|and|with|just|/|pw|:)) "
    r"(?=[`\"']?(?P<secret>[^\s`\"']{5,100}?)[`\"']?[.,;]?(?:[ \t\n]|\Z))"
)
_CHANGED = re.compile(
    r"(?:reset|rotated|changed|set)\b[^\n]{0,40}?[ ,](?i:it'?s|its|it is|now)(?: (?i:now))? [`\"']?"
    r"(?P<secret>(?=\S*\d)[^\s`\"']{6,100}?)[`\"']?(?=[.,;]?(?:[ \t\n]|\Z))"
)
_RELEASE = re.compile(r"[A-Z]?[a-z]+\d{1,3}")
"""`Postgres15`, `node12`."""
_CHANGES = ("reset", "rotated", "changed", "set ")
"""`reset done, it's X now`."""
_LOGIN = re.compile(
    r"(?<![\w./-])(?:log(?:ged|ging)?[ -](?:in|on|into)|logins?|logon|sign(?:ed)?[ "
    r"-]in|try|accepts?|authenticate[sd]?|unlock(?:ed)?|protected|encrypted|connect(?:ed)?|use|user|as|ssh|says|shows|reads|said|(?:re)"
    r"?set (?:it|that|this|them)|bmc|idrac|ilo|ipmi)(?![\w/=-])"
)
_LOGINS = (
    "log",
    "sign",
    "try",
    "accept",
    "authenticate",
    "unlock",
    "protected",
    "encrypted",
    "connect",
    "use",
    "as",
    "ssh",
    "say",
    "said",
    "shows",
    "reads",
    "reset",
    "set",
    "bmc",
    "idrac",
    "ilo",
    "ipmi",
)
_SIGNS = frozenset("!#$%&*@^?~")
_BEFORE_ONE = ("with", "/", "using")
_USER = re.compile(r"(?!(?i:sha|md)\d)[A-Za-z][\w.@-]{1,40}[/:]")


def _after_login(text: str, at: int) -> Iterator[Found]:
    before, said = "", list[str]()
    end = min(window(text, window(text, at) + 1), at + 120)
    for _, found in zip(range(10), WORD.finditer(text, at, end), strict=False):
        word = bare_word(found)
        if found.end() == end < len(text) and not text[end].isspace():
            return
        if (
            (before in _BEFORE_ONE and _typed(word, before))
            or (before == "and" and said[-3:-2] in ([], ["with"], ["as"], ["using"], ["use"]) and _meant(word.text))
            or (before == "to" and (_signed(word.text) or (said == ["to"] and _set_so(word.text))))
            or _pair(word.text)
        ):
            yield Found(word.start, word.end, "password")
            return
        before = found[0]
        said.append(before)


def _pair(word: str) -> bool:
    """`admin/X` and `admin:X`."""
    found = _USER.match(word)
    if found is None or "@sha256" in word or "://" in word:
        return False
    said = word[found.end() :]
    return _signed(said) or (word[found.end() - 1] == ":" and "/" not in said and _all_kinds(said))


def _all_kinds(said: str) -> bool:
    """Drawn, with small letters, capitals and digits: no tag of an image and no port."""
    return len(said) >= 12 and looks_drawn(said) and any(map(str.islower, said)) and any(map(str.isupper, said))


def _signed(word: str) -> bool:
    """Base64 has only two signs; people use others."""
    return strong(word) and len(word) <= 40 and not _SIGNS.isdisjoint(word)


def _set_so(word: str) -> bool:
    return len(word) >= _DRAWN and any(map(str.isdigit, word)) and _meant(word) and not _RELEASE.fullmatch(word)


def _typed(word: Word, before: str) -> bool:
    if before == "with" and word.text.isalnum() and NUMBERED.fullmatch(word.text):
        return True
    if strong(word.text) or (before == "/" and (slug(word.text) or NUMBERED.fullmatch(word.text) or chosen(word.text))):
        return True
    return told_outright(word.text) and (word.quoted or TYPED.fullmatch(word.text) is not None)
