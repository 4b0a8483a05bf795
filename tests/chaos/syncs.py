"""What if the disk does not take what was written?  strace lets one sync of the record fail, as a dying disk does."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select

from tests.chaos.life import Run

SYNCS = "fsync,fdatasync"
PATIENCE = 60.0
"""Seconds strace may take to attach itself, which takes it milliseconds."""


def probe() -> str:
    """Why it cannot be tried here; empty when it can."""
    if not (program := shutil.which("strace")):
        return "strace is not installed"
    inject = ["-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:error=EIO:when=1"]
    ran = subprocess.run([program, "-f", *inject, "true"], capture_output=True, text=True, check=False, timeout=60)
    return "" if ran.returncode == 0 else f"strace: {ran.stderr.strip()[-200:]}"


@contextmanager
def failing(child: int, run: Run) -> Iterator[None]:
    """Of the child, which has stopped itself, that sync fails, and it goes on."""
    os.waitpid(child, os.WUNTRACED)
    log = Path(run.folder) / "data" / "agent.db-wal"
    log.touch()
    inject = ["-P", str(log), "-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:error=EIO:when={run.fails_sync}"]
    command = ["strace", "-f", "-p", str(child), "-o", str(_trace(run)), *inject]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as strace:
        try:
            if not _watches(strace):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise RuntimeError("strace did not attach itself")
            os.kill(child, signal.SIGCONT)
            yield
        finally:
            strace.kill()


def _watches(strace: "subprocess.Popen[bytes]") -> bool:
    """It says so once it does: "Process ... attached"."""
    assert strace.stderr is not None
    said, _, _ = select([strace.stderr], [], [], PATIENCE)
    return bool(said) and b"attached" in strace.stderr.readline()


def failed(run: Run) -> int:
    """How many did."""
    return _trace(run).read_text().count("(INJECTED)")


def _trace(run: Run) -> Path:
    return Path(run.folder) / "strace.txt"
