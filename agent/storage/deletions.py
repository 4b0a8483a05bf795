"""Who asked to be deleted?  A list beside the database, so that an older backup does not bring them back.

Each line is sealed with a key that is not in the file: the list itself tells nobody's name.
"""

import os
from pathlib import Path

from agent.domain.errors import ConfigurationError
from agent.storage.sealing import opened, seal


class Deletions:
    """`key` is derived for the purpose `deletions`; `former`, from the root secret before, opens what it sealed."""

    def __init__(self, path: Path, key: bytes, former: bytes | None = None) -> None:
        self._path = path
        self._key = key
        self._former = former

    def names(self) -> list[str]:
        """Everybody on it, the oldest first, each once. ConfigurationError when it cannot be read."""
        try:
            # The last line may be half of one, of a request that a full disk has refused.
            *lines, _ = self._path.read_text(encoding="ascii").split("\n") if self._path.exists() else [""]
            return list(dict.fromkeys(self._opened(line) for line in lines if line))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{self._path} cannot be read, or was written with another AGENT_SECRET_KEY: restore it. Without it, "
                "people who asked to be deleted could come back with a backup."
            ) from error

    def add(self, name: str) -> None:
        """On the disk when this returns."""
        if name in self.names():
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._append(self._path, name)

    def seal_anew(self) -> None:
        """Every line with the present key."""
        if names := self.names():
            draft = self._path.with_name(f"{self._path.name}.new")
            draft.unlink(missing_ok=True)
            for name in names:
                self._append(draft, name)
            draft.replace(self._path)

    def _append(self, path: Path, name: str) -> None:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+b") as file:
            file.seek(0)
            if not (there := file.read()).endswith(b"\n"):
                file.truncate(there.rfind(b"\n") + 1)
            file.write(f"{seal(self._key, name)}\n".encode())
            file.flush()
            os.fsync(file.fileno())

    def _opened(self, line: str) -> str:
        try:
            return opened(self._key, line)
        except ValueError:
            if self._former is None:
                raise
            return opened(self._former, line)
