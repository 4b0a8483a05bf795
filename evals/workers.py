"""How does one case that hangs, or dies, not stop the others?  Each job is a process; a late one is replaced.

A worker leads a process group of its own, so that whatever it started (a Prometheus) dies with it, and a Ctrl-C at the
terminal reaches the parent alone.
"""

import gc
import multiprocessing
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")

Work = Callable[[Iterator[Task]], Iterator[Done]]
"""Tasks in, what came of each out, one by one; started once a process. It must be importable by name."""


_SPAWN = multiprocessing.get_context("spawn")
"""Not forked: the parent may run threads, and what they hold at that moment a forked child would wait for for ever."""


@dataclass
class _Worker(Generic[Task]):
    process: Any
    pipe: Connection
    task: Task | None = None
    until: float = field(default=0.0)

    def give(self, task: Task, longest: timedelta) -> None:
        self.pipe.send(task)
        self.task, self.until = task, time.monotonic() + longest.total_seconds()

    def end(self) -> None:
        """At once, with everything it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:  # It did not live long enough to lead a group, or is gone with all its children.
            self.process.kill()
        self.process.join()
        self.pipe.close()


def each(
    work: "Work[Task, Done]", tasks: Sequence[Task], *, jobs: int, longest: timedelta, start: timedelta
) -> Generator[tuple[Task, Done | str], None, None]:
    """(task, what came of it), as they end; a sentence for a task that was late or killed its worker.

    `longest`: for one task; a worker's first may take `start` longer. All workers are gone when this ends or is closed.
    """
    waiting = deque(tasks)
    workers: list[_Worker[Task]] = []
    scratch = tempfile.TemporaryDirectory(prefix="evals-")
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                workers.append(_started(work, scratch.name))
                workers[-1].give(waiting.popleft(), longest + start)
            for worker in _ready(workers):
                task, done, alive = _taken(worker, longest)
                if alive and waiting:
                    worker.give(waiting.popleft(), longest)
                else:
                    workers.remove(worker)
                    worker.end()
                yield task, done
    finally:
        for worker in workers:
            worker.end()
        scratch.cleanup()


def pool(jobs: int) -> ProcessPoolExecutor:
    """For pure calculation, which ends by itself; at least one process.

    Nothing collects garbage in them: what they keep is much, and to look through it again and again took a third of
    the time; what is not kept goes when the last reference does.
    """
    return ProcessPoolExecutor(max(1, jobs), mp_context=_SPAWN, initializer=gc.disable)


def _started(work: "Work[Task, Done]", scratch: str) -> "_Worker[Task]":
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_main, args=(work, theirs, scratch))
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _ready(workers: "Sequence[_Worker[Task]]") -> "list[_Worker[Task]]":
    """Those that have an answer, have died, or are late: at least one."""
    while True:
        soonest = min(worker.until for worker in workers)
        answered = wait([worker.pipe for worker in workers], max(0.0, soonest - time.monotonic()))
        found = [worker for worker in workers if worker.pipe in answered or worker.until <= time.monotonic()]
        if found:
            return found


def _taken(worker: "_Worker[Task]", longest: timedelta) -> tuple[Task, Any, bool]:
    """Its task, what came of it, and whether the worker can go on."""
    task = worker.task
    assert task is not None
    if not worker.pipe.poll():
        return task, f"TimeoutError: no answer within {longest.total_seconds():g} s", False
    try:
        return task, worker.pipe.recv(), True
    except (EOFError, OSError):
        worker.process.join()
        return task, f"ChildProcessError: the worker died (exit code {worker.process.exitcode})", False


def _main(work: "Work[Task, Done]", pipe: Connection, scratch: str) -> None:
    os.setsid()
    # The parent's: what a worker that was killed left there is removed, too.
    tempfile.tempdir = scratch
    with suppress(EOFError, BrokenPipeError):  # The parent is gone: there is nobody left to work for.
        for done in work(_tasks(pipe)):
            pipe.send(done)


def _tasks(pipe: Connection) -> Iterator[Any]:
    while True:
        yield pipe.recv()
