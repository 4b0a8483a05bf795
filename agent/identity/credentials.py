"""Which key did a request carry?  In the Authorization header and nowhere else."""

import base64
import binascii
import re
from collections.abc import Sequence
from urllib.parse import unquote

from agent.domain.errors import Unauthenticated

KEY = re.compile(r"ia_(?P<id>[0-9a-f]{16})_(?P<secret>[A-Za-z0-9_-]{43})")
"""`ia_`, the id, and 256 bits of chance."""

_LONGEST = 4096
_IN_URL = re.compile(r"ia_[0-9a-f]{16}_")


def presented(authorization: Sequence[str], target: str) -> str:
    """The key of a request: its Authorization headers, and its path with the query as they came.

    `Bearer <key>`, or basic auth with the key as password and any user, as Alertmanager sends it. Unauthenticated
    when there is none, or more than one header, or when a key is in the address: addresses are logged everywhere.
    """
    if key_in(target):
        raise Unauthenticated("A key was sent in the address, where logs keep it. Revoke it, and send a header.")
    if len(authorization) != 1 or len(authorization[0]) > _LONGEST:
        raise Unauthenticated
    scheme, _, value = authorization[0].strip().partition(" ")
    match scheme.casefold(), value.strip():
        case "bearer", key if key:
            return key
        case "basic", credentials:
            return _password(credentials)
        case _:
            raise Unauthenticated


def key_in(target: str) -> bool:
    """Is a key, or the beginning of one, in this address?  Percent signs do not hide it."""
    return _IN_URL.search(unquote(unquote(target))) is not None


def hidden(text: str) -> str:
    """The text with every key cut down to its id: what may be logged."""
    return re.sub(r"(ia_[0-9a-f]{16}_)[A-Za-z0-9_-]+", r"\1...", text)


def _password(value: str) -> str:
    try:
        _, colon, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated from error
    if not colon:
        raise Unauthenticated
    return password
