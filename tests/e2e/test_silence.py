"""Whom does the agent tell of itself, unasked?  Nobody: no address but this machine's, no file but in its data folder.

The kernel is asked (strace), since libraries with native code connect past every gate of Python's.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.e2e.line import PATIENCE, ROOT

_CONNECTED = re.compile(r"sa_family=AF_INET6?, .*?inet_(?:addr|pton)\((?:AF_INET6, )?\"([^\"]+)\"")
_LOOPBACK = ("127.", "::1")


def test_the_demo_calls_nobody_and_leaves_nothing_at_home(tmp_path: Path) -> None:
    home, trace = tmp_path / "home", tmp_path / "trace.txt"
    home.mkdir()
    _until_it_asks([*_watched(trace), sys.executable, "-m", "agent", "demo"], home)
    called = set(_CONNECTED.findall(trace.read_text())) if trace.exists() else set()
    assert [address for address in called if not address.startswith(_LOOPBACK)] == []
    assert list(home.rglob("*")) == []


def _watched(trace: Path) -> list[str]:
    """Nothing where no process may be traced: then the home alone tells."""
    strace = ["strace", "-f", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none", "-o", str(trace)]
    if (
        not shutil.which("strace")
        or subprocess.run([*strace, "true"], capture_output=True, check=False, timeout=60).returncode
    ):
        return []
    return strace


def _until_it_asks(command: list[str], home: Path) -> None:
    """By then it has looked, remembered and reported. Not as a build machine, where some libraries keep still."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "XDG_CACHE_HOME")}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        overdue = threading.Timer(PATIENCE, os.killpg, (running.pid, signal.SIGKILL))
        overdue.start()
        try:
            assert any("Decide on the page" in line for line in running.stdout)
            os.killpg(running.pid, signal.SIGTERM)
            running.stdout.read()
        finally:
            overdue.cancel()
