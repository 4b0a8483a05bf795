"""How is a recorded file read, packed (`.xz`) or not?  What is wrong with it is said with its path."""

import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from tools.base import BackendError


@contextmanager
def unpacked(path: Path, errors: Literal["strict", "replace"] = "strict") -> Iterator[IO[str]]:
    """Its lines. BackendError when it is not there, cut off, no UTF-8, or no JSON for who reads it.

    `errors`: what becomes of bytes that are no UTF-8.
    """
    opened = lzma.open if path.suffix == ".xz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", errors=errors) as lines:
            yield lines
    except (OSError, EOFError, ValueError, RecursionError, lzma.LZMAError) as error:
        raise BackendError(f"{path}: cannot be read: {error}") from error
