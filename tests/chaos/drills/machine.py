"""What if the machine fails: its disk, its memory, its processor, its file descriptors?

Mounts are made in a mount namespace of the try's own process, and are gone with it.
"""

import ctypes
import json
import os
import resource
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random

from tests.chaos import syncs
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried, broken
from tests.chaos.check import Found
from tests.chaos.life import BODY, KEYS, Run
from tests.chaos.points import Points
from tests.chaos.server import Deaths, Ground, _kill, _log, _serve, forked, lived, receipts

_NEW_NAMES, _PRIVATE = 0x00020000, 1 << 18 | 1 << 14
MEGABYTE = 1 << 20
ROOM = 8
"""Megabytes of the small disk."""
CYCLES = 3
"""Times that the disk is filled in one try."""
PATIENCE = 60.0
SMALLEST, LARGEST = 6, 40
"""Megabytes that a life may take beyond what it shares with the fork server."""
SYNCS = 28
"""Of its writer, about, in one incident."""
GROUPS = Path("/sys/fs/cgroup")


def mounts() -> str:
    """Why there are none here; empty when there are."""
    with tempfile.TemporaryDirectory() as name:
        try:
            apart(partial(_mounted, Path(name), 1))
        except RuntimeError as error:
            return str(error).strip().splitlines()[-1]
    return ""


def group(controller: str) -> Callable[[], str]:
    """The probe of that control group, of the first version."""

    def probe() -> str:
        folder = GROUPS / controller / f"chaos-{os.getpid()}"
        try:
            folder.mkdir()
            folder.rmdir()
        except OSError as error:
            return str(error)
        return ""

    return probe


def full_disk(ground: Ground, seed: int, _: Known) -> Tried:
    """The disk of the record fills up under the web side, and has room again."""
    with ground.run(f"full-{seed}", web=True) as run:
        return apart(lambda: _fill_up(run, Random(f"full:{seed}")))


def full_anchors(ground: Ground, seed: int, _: Known) -> Tried:
    """The volume of the journal's anchors alone is full: nothing may be done in the world."""
    with ground.run(f"anchors-{seed}") as run:
        return apart(lambda: _without_anchors(run))


def out_of_files(ground: Ground, seed: int, _: Known) -> Tried:
    """The web side has no file descriptor left, and gets some again."""
    with ground.run(f"files-{seed}", web=True) as run:
        return apart(lambda: _without_files(run))


def out_of_memory(ground: Ground, seed: int, known: Known) -> Tried:
    chance = Random(f"memory:{seed}")
    most = chance.randint(SMALLEST, LARGEST) * MEGABYTE
    limits = {"memory.limit_in_bytes": most}
    return _in_a_group(ground, f"forgets-memory-{seed}", "memory", limits)


def starved(ground: Ground, seed: int, known: Known) -> Tried:
    """A tenth of a processor."""
    return _in_a_group(ground, f"forgets-cpu-{seed}", "cpu", {"cpu.cfs_period_us": 20_000, "cpu.cfs_quota_us": 2_000})


def _in_a_group(ground: Ground, token: str, controller: str, limits: dict[str, int]) -> Tried:
    folder = GROUPS / controller / f"chaos-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    try:
        for name, value in limits.items():
            (folder / name).write_text(str(value))
        with ground.run(token, group=str(folder / "cgroup.procs")) as run:
            outcome = lived(run, Deaths())
    finally:
        _removed(folder)
    return Tried(max(1, outcome.kills), outcome.found, outcome.effects, outcome.recovered, outcome.kills)


def failing_sync(ground: Ground, seed: int, _: Known) -> Tried:
    """One sync of the record fails with EIO, at every place in turn."""
    with ground.run(f"forgets-sync-{seed}", fails_sync=1 + seed % SYNCS) as run:
        outcome = lived(run, Deaths())
        return Tried(syncs.failed(run), outcome.found, outcome.effects, outcome.recovered, outcome.kills)


def _fill_up(run: Run, chance: Random) -> Tried:
    data = Path(run.folder) / "data"
    with _small_disk(data, ROOM):
        with serving(run) as (port, _child):
            acked, refused, healed = [], 0, []
            for cycle in range(CYCLES):
                filler = data / "filler"
                acked += _posted(run, port, f"before-{cycle}", chance.randint(1, 3))
                _fill(filler)
                answers = [_post(run, port, f"full-{cycle}-{number}") for number in range(4)]
                refused += sum(status != 202 for status, _ in answers)
                acked += [receipt for status, receipt in answers if status == 202]
                filler.unlink()
                began = time.monotonic()
                acked += _posted(run, port, f"after-{cycle}", 1)
                healed.append(time.monotonic() - began)
        lost = receipts(run, acked)
    told = "" if refused else "a full disk refused nothing"
    return Tried(CYCLES, Found(tuple(lost), (), broken(told).broken), len(acked), healed)


def _without_anchors(run: Run) -> Tried:
    disk = Path(run.folder) / "anchors"
    disk.mkdir()
    _mounted(disk, 1)
    _fill(disk / "filler")
    outcome = lived(replace(run, anchors=str(disk / "journal.anchors")), Deaths())
    told = f"{outcome.effects} effects while no anchor could be written" if outcome.effects else ""
    found = outcome.found
    return Tried(1, Found(found.lost, found.duplicates, (*found.broken, *broken(told).broken)), outcome.effects)


def _without_files(run: Run) -> Tried:
    with serving(run) as (port, child):
        acked = _posted(run, port, "before", 1)
        open_files = sum(1 for _ in Path(f"/proc/{child}/fd").iterdir())
        before = resource.prlimit(child, resource.RLIMIT_NOFILE)
        resource.prlimit(child, resource.RLIMIT_NOFILE, (open_files + 2, before[1]))
        idle = [_connected(port) for _ in range(20)]
        status, receipt = _post(run, port, "without", patience=0.5)
        acked += [receipt] if status == 202 else []
        for one in idle:
            one.close()
        resource.prlimit(child, resource.RLIMIT_NOFILE, before)
        began = time.monotonic()
        acked += _posted(run, port, "after", 2)
        healed = time.monotonic() - began
    return Tried(1, Found(tuple(receipts(run, acked)), (), ()), len(acked), [healed])


@contextmanager
def serving(run: Run) -> Iterator[tuple[int, int]]:
    """(its port, its process)."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        child = forked(partial(_serve, run, 0, Points(), listening), _log(run, 0))
        try:
            yield int(listening.getsockname()[1]), child
        finally:
            _kill(child)


def _posted(run: Run, port: int, name: str, times: int) -> list[str]:
    """Receipts; each is tried for until it is given. RuntimeError when none is."""
    given: list[str] = []
    give_up = time.monotonic() + PATIENCE
    while len(given) < times:
        status, receipt = _post(run, port, f"{name}-{len(given)}")
        if status == 202:
            given.append(receipt)
        elif time.monotonic() > give_up:
            raise RuntimeError(f"no 2xx within {PATIENCE} s, the last answer was {status}: {_log(run, 0).read_text()}")
        else:
            time.sleep(0.05)
    return given


def _post(run: Run, port: int, name: str, patience: float = 30) -> tuple[int, str]:
    """(the answer's status, or 0 without one; the receipt)."""
    token = json.loads(Path(run.folder, KEYS).read_text())["sender"]
    body = json.loads(BODY)
    body["alerts"][0]["labels"]["instance"] = name
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("POST", "/webhooks/alertmanager", json.dumps(body), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read() or b"{}")
        return answer.status, str(told.get("receipt", ""))
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """The folder's content on a disk of its own, and what became of it in the folder afterwards."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir(mode=0o700)
    _mounted(folder, megabytes)
    shutil.copytree(aside, folder, dirs_exist_ok=True)
    yield


def _mounted(folder: Path, megabytes: int) -> None:
    """A file system in memory, that this process and its children alone see."""
    own_mounts()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={megabytes}m".encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def own_mounts() -> None:
    """What this process and its children mount is seen by them alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NAMES) or libc.mount(b"none", b"/", None, _PRIVATE, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(4096)):
            pass


def _removed(folder: Path) -> None:
    """As soon as the last process of it is gone."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.02)
        else:
            return
