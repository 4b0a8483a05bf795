"""Runs one program and ends it when our standard input closes, so that nothing outlives the lab that started it.

Started as `python -I leash.py PROGRAM ARGUMENTS...`; needs nothing but the standard library, to be small and quick.
"""

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 5.0


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()


def _wait_for_owner(child: "subprocess.Popen[bytes]") -> None:
    # Not through sys.stdin: this thread would hold its lock when the program ends first, and break our own end.
    while os.read(0, 1024):
        pass
    _end(child)


def main(command: list[str]) -> int:
    """The program's exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 (the lab's own argument list)
    signal.signal(signal.SIGTERM, lambda *_: _end(child))
    threading.Thread(target=_wait_for_owner, args=(child,), daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
