"""Where do keys come from?  One root secret, from which every other key is derived by its purpose.

HKDF with SHA-256, RFC 5869.
"""

import hmac
import os
import secrets as chance
from hashlib import sha256
from pathlib import Path

from agent.domain.errors import ConfigurationError

LENGTH = 32
_SALT = b"incident-agent/v1"


class Secrets:
    """The root secret; it is never used itself and never leaves this object."""

    def __init__(self, root: bytes) -> None:
        if len(root) < 16:
            raise ConfigurationError("AGENT_SECRET_KEY is too short: it needs at least 16 characters.")
        self._extracted = hmac.new(_SALT, root, sha256).digest()

    def derive(self, purpose: str) -> bytes:
        """The 32 bytes for this purpose: the same each time, and of no use for any other."""
        return hmac.new(self._extracted, purpose.encode() + b"\x01", sha256).digest()


def open_secrets(folder: Path, configured: str = "") -> Secrets:
    """From AGENT_SECRET_KEY, or else from `secret.key` in the data folder: made once, mode 0600."""
    if configured:
        return Secrets(configured.encode())
    path = folder / "secret.key"
    if not path.exists():
        _write_once(path, chance.token_hex(LENGTH))
    return Secrets(path.read_text("ascii").strip().encode())


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and never over what another process wrote meanwhile."""
    draft = path.with_name(f".{path.name}.{chance.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
