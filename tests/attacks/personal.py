"""Whose data is that?  Made-up addresses, cards and accounts of people, by the standards that say how they look."""

from collections.abc import Callable
from random import Random
from string import ascii_lowercase, digits

IBAN_LENGTHS = {"DE": 22, "FR": 27, "GB": 22, "NL": 18, "ES": 24, "IT": 27, "CH": 21, "AT": 20, "BE": 16, "PL": 28}
"""ISO 13616."""
CARDS = {"4": 16, "51": 16, "55": 16, "2221": 16, "34": 15, "37": 15, "6011": 16, "36": 14, "3528": 16}
"""ISO/IEC 7812: first digits of an issuer, and how many there are in all."""


def _some(chance: Random, letters: str, length: int) -> str:
    return "".join(chance.choices(letters, k=length))


def _card(chance: Random) -> str:
    first = chance.choice(list(CARDS))
    body = first + _some(chance, digits, CARDS[first] - len(first) - 1)
    doubled = [int(one) * 2 for one in body[::-2]]
    total = sum(one - 9 * (one > 9) for one in doubled) + sum(int(one) for one in body[-2::-2])
    return body + str(-total % 10)


def _grouped_card(chance: Random) -> str:
    while len(card := _card(chance)) != 16:
        pass
    return chance.choice((" ", "-")).join(card[at : at + 4] for at in range(0, 16, 4))


def _iban(chance: Random) -> str:
    country = chance.choice(list(IBAN_LENGTHS))
    account = _some(chance, digits, IBAN_LENGTHS[country] - 4)
    letters = "".join(str(ord(letter) - 55) for letter in country)
    return f"{country}{98 - int(account + letters + '00') % 97:02}{account}"


def _grouped_iban(chance: Random) -> str:
    iban = _iban(chance)
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _email(chance: Random) -> str:
    first, last = _some(chance, ascii_lowercase, 5), _some(chance, ascii_lowercase, 7)
    user = chance.choice((f"{first}.{last}", f"{first}+shop", f"{first}_{last}", f"{first}-{last}1"))
    return f"{user}@{chance.choice(('mail', 'shop-1', 'a.b'))}.{chance.choice(('example', 'org', 'co.uk', 'museum'))}"


PERSONAL: dict[str, Callable[[Random], str]] = {
    "email address": _email,
    "payment card": _card,
    "payment card in groups": _grouped_card,
    "iban": _iban,
    "iban in groups": _grouped_iban,
    "ipv4 address": lambda chance: ".".join(str(chance.randint(11, 223)) for _ in range(4)),
    "ipv6 address": lambda chance: ":".join(["2001", "db8", *(f"{chance.randint(4096, 65535):x}" for _ in range(6))]),
    "short ipv6 address": lambda chance: f"2001:db8::{chance.randint(1, 65535):x}:{chance.randint(1, 65535):x}",
}
