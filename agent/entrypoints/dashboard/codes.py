"""How does the operator of this machine sign in without pasting a key?  With an address that works once."""

import secrets as chance
from datetime import datetime, timedelta
from hashlib import sha256
from weakref import WeakKeyDictionary

from agent.bootstrap import Application
from agent.identity.keys import Keys

VALID_FOR = timedelta(minutes=15)


class Codes:
    """Those that wait to be used; kept in memory alone, and only as their SHA-256."""

    def __init__(self) -> None:
        self._until: dict[bytes, datetime] = {}

    def mint(self, now: datetime) -> str:
        """128 bits of chance, in hexadecimal."""
        self._until = {known: until for known, until in self._until.items() if now < until}
        code = chance.token_hex(16)
        self._until[_digest(code)] = now + VALID_FOR
        return code

    def redeem(self, code: str, now: datetime) -> bool:
        """Is it good?  From now on it is not."""
        until = self._until.pop(_digest(code), None)
        return until is not None and now < until


def one_time_code(application: Application) -> str:
    """For `/enter/{code}`: signs the local operator in, once, within 15 minutes, from this machine."""
    return codes_of(application).mint(application.clock.now())


def codes_of(application: Application) -> Codes:
    return _codes.setdefault(application.identity.keys, Codes())


# The application is a frozen value and has no place for them; they live as long as its keys.
_codes: WeakKeyDictionary[Keys, Codes] = WeakKeyDictionary()


def _digest(code: str) -> bytes:
    return sha256(code.encode("utf-8", "surrogatepass")).digest()
