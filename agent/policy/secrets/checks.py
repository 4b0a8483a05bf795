"""Is it really one?  What looks like a secret is checked by its digits, its letters and what it is not."""

import ipaddress
import re
from itertools import pairwise


def luhn(number: str) -> bool:
    """The check digit of a payment card (ISO/IEC 7812-1)."""
    digits = [int(char) for char in number if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


_CARD = re.compile(
    r"4\d{12}(?:\d{3})?(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|62\d{14,17}"
)


def card(number: str) -> bool:
    """A number that a card network issues: its prefix, its length and its check digit."""
    compact = re.sub(r"[ -]", "", number)
    return _CARD.fullmatch(compact) is not None and luhn(compact)


def iban(number: str) -> bool:
    """The check digits of an IBAN (ISO 13616, ISO 7064 MOD 97-10)."""
    compact = number.replace(" ", "")
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def address(text: str) -> bool:
    """An IP address of somebody: not loopback, unspecified or broadcast, which say nothing of anyone."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified or text == "255.255.255.255")


def compressed(text: str) -> bool:
    """An IPv6 address with a gap, and with a digit: `abc::def` is more likely a name in a program."""
    return "::" in text and any(char.isdigit() for char in text) and address(text)


def by_chance(text: str, share: float = 0.4) -> bool:
    """Whether its letters look drawn: capitals, small letters and digits follow each other as chance would have it.

    Of letters drawn from all 62, six in ten neighbours are of different kinds; in CamelCase it is about three.
    """
    kinds = [_kind(char) for char in text if char.isalnum()]
    changes = sum(one != other for one, other in pairwise(kinds))
    return len(set(kinds)) > 1 and changes >= share * (len(kinds) - 1)


def drawn(word: str) -> bool:
    """Whether a part of it is long and was drawn: all three kinds of letters, in no order, and hardly a word in it.

    Of one case and digits it must be longer, and not in hexadecimal: ids of traces and commits are.
    """
    return any(_drawn(part) for part in {*_PARTS.split(word), *_PIECES.split(word)} if len(part) >= _LONG)


def _drawn(part: str) -> bool:
    if not _DIGIT.search(part):
        return False
    if _CAPITAL.search(part) and _SMALL.search(part):
        return by_chance(part) and sum(map(len, _WORDS.findall(part))) < len(part) / 4
    return len(part) >= _LONGER and part.isalnum() and not _HEX.fullmatch(part) and by_chance(part, 0.25)


def _kind(char: str) -> str:
    return "0" if char.isdigit() else "A" if char.isupper() else "a"


_LONG, _LONGER = 20, 30
_DIGIT, _CAPITAL, _SMALL = re.compile(r"\d"), re.compile(r"[A-Z]"), re.compile(r"[a-z]")
_HEX = re.compile(r"[0-9a-fA-F]+")
_PIECES = re.compile(r"[^A-Za-z0-9]+")
_WORDS = re.compile(r"[a-z]{4,}")
_PARTS = re.compile(r"[^A-Za-z0-9_-]+")


def mixed(value: str) -> bool:
    """Whether there is a digit in it, or capitals in the midst: a name in words has neither."""
    return any(char.isdigit() for char in value) or any(one.islower() and two.isupper() for one, two in pairwise(value))
