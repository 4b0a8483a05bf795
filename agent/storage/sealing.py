"""How is a text kept so that only a key opens it?  AES-256-GCM, with a nonce drawn by chance (NIST SP 800-38D)."""

import secrets
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


def seal(key: bytes, text: str) -> str:
    """In base64."""
    nonce = secrets.token_bytes(_NONCE)
    return b64encode(nonce + _cipher(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), None)).decode()


def opened(key: bytes, sealed: str) -> str:
    """ValueError when it was not sealed with this key, or was changed since."""
    from cryptography.exceptions import InvalidTag

    raw = b64decode(sealed, validate=True)
    try:
        return _cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], None).decode("utf-8", "surrogatepass")
    except InvalidTag as error:
        raise ValueError("sealed with another key") from error


def _cipher(key: bytes) -> "AESGCM":
    # Imported when it is first needed: most commands, and an intake without people in it, never do.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
