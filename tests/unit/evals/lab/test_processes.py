import sys
from pathlib import Path

import pytest

from evals.lab.monitoring import DidNotStart, wait_until
from evals.lab.processes import Leashed, free_ports

FOREVER = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(600)"


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def written(path: Path) -> str:
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"), within_s=20.0)
    return path.read_text()


def test_a_stopped_program_is_gone(tmp_path: Path) -> None:
    leashed = Leashed("sleeper", [sys.executable, "-c", FOREVER], tmp_path / "log")
    pid = int(written(tmp_path / "log"))
    assert alive(pid)

    leashed.stop()

    assert (alive(pid), leashed.running) == (False, False)


def test_a_program_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    owner = f"""
import sys, time
from pathlib import Path
from evals.lab.processes import Leashed
kept = Leashed("sleeper", [sys.executable, "-c", {FOREVER!r}], Path({str(tmp_path / "log")!r}))
time.sleep(600)
"""
    outer = Leashed("owner", [sys.executable, "-c", owner], tmp_path / "owner.log")
    pid = int(written(tmp_path / "log"))

    outer.stop()

    wait_until(lambda: not alive(pid), within_s=20.0)


def test_a_program_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    leashed = Leashed("liar", [sys.executable, "-c", "raise SystemExit('no such flag')"], tmp_path / "log")

    with pytest.raises(DidNotStart, match="liar did not start: no such flag"):
        wait_until(lambda: False, within_s=20.0, process=leashed)

    leashed.stop()


def test_free_ports_are_distinct() -> None:
    assert len(set(free_ports(20))) == 20
