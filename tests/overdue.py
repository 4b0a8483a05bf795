"""How long is it waited for what a process says, or for its end? Not for ever: then it is killed, which ends both."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 150.0
"""Seconds; what is waited for takes a few."""


@contextmanager
def killed_when_overdue(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> Iterator[None]:
    """Whatever the block waits for of this process comes to an end, and so does the process when the block fails."""
    overdue = threading.Timer(PATIENCE, process.kill)
    overdue.daemon = True
    overdue.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        overdue.cancel()
