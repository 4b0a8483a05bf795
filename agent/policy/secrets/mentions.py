"""Where does a text mention a name that says that what stands beside it is secret?"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.policy.first_words import matches
from agent.policy.secrets.joints import JOINED
from agent.policy.secrets.names import Trust, trust
from agent.policy.secrets.words import words

_LONG = (
    r"pass|pwd|secret|token|key|cred|auth|cookie|sess|signature|seed|"
    r"salt|pepper|psk|community|licen[cs]e|serial|mnemonic"
    r"|bearer|code|samlresponse|assertion|hmac|csrf|xsrf|kennwort|wachtwoord|l[oö]senord|adgangskode|"
    r"salasana|parol[ae]|[sş]ifre|jelsz[oó]|heslo|has[lł][oa]"
    r"|phrase|lozinka|geslo|contrase[nñ]a|clave|senha|sandi|парол[ья]|密[码碼]|口令|パスワード|비밀번호|암호|secreto"
)
_SHORT = r"sid|sig|pin|puk|sas|pat|t?otp|mfa|jwt|psw|pw"
_NAMED = re.compile(rf"(?:{_LONG}|(?:(?<![a-z])(?:{_SHORT})|pw)(?![a-z]))[\w.-]{{0,40}}+(?={JOINED})")
_STEMS = tuple(
    words(
        "pass pwd secret token key cred auth cookie sess signature seed salt pepper psk community licen serial "
        "mnemonic samlresponse assertion "
        "bearer hmac csrf xsrf kennwort wachtwoord lösenord losenord adgangskode salasana parol sifre şifre "
        "jelsz heslo hasł hasl lozinka geslo contrase clave senha sandi парол 密 口令 パスワード "
        "비밀번호 암호 sid sig pin "
        "puk sas pat otp mfa jwt psw pw code phrase"
    )
)
_SHORT_CAMEL = ("Sid", "Sig", "Pin", "Pat", "Otp", "Mfa", "Jwt", "Sas")
_CAMEL = re.compile(rf"(?<=[a-z])(?:Sid|Sig|Pin|Pat|Otp|Mfa|Jwt|Sas)(?![a-z])[\w.-]{{0,40}}+(?={JOINED})")
_NAME = re.compile(r"[\w.$-]")
BEFORE = 64
_WORD_BEFORE = re.compile(r"(?<![\w.=/-])(?:[A-Za-z]{2,20} ){1,2}\Z")
_ARN = re.compile(r"arn:[\w:/-]*\Z")
_TEST = re.compile(r"test_[a-z]+(?:_[a-z]+){2}")
"""The name of a test says what it tries."""
_MORE = re.compile(r"[ ](?i:id|value|base|string|code)\b(?=[\"'`]?[ \t]{0,20}[:=])")
_NO_NAME = re.compile(r"(?i)(?:(?:checksum|hash|sha\d*)/|pam_\w{1,20}\([\w-]{0,20}:?)\Z")
"""Before what is no name of a value: `checksum/secret`, `pam_unix(passwd:chauthtok)`."""

_CERTIFIED = re.compile(r"(?i:x\.?509|certificate|\bcert\b)[^\n]{0,50}\Z")
"""There a key is known by its digest."""


class Mention(NamedTuple):
    """Of a name, with the words before it that belong to it."""

    at: int
    """Where in it the word about secrets begins."""
    start: int
    end: int
    kind: Trust
    inner: bool
    """Whether that word is short and begins with a capital in the midst: `userPin`."""


def mentions(text: str, lowered: str) -> Iterator[Mention]:
    """Names with something beside them; those with a short word in their midst last."""
    for found in (*matches(_NAMED, _STEMS, lowered, lowered), *_camel(text)):
        start, end = _start_of_name(text, found.start()), found.end()
        if more := _MORE.match(text, end):
            end = more.end()
        if kind := _kind(text, start, text[start:end].replace(" ", "_")):
            yield Mention(found.start(), start, end, kind, inner=found.re is _CAMEL)


def _camel(text: str) -> Iterator[re.Match[str]]:
    return (one for stem in _SHORT_CAMEL if stem in text for one in _CAMEL.finditer(text))


def _start_of_name(text: str, at: int) -> int:
    least = max(0, at - BEFORE)
    while at > least and (_NAME.match(text[at - 1]) or (text[at - 1] == ":" and text[at - 2 : at - 1].isalnum())):
        at -= 1
    return at + (text[at : at + 2] == "-D") * 2


def _kind(text: str, start: int, name: str) -> Trust | None:
    """Two words before it count, too: `Unseal Key 1:`, `next token:`."""
    kind = trust(name)
    if name == "session" and text.startswith("=<", start + len(name)):
        return None
    if name == "PASS" and text[start - 4 : start] in ("--- ", "    "):
        return None
    if _NO_NAME.search(text, max(0, start - 40), start) or name.startswith("pam_"):
        return None
    if "arn:" in name or _TEST.match(name):
        return None
    if text.rfind("arn:", max(0, start - 80), start) >= 0 and _ARN.search(text, max(0, start - 80), start):
        return None
    spaced = text[start - 1 : start] == " " and not name.startswith(("-", "$"))
    before = _WORD_BEFORE.search(text, max(0, start - 44), start) if spaced else None
    if before and kind is not Trust.CHOSEN:
        kind = trust((before[0] + name).replace(" ", "_"))
    return None if kind is Trust.DRAWN and _CERTIFIED.search(text, max(0, start - 60), start) else kind
