"""Where do keys come from?  One root secret, from which every other key is derived by its purpose.

HKDF with SHA-256, RFC 5869.
"""

import hmac
import re
import secrets as chance
from hashlib import sha256
from pathlib import Path
from typing import Literal

from agent.domain.errors import ConfigurationError
from agent.identity import files

LENGTH = 32
"""Bytes of the root secret when it is made here, and of every key derived from it."""
Purpose = Literal[
    "journal", "checkpoints", "pseudonyms", "keys", "sessions", "approval links", "deletions", "deliveries"
]

FILE = "secret.key"
BEFORE = "secret.key.before"
_SALT = b"incident-agent/v1"
_SHORTEST = 32
_FEWEST = 8


class Secrets:
    """The root secret; it is never used itself and never leaves this object."""

    def __init__(self, root: bytes, before: "Secrets | None" = None) -> None:
        """`before`: the root secret that this one replaces; what was sealed with it is still read.

        ConfigurationError when it is too short, or too plain to have been drawn by chance.
        """
        if len(root) < _SHORTEST:
            raise ConfigurationError(
                f"AGENT_SECRET_KEY is too short: it needs at least {_SHORTEST} characters, "
                'such as `python -c "import secrets; print(secrets.token_hex(32))"` prints.'
            )
        if len(set(root)) < _FEWEST:
            raise ConfigurationError(f"AGENT_SECRET_KEY has fewer than {_FEWEST} different characters; draw a new one.")
        self._root = root
        self._before = before

    def derive(self, purpose: Purpose, generation: int = 1) -> bytes:
        """The 32 bytes for this purpose: the same each time, and of no use for any other.

        The next `generation` gives another key for the same purpose, for when one has to be replaced.
        """
        info = purpose if generation == 1 else f"{purpose}/{generation}"
        return hkdf(self._root, salt=_SALT, info=info.encode())

    def former(self, purpose: Purpose) -> bytes | None:
        """The same of the root secret before this one; None when there is none."""
        return self._before.derive(purpose) if self._before else None

    def __repr__(self) -> str:
        return "Secrets(...)"


def open_secrets(folder: Path, configured: str = "", before: str = "") -> Secrets:
    """From AGENT_SECRET_KEY, or else from `secret.key` in the data folder: made once, mode 0600.

    `before` is AGENT_SECRET_KEY_BEFORE; without it, `secret.key.before` counts where `secret.key` does.
    ConfigurationError when the file is damaged or others may read it. It is never made anew by itself: everything
    that was signed or put under a pseudonym with the old one would be lost.
    """
    if configured:
        return Secrets(configured.encode(), Secrets(before.encode()) if before else None)
    path, replaced = folder / FILE, folder / BEFORE
    if not path.exists():
        files.write_once(path, chance.token_hex(LENGTH))
    return Secrets(_read(path), Secrets(_read(replaced)) if replaced.exists() else None)


def replace_file(folder: Path) -> None:
    """A new `secret.key`; the present one becomes `secret.key.before`. Cut off, or called again, it changes no more."""
    path, replaced = folder / FILE, folder / BEFORE
    if not replaced.exists():
        files.write_once(replaced, _read(path).decode())
    if _read(path) == _read(replaced):
        files.write_over(path, chance.token_hex(LENGTH))


def forget_file(folder: Path) -> None:
    """What was sealed with the root secret before this one is refused from now on."""
    files.remove(folder / BEFORE)


def _read(path: Path) -> bytes:
    text = files.read(path)
    if not re.fullmatch(f"[0-9a-f]{{{2 * LENGTH}}}", text):
        raise ConfigurationError(f"{path} is damaged: it should hold {2 * LENGTH} hexadecimal digits. Restore it.")
    return text.encode()


def hkdf(root: bytes, *, salt: bytes, info: bytes, length: int = LENGTH) -> bytes:
    """Extract, then expand to `length` bytes, at most 255 times 32."""
    extracted = hmac.new(salt or bytes(sha256().digest_size), root, sha256).digest()
    block, derived = b"", b""
    for count in range(1, -(-length // sha256().digest_size) + 1):
        block = hmac.new(extracted, block + info + bytes([count]), sha256).digest()
        derived += block
    return derived[:length]
