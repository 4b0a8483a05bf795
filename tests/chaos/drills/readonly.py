"""What if the record's file system stops being written to, as Linux does with one that has an error?

A real ext4, on a loop device, is aborted under open files: whatever is written from then on fails, and what is there
can be read. It is repaired and mounted again for the next start.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from random import Random

from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried, broken
from tests.chaos.check import Found
from tests.chaos.drills.machine import _post, _posted, own_mounts, serving
from tests.chaos.life import Run
from tests.chaos.server import Ground, receipts

MEGABYTES = 24
PROGRAMS = ("mkfs.ext4", "e2fsck", "mount", "umount")


def probe() -> str:
    """Why it cannot be tried here; empty when it can."""
    if missing := [program for program in PROGRAMS if not shutil.which(program)]:
        return f"not installed: {', '.join(missing)}"
    with tempfile.TemporaryDirectory() as name:
        try:
            apart(partial(_aborted_once, Path(name)))
        except RuntimeError as error:
            return str(error).strip().splitlines()[-1]
    return ""


def read_only(ground: Ground, seed: int, _: Known) -> Tried:
    with ground.run(f"readonly-{seed}", web=True) as run:
        return apart(lambda: _read_only(run, Random(f"readonly:{seed}")))


def _read_only(run: Run, chance: Random) -> Tried:
    folder = Path(run.folder) / "data"
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir(mode=0o700)
    own_mounts()
    told = []
    with _disk(folder) as disk:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        _run("sync", "-f", folder)
        with serving(run) as (port, _child):
            acked = _posted(run, port, "before", chance.randint(1, 5))
            disk.abort()
            answers = [_post(run, port, f"while-{number}") for number in range(chance.randint(2, 6))]
            told += [
                f"{len(answers)} posts to a record that cannot be written to: {status}"
                for status, _ in answers
                if status < 500
            ]
            told.append("" if _answers(port, "/livez") == 200 else "it is not alive")
            told.append("" if _answers(port, "/readyz") == 503 else "it says that it is ready")
        disk.repair()
        with serving(run) as (port, _child):
            acked += _posted(run, port, "after", 1)
            told.append("" if _answers(port, "/readyz") == 200 else "repaired, it says that it is not ready")
        lost = receipts(run, acked)
    return Tried(1, Found(tuple(lost), (), broken(*told).broken), len(acked))


def _answers(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


class _Disk:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._image = folder.with_name(f"{folder.name}.ext4")

    def make(self) -> None:
        with self._image.open("wb") as image:
            image.truncate(MEGABYTES << 20)
        _run("mkfs.ext4", "-q", self._image)
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", self._image, self._folder)

    def abort(self) -> None:
        _run("mount", "-o", "remount,abort", self._folder)

    def repair(self) -> None:
        self.unmount()
        # 1: it was repaired.
        _run("e2fsck", "-p", self._image, well=(0, 1))
        self.mount()

    def unmount(self) -> None:
        _run("umount", self._folder)


@contextmanager
def _disk(folder: Path) -> Iterator[_Disk]:
    disk = _Disk(folder)
    disk.make()
    try:
        yield disk
    finally:
        disk.unmount()


def _aborted_once(folder: Path) -> None:
    own_mounts()
    there = folder / "disk"
    there.mkdir()
    with _disk(there) as disk:
        disk.abort()
        disk.repair()


def _run(*command: object, well: tuple[int, ...] = (0,)) -> None:
    """OSError with what it said, when it did not end well."""
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if ran.returncode not in well:
        raise OSError(f"{command[0]}: {(ran.stderr or ran.stdout).strip()}")
