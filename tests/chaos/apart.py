"""How is something tried that threads, mounts or limits must not outlive?  In a child, which hands its finding back."""

import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.chaos.server import _ended, forked

T = TypeVar("T")


def apart(what: Callable[[], T]) -> T:
    """What it returns, in a process of its own. RuntimeError with what the child said when it failed."""
    with tempfile.TemporaryDirectory(prefix="apart-") as name:
        answer, log = Path(name) / "answer", Path(name) / "log"
        if ended := _ended(forked(lambda: _answered(what, answer), log), None):
            raise RuntimeError(f"{ended}: {log.read_text()}")
        found: T = pickle.loads(answer.read_bytes())
        return found


def _answered(what: Callable[[], T], answer: Path) -> None:
    os.setpgid(0, 0)
    answer.write_bytes(pickle.dumps(what()))
