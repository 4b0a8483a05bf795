"""What would a power cut leave?  By the kernel's own account: is everything synced before anybody is told of it?

strace tells the order of writes to the record's log, of syncs, and of what others were told: the sender its receipt,
the far end its call. Who is told while a byte of the record is not synced may be told what a power cut takes back.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.farend import FORGETS
from tests.chaos.life import SENDER, told
from tests.chaos.server import Ground

ROOT = Path(__file__).parents[2]
_RECORD = re.compile(r"<[^>]*/agent\.db-wal>")
_CALLS = "trace=pwrite64,write,fsync,fdatasync,sendto,sendmsg"


@dataclass(frozen=True)
class Moments:
    """How often somebody was told, and of which of them what they were told was not on the disk yet."""

    told: int
    early: tuple[str, ...]


def probe() -> str:
    """Why it cannot be tried here; empty when it can."""
    if not (program := shutil.which("strace")):
        return "strace is not installed"
    ran = subprocess.run([program, "-f", "-e", _CALLS, "true"], capture_output=True, text=True, check=False, timeout=60)
    return "" if ran.returncode == 0 else f"strace: {ran.stderr.strip()[-200:]}"


def watched(ground: Ground, planted: str = "") -> Moments:
    """One life under strace, from alert to action."""
    with ground.run(f"{FORGETS}-{time.monotonic_ns()}", planted=planted) as run:
        trace = Path(run.folder) / "strace.txt"
        life = [sys.executable, "-m", "tests.chaos.life", told(run, 0)]
        strace = ["strace", "-f", "-y", "-s", "64", "-e", _CALLS, "-e", "signal=none", "-o", str(trace)]
        subprocess.run([*strace, *life], cwd=ROOT, check=True, stderr=subprocess.DEVNULL, timeout=240)
        return judged(trace.read_text("utf-8", "replace").splitlines())


def judged(trace: Iterable[str]) -> Moments:
    moments = list(_moments(trace))
    return Moments(len(moments), tuple(what for what, synced in moments if not synced))


def _moments(trace: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """(who was told, whether the record was synced then)."""
    synced, syncing = True, set[str]()
    for line in trace:
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.startswith("pwrite64(") and _RECORD.search(call):
            synced = False
        elif call.startswith(("fsync(", "fdatasync(")) and _RECORD.search(call):
            if "<unfinished" in call:
                syncing.add(thread)
            else:
                synced = True
        elif re.match(r"<\.\.\. (fsync|fdatasync) resumed", call) and thread in syncing:
            syncing.remove(thread)
            synced = True
        elif call.startswith("write(") and f"/{SENDER}>" in call:
            yield "the sender was given its receipt", synced
        elif call.startswith(("sendto(", "sendmsg(")) and '"POST /services/' in call:
            yield "the far end was called", synced
