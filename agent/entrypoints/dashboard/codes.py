"""How does the operator of this machine sign in without pasting a key?  With an address that works once."""

import secrets as chance
from datetime import datetime, timedelta
from hashlib import sha256
from weakref import WeakKeyDictionary

from agent.bootstrap import Application
from agent.domain.clocks import passed
from agent.identity.keys import Keys

VALID_FOR = timedelta(minutes=15)


class Codes:
    """Those that wait to be used; kept in memory alone, and only as their SHA-256."""

    def __init__(self) -> None:
        self._made_at: dict[bytes, datetime] = {}

    def mint(self, now: datetime) -> str:
        """128 bits of chance, in hexadecimal."""
        self._made_at = {known: at for known, at in self._made_at.items() if not passed(at, VALID_FOR, now)}
        code = chance.token_hex(16)
        self._made_at[_digest(code)] = now
        return code

    def redeem(self, code: str, now: datetime) -> bool:
        """Is it good?  From now on it is not."""
        return not passed(self._made_at.pop(_digest(code), None), VALID_FOR, now)


def one_time_code(application: Application) -> str:
    """For `/enter/{code}`: signs the local operator in, once, within 15 minutes, from this machine."""
    return codes_of(application).mint(application.clock.now())


def codes_of(application: Application) -> Codes:
    return _codes.setdefault(application.identity.keys, Codes())


# The application is a frozen value and has no place for them; they live as long as its keys.
_codes: WeakKeyDictionary[Keys, Codes] = WeakKeyDictionary()


def _digest(code: str) -> bytes:
    return sha256(code.encode("utf-8", "surrogatepass")).digest()
