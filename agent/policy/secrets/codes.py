"""Which number lets somebody in once? Codes from a telephone, a mail or an authenticator, and PINs."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.spans import Found

_DIGITS = r"(?P<secret>\d{3}[ -]\d{3}|\d{4,8})"
_TOLD = re.compile(
    r"(?<![\w.-])(?:(?i:otp|pin|tan)(?i: code)?|(?:(?<=[yn] )|(?<=time )|(?<=access )|(?<=2fa )|(?<=mfa )|(?<=our )"
    r"|(?<=otp )|(?<=door )|(?<=gate )|(?<=alarm )|(?<=safe )|(?<=sms )|(?<=login )|(?<=use )|(?<=enter ))code"
    r"|(?i:your) (?!error|status|exit|return|zip|post|area|country|promo|discount)[\w-]{2,20} code|passcode"
    r"|(?<=authenticator )code|(?<=digit )code|(?<=nter this )code|(?<=se this )code|(?<=following )code"
    r"|code (?:from|on|in|by) (?:the|my|your|his|her|our|their|an?) (?:[\w-]{1,20} ){0,2}?"
    r"(?:authenticator|phone|sms|app|duo|okta|yubikey|2fa|mfa|totp|token))"
    rf"(?![\w-])(?:[ ](?=[\"'`*]{{0,2}}\d)|[^\n.:=]{{0,40}}?(?: is |[:=] ?))[\"'`*]{{0,2}}{_DIGITS}(?![\w:-]|\.\d)"
)
_CALLED = re.compile(
    r"(?<![\w.-])(?:[A-Z]-)?(?P<secret>\d{4,8}) is (?:your|the)(?: [\w-]{1,20}){0,4}?"
    r" (?i:code|otp|pin|passcode|(?<=one-time )password|(?<=time )password)(?!\w)"
)
_ENTERED = re.compile(
    rf"(?i:enter|type|use|used|entered|with|send|sent|gave|try) [\"'`]?{_DIGITS}[\"'`]? "
    r"(?:as|for) (?:the|my|your|our|his|her|an?)? ?(?:[\w-]{1,20} ){0,3}?(?i:code|otp|pin|passcode)(?!\w)"
)
_PHONED = re.compile(r"(?<![\w.-])(?P<secret>\d{6,10}) from (?:phones|video|mobile)")
"""What a meeting's password is for telephones."""
_ASKED = re.compile(
    r"(?<!error )(?<!exit )(?<!status )(?<!return )(?<!zip )(?<!response )\b(?i:code|otp|pin)\b[^\n]{0,60}\?\n"
    rf"(?:[^\n:>]{{1,40}}(?::\d\d)?[:>] )?(?i:it'?s |is )?{_DIGITS}[ \t]*(?=\n|\Z)"
)
_HEAD = re.compile(
    r"(?i:(?:verification|security|log-?in|sign-?in|one-?time|authentication|confirmation|access|otp|2fa|mfa|sms"
    r"|device|(?:two|multi)-?factor|\d-digit)"
    r" (?:pass)?codes?|one-?time (?:password|pin|passcode)|passcode|\b(?:T?OTP)\b)"
    r"(?!\w)"
)
_HEADS = (
    *("verif", "secur", "login", "log-in", "sign", "one", "auth", "confirm", "access", "otp", "totp", "2fa", "mfa"),
    *("sms", "device", "two", "multi", "passcode", *(f"{digits}-digit" for digits in range(4, 9))),
)
_THEN = re.compile(
    r"(?:(?<![\w-])(?i:use|enter|type|is|are|code|otp|pin|reply|tried|try|got|sent|entered|gave|received)[ :]{1,3}"
    r"(?i:the |this |code |otp |it )?|(?i:code|otp|pin)[\"']?[:=]|(?<!port):[ ]|→[ ]?)[\"'`*]{0,2}"
    rf"{_DIGITS}(?![\w:/-]|\.\d|[ ]"
    r"(?i:min|sec|hour|day|times?|attempts?|users?|ms|digits?|characters?|bytes|requests?)\b)"
    rf"|\n[ \t>*]{{0,12}}(?P<alone>\d{{3}}[ -]\d{{3}}|\d{{6}}|\d{{8}})[* \t]*(?=\n|\Z)"
)
_NEEDS = ("code", "otp", "one-time", "one time", "pin ", "pin:", "pin=", "tan ")
_REACH = 260
"""Characters of a mail between what it calls a code and the code."""


def code_secrets(text: str, lowered: str) -> Iterator[Found]:
    """Numbers that a text calls codes, or says to enter."""
    if " from " in text:
        yield from (_found(one) for one in _PHONED.finditer(text))
    if not any(word in lowered for word in _NEEDS):
        return
    for number in matches(_TOLD, ("otp", "pin", "tan", "code", "passcode", "your "), text, lowered):
        yield _found(number)
    for one in matches(_ENTERED, ("enter", "type ", "use", "with ", "sen", "gave ", "try "), text, lowered):
        yield _found(one)
    yield from (_found(one) for one in matches(_ASKED, ("code", "otp", "pin"), text, lowered))
    if " is " in text:
        yield from (_found(one) for one in _CALLED.finditer(text))
    for head in matches(_HEAD, _HEADS, text, lowered):
        if then := _THEN.search(text, head.end(), head.end() + _REACH):
            yield _found(then, "secret" if then["secret"] else "alone")


def _found(number: re.Match[str], group: str = "secret") -> Found:
    return Found(*number.span(group), "password")
