import os
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from evals import workers

AN_HOUR = timedelta(hours=1)
AT_ONCE = timedelta(seconds=1)


def doubled(given: Iterator[int]) -> Iterator[int]:
    for number in given:
        yield 2 * number


def obeyed(given: Iterator[str]) -> Iterator[str]:
    """`hang`, `die`, or where to write down the ids of this process and of one that it started."""
    for order in given:
        if order == "die":
            os._exit(3)
        child = subprocess.Popen(["sleep", "3600"])
        if order != "hang":
            Path(order).write_text(f"{os.getpid()} {child.pid}")
            yield "written"
        while True:
            time.sleep(3600)


def test_every_task_is_done_by_as_many_processes_as_asked() -> None:
    done = workers.each(doubled, [1, 2, 3, 4, 5], jobs=2, longest=AN_HOUR, start=AN_HOUR)

    assert sorted(done) == [(1, 2), (2, 4), (3, 6), (4, 8), (5, 10)]


def test_a_worker_that_dies_costs_one_task() -> None:
    done = dict(workers.each(obeyed, ["die"], jobs=1, longest=AN_HOUR, start=AN_HOUR))

    assert done == {"die": "ChildProcessError: the worker died (exit code 3)"}


def test_a_task_that_hangs_is_late_and_the_next_is_done() -> None:
    done = dict(workers.each(_hang_on_one, [1, 2], jobs=1, longest=AT_ONCE, start=timedelta(seconds=20)))

    assert done == {1: "TimeoutError: no answer within 1 s", 2: 2}


def _hang_on_one(given: Iterator[int]) -> Iterator[int]:
    for number in given:
        if number == 1:
            time.sleep(3600)
        yield number


def test_whoever_stops_early_leaves_no_process_behind(tmp_path: Path) -> None:
    running = workers.each(obeyed, [str(tmp_path / "pids"), "hang"], jobs=1, longest=AN_HOUR, start=AN_HOUR)

    assert next(running)[1] == "written"
    running.close()

    until = time.monotonic() + 20
    left = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    while left and time.monotonic() < until:
        left = [pid for pid in left if _alive(pid)]
    assert left == []


def _alive(pid: int) -> bool:
    """A zombie that nobody has collected is no longer running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False
