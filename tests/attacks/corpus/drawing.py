"""What everything else draws from: random strings, times and the passwords that people choose."""

import base64
import json
import random
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tests.attacks.corpus.words import COMMON, NAMES, SERVICES

T = TypeVar("T")

HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
ALNUM = string.ascii_letters + string.digits
BASE64URL = ALNUM + "-_"
BASE32 = string.ascii_uppercase + "234567"
SYMBOLS = "!#$%*+-=?@^_~"

LEET = str.maketrans({"a": "@", "o": "0", "i": "1", "e": "3", "s": "$"})
WALKS = ("qwerty", "1q2w3e4r", "asdfgh", "zaq12wsx", "qazwsx", "q1w2e3")


@dataclass(frozen=True)
class Sample:
    """One text with the exact substrings of it that grant access to something; none in clean text."""

    kind: str
    context: str
    text: str
    secrets: tuple[str, ...]


class Draw:
    """Draws values from a seeded source."""

    def __init__(self, source: random.Random) -> None:
        """Draw from `source` only, so that a seed settles everything."""
        self.source = source

    def one(self, of: Sequence[T]) -> T:
        """Draw one of several."""
        return self.source.choice(of)

    def number(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return self.source.randint(low, high)

    def chance(self, share: float) -> bool:
        """Say yes in a share of cases."""
        return self.source.random() < share

    def text(self, alphabet: str, length: int) -> str:
        """Draw a random string; as issued ones do, a long one has a digit and both cases where it can."""
        for _ in range(50):
            value = "".join(self.source.choices(alphabet, k=length))
            wanted = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
            if length < 12 or all(set(part) & set(value) or not set(part) & set(alphabet) for part in wanted):
                break
        return value

    def uuid(self) -> str:
        """Draw a UUID of version 4."""
        digits = self.text(HEX, 32)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{self.one('89ab')}{digits[17:20]}-{digits[20:]}"

    def base64(self, octets: int) -> str:
        """Draw the base64 of so many random octets."""
        return base64.b64encode(self.source.randbytes(octets)).decode()

    def base64url(self, octets: int) -> str:
        """Draw the unpadded URL-safe base64 of so many random octets."""
        return base64.urlsafe_b64encode(self.source.randbytes(octets)).decode().rstrip("=")

    def moment(self) -> datetime:
        """Draw a time within a year."""
        return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.number(0, 365 * 86_400_000))

    def jwt(self) -> str:
        """Draw a signed JSON web token with a plausible header and claims."""
        header = {"alg": self.one(["RS256", "HS256", "ES256"]), "typ": "JWT"}
        if self.chance(0.5):
            header["kid"] = self.text(HEX, 16)
        until = int(self.moment().timestamp())
        claims = {"iss": f"https://login.{self.one(SERVICES)}.example.com/", "sub": self.uuid(), "exp": until}
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
        coded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
        return ".".join([*coded, self.base64url(self.one([32, 64, 256]))])

    def password(self) -> str:
        """Draw a password as people, or their password managers, choose it."""
        word, other, third = self.source.sample(COMMON, 3)
        name, year = self.one(NAMES), self.number(1969, 2025)
        mark, digits = self.one("!#$*?@"), str(self.number(1, 9999))
        random_one = self.text(ALNUM + SYMBOLS, self.number(12, 24))
        forms: list[str] = [
            f"{word.title()}{year}{mark}",
            f"{word.title()}{mark}{digits}",
            f"{word.title().translate(LEET)}{digits}",
            f"{word}-{other}-{third}",
            f"{word}-{other}-{third}-{digits}",
            f"{word.title()}{other.title()}{digits}",
            f"{name}{self.number(1, 31):02}{self.number(1, 12):02}{year}",
            f"{name.lower()}{digits}{mark}{mark}",
            f"{self.one(WALKS)}{mark}{digits}",
            f"{digits}{word.title()}{mark}{other}",
            f"{self.one(SERVICES).split('-')[0]}{mark}{year}",
            f"{word}{other}{self.number(10, 99)}",
            "".join(part[0] for part in (word, other, third, name)) + mark + digits + word[:3].upper(),
            self.one(ALNUM) + random_one + self.one(ALNUM),
            self.one(ALNUM) + random_one + self.one(ALNUM),
            self.text(ALNUM, self.number(12, 20)),
        ]
        return self.one(forms)
