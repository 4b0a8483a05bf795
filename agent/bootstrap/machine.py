"""What does the machine itself provide? The clock, ids, chance, and the lock on the data folder."""

import asyncio
import fcntl
import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from agent.domain.errors import ConfigurationError, DataFolderInUse
from agent.telemetry import Log

log = Log(__name__)

STARTING = timedelta(seconds=10)
"""How long another process may take for what processes do one at a time as they start."""
LOOK_AGAIN = 0.05
"""Seconds."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: sorts as the numbers do, and has no letters that look alike."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


def sortable_id(prefix: str) -> str:
    """`inc-06f1w5m9k7c4...`: 45 bits of milliseconds, so that ids sort by time, and 50 of chance."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    # An id is no secret, and the system's own chance costs a quarter of the intake.
    return f"{prefix}-{_base32(milliseconds, 9)}{_base32(random.getrandbits(50), 10)}"


@contextmanager
def data_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """The folder, made if need be, and ours alone until the end; `shared` with others that share it.

    DataFolderInUse when another process has it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (path / "lock").open("w")
    except OSError as error:
        raise ConfigurationError(f"The data folder {path} cannot be written: {error.strerror}.") from error
    with lock:
        if not _locked(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            raise DataFolderInUse(
                f"Another incident-agent is running on the data folder {path}; stop it, or set AGENT_DATA to another."
            )
        yield path


@contextmanager
def own_folder(shared: Path) -> Iterator[Path]:
    """A folder in the shared one that is this process's alone until the end: the first one that is free."""
    for number in itertools.count(1):
        path = shared / f"process-{number}"
        path.mkdir(mode=0o700, exist_ok=True)
        with (path / "lock").open("w") as lock:
            if _locked(lock, fcntl.LOCK_EX):
                yield path
                return


@contextmanager
def one_at_a_time(folder: Path, longest: timedelta = STARTING) -> Iterator[None]:
    """Whoever else does this on the folder waits, but no longer than that: a process may be stopped in the middle."""
    with (folder / "opening.lock").open("w") as lock:
        give_up = time.monotonic() + longest.total_seconds()
        while not _locked(lock, fcntl.LOCK_EX):
            if time.monotonic() > give_up:
                log.warning("another process has been starting on the data folder for long; it is not waited for")
                break
            time.sleep(LOOK_AGAIN)
        yield


def _locked(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
