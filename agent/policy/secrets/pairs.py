"""Which word stands beside the name of an account as its password? `admin / X`, `guest:X`, "defaults are root/X"."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, looks_drawn, settled, strong, worded

_NAMES = (
    *("admin", "root", "guest", "elastic", "postgres", "operator", "superuser", "deploy", "ansible", "backup"),
    *("monitor", "readonly", "readwrite", "sysadmin", "user", "svc", "service", "test", "demo", "support", "oracle"),
    *(
        "ubuntu",
        "administrator",
        "vagrant",
        "centos",
        "debian",
        "ec2-user",
        "ubnt",
        "sysdba",
        "supervisor",
        "maintenance",
    ),
)
_ACCOUNT = (
    rf"(?:[\w.]{{1,30}}[-_.])?(?:{'|'.join(_NAMES)}|deployer|monitoring|sa|pi|app"
    r"|rw|ro|bot)(?:[-_.]\w{1,20}|\d{1,3})?|[\w.+-]{1,40}@[\w.-]{1,60}"
)
_MARK = r"[`*_\"'“”]{0,2}"
_SPACED = re.compile(
    rf"(?P<user>[A-Za-z][\w.@+-]{{0,60}}){_MARK} / (?:(?i:pass(?:word)?|pw|pwd)[:=]? )?{_MARK}"
    rf"(?P<secret>[^\s`\"“”]{{4,100}}?){_MARK}[)\],.;]{{0,2}}(?=[ \t|]|\\n|$)(?! / )",
    re.MULTILINE,
)
_ENUMERATED = re.compile(r" / [`*\"']{0,2}\Z|\d / \Z")
_HOSTED = re.compile(
    r"(?<![\w./-])(?:[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}|[a-z][a-z-]{1,30}\d{1,4})(?::\d+)? / [`*\"']{0,2}\Z"
)
"""The host, the user and the password: of an enumeration the first is no host."""
_ARROWED = re.compile(r"[\w-]{1,60}(?:\.[\w-]{1,60}){1,6} (?:→|->|=>) [`*]{0,2}\Z")
"""`host.example → user / X`."""
_AT_HOST = re.compile(
    rf"(?<![\w./@:-])(?i:{'|'.join(_NAMES)}):(?P<secret>[^\s`\"'@:/]{{5,60}})@(?=[\w-]{{1,60}}(?:\.[\w-]{{1,60}})+)"
)
_KINDS = ("user", "service", "svc", "test", "support", "backup", "monitor")
_COLUMN = re.compile(
    rf"(?<![\w./@:-])(?i:{'|'.join(_NAMES)}){_MARK}(?: {{2,20}}|\t{{1,4}}| (?:-|–|—|→|->|=>|\|) )(?P"
    rf"<secret>[^\s`\"“”|]{{6,100}})(?=[ \t|]|\\n|$)",
    re.MULTILINE,
)
_OF_MAIL = re.compile(
    r"@[\w.-]{1,60}\.[a-z]{2,10}(?: {2,20}|\t{1,4}|\s{1,3}(?:-|–|—|→|->|=>|\|)\s{1,3})(?P<secret>[^"
    r"\s`\"“”|]{6,100})(?=[ \t|]|\\n|$)",
    re.MULTILINE,
)
_BEHIND = re.compile(
    rf"(?<=(?:→|:|>|-) )(?i:{'|'.join(_NAMES)}) (?P<secret>[^\s`\"“”|]{{8,100}})(?=[ \t|]|\\n|$)", re.MULTILINE
)
_BRACKETED = re.compile(
    rf"\((?i:{'|'.join(_NAMES)}), (?:(?i:pass(?:word)?|pw|pwd)[:=]? )?{_MARK}(?P<secret>[^\s`\"“”|]{{6,100}}?){_MARK}\)"
)
_OPENED = tuple(f"({name}, " for name in _NAMES)
_DRAWN, _LONG = 12, 8
_BACK = 64
_KNOWN = re.compile(_ACCOUNT, re.IGNORECASE)
_TIGHT = re.compile(
    rf"(?<![\w./@:-])(?i:{'|'.join(_NAMES)}){_MARK}(?P<sign>[/:])"
    rf"{_MARK}(?P<secret>[^\s`\"'“”/]{{4,100}}?){_MARK}[)\],.;]{{0,2}}(?=[ \t|]|\\n|$)",
    re.MULTILINE,
)
_ABOUT = re.compile(
    r"(?i:\b(?:cred(?:s|entials?)|log(?:ged|ging)?[ -]?(?:in|on)|logins?|sign[ -]?in|defaults?|accounts?"
    r"|auth\w{0,12}|passw\w{0,5}|pw|pwd|pass|access|log(?:ged|ging)? into|b?mcs?|ipmi|idrac|ilo|console)\b)"
)
_WITHIN = re.compile(r"(?i:\b(?:in|at|from|under|path|file|dir|branch|image|repo|tag|secret)[: ]{1,2}[`\"']?)\Z")
_OF_KINDS = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w.!@#$%^&*+=?~-]{8,40}")
_SIGNED = re.compile(r"[!#$%&*@^?~]")


def pair_secrets(text: str, lowered: str) -> Iterator[Found]:
    """The second of two words of which the first is the name of an account."""
    if " / " in text:
        yield from _apart(text)
    for pair in matches(_TIGHT, _NAMES, text, lowered):
        if settled(pair["secret"]) and (_told(text, pair.start()) or _colon(pair)) and not _of_a_kind(pair):
            yield Found(*pair.span("secret"), "password")

    for regex in (_COLUMN, _BEHIND):
        for pair in matches(regex, _NAMES, text, lowered):
            said = pair["secret"]
            if _behind(text, pair) if regex is _BEHIND else settled(said) and _told(text, pair.start()):
                yield Found(*pair.span("secret"), "password")
    yield from _of_one(text, lowered)


def _of_one(text: str, lowered: str) -> Iterator[Found]:
    """Of an account in brackets, and of an address of mail."""
    for pair in matches(_AT_HOST, _NAMES, text, lowered) if "@" in text else ():
        if settled(pair["secret"]) and not pair[0].lower().startswith(_KINDS):
            yield Found(*pair.span("secret"), "password")
    for pair in matches(_BRACKETED, _OPENED, text, lowered):
        if settled(pair["secret"]):
            yield Found(*pair.span("secret"), "password")
    for pair in _OF_MAIL.finditer(text) if "@" in text else ():
        if chosen(pair["secret"]) and _told(text, pair.start()):
            yield Found(*pair.span("secret"), "password")


def _behind(text: str, pair: re.Match[str]) -> bool:
    """Drawn, or the answer to a question."""
    line = text.rfind("\n", max(0, pair.start() - 2 * _BACK), pair.start())
    asked = line > 0 and text.find("?", max(0, line - 2), line) >= 0
    return _drawn(pair["secret"]) or (asked and settled(pair["secret"]))


def _drawn(said: str) -> bool:
    return chosen(said) and (
        _OF_KINDS.fullmatch(said) is not None or (strong(said) and _SIGNED.search(said) is not None)
    )


def _colon(pair: re.Match[str]) -> bool:
    if pair["sign"] == "/":
        return (
            len(pair["secret"]) >= _DRAWN
            and looks_drawn(pair["secret"])
            and _OF_KINDS.fullmatch(pair["secret"]) is not None
        )
    return _OF_KINDS.fullmatch(pair["secret"]) is not None or worded(pair["secret"])


def _of_a_kind(pair: re.Match[str]) -> bool:
    """`user:alice42` names one, as keys of caches and of policies do."""
    return pair["sign"] == ":" and pair[0].lower().startswith(_KINDS)


def _apart(text: str) -> Iterator[Found]:
    """With a blank on either side of the stroke, as people write them."""
    at = text.find(" / ")
    while at >= 0:
        begin = max(0, at - _BACK)
        for pair in _SPACED.finditer(text, begin, at + 200):
            if pair.start("secret") > at and _worth(text, pair):
                yield Found(*pair.span("secret"), "password")
                break
        at = text.find(" / ", at + 3)


def _worth(text: str, pair: re.Match[str]) -> bool:
    said = pair["secret"]
    if _ENUMERATED.search(text, max(0, pair.start() - 6), pair.start()):
        return (
            _HOSTED.search(text, max(0, pair.start() - 90), pair.start()) is not None
            and len(said) >= _LONG
            and settled(said)
        )
    arrowed = _ARROWED.search(text, max(0, pair.start() - 90), pair.start()) is not None
    if _KNOWN.fullmatch(pair["user"]) or arrowed or _told(text, pair.start()):
        return settled(said)
    return strong(said) and _SIGNED.search(said) is not None


def _told(text: str, at: int) -> bool:
    """Whether words before it, in its line or the one above, are about getting in."""
    line = text.rfind("\n", 0, at)
    least = max(0, at - 2 * _BACK, text.rfind("\n", 0, line) + 1 if line > 0 else 0)
    return _ABOUT.search(text, least, at) is not None and not _WITHIN.search(text, max(0, at - 12), at)
