"""How is a secret kept in a file?  Mode 0600, whole or not at all, and refused when others could have read it."""

import os
import secrets as chance
import stat
from pathlib import Path

from agent.domain.errors import ConfigurationError


def write_once(path: Path, text: str) -> None:
    """On disk when this returns, unless another process was faster: then theirs stays."""
    draft = _draft(path, text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync(path.parent)


def write_over(path: Path, text: str) -> None:
    """On disk when this returns, in the place of what was there."""
    _draft(path, text).replace(path)
    _sync(path.parent)


def remove(path: Path) -> None:
    """Gone when this returns, whether or not it was there."""
    path.unlink(missing_ok=True)


def read(path: Path) -> str:
    """Its text without blanks at the ends. ConfigurationError when anyone else may read or write it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, encoding="ascii", errors="replace") as file:
            mode = os.fstat(handle).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise ConfigurationError(f"{path} can be read by others: run `chmod 600 {path}`, or replace it.")
            return file.read(1024).strip()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{chance.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
