"""A fork server: the agent is imported once, each life is a child of it, and is killed where the plan says."""

import asyncio
import gc
import json
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from select import select
from typing import Any

from agent.bootstrap import Replaced, bootstrap
from agent.graph.context import Sources
from agent.testing import NoMemory
from tests.attacks.world import QuickClock, _record_telemetry, _write_runbooks
from tests.chaos import syncs
from tests.chaos.check import Found, Seen, check
from tests.chaos.deployment import EMBEDDED, Deployment
from tests.chaos.farend import JOURNAL, far_end
from tests.chaos.life import BODY, ENDING, KEYS, PEOPLE, RECOVERED, SENDER, Life, Run, Strike, telemetry
from tests.chaos.logs import Log
from tests.chaos.points import Points
from tests.memory import in_memory

PATIENCE = 240.0
"""Seconds a life may take that takes less than one: then it hangs."""
ENDED = "a life ended with"
"""How it is told that the process came to an end that nobody brought about."""
MOST_LIVES = 26
GROUPED = 2
"""Lives of a run that are limited, where any are."""


@dataclass(frozen=True)
class Deaths:
    """What kills the lives of a run, one after the other; the life after the last is let live."""

    points: tuple[tuple[str, int], ...] = ()
    after: tuple[float, ...] = ()
    """Seconds, instead of points."""

    def __len__(self) -> int:
        return len(self.points) + len(self.after)


@dataclass
class Outcome:
    kills: int = 0
    lives: int = 0
    found: Found = field(default_factory=lambda: Found((), (), ()))
    dead: int = 0
    """Jobs that were set aside."""
    struck: int = 0
    """What happened around its lives."""
    effects: int = 0
    passed: list[tuple[str, int]] = field(default_factory=list)
    """Points that the last life came by."""
    recovered: list[float] = field(default_factory=list)
    """Seconds from the fork to the first step done, of each life after the first."""


@dataclass(frozen=True)
class Ground:
    """Where runs take place: each gets a copy of a record that was opened once."""

    folder: Path
    port: int = 0
    """The far end's."""
    deployment: Deployment = EMBEDDED
    opened: Path = Path()
    """The data folder of the record that was opened once."""

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def world(self) -> Path:
        return self.folder / "world"

    @contextmanager
    def run(self, token: str, **what: Any) -> Iterator[Run]:
        folder = self.runs / token
        shutil.copytree(self.opened, folder)
        try:
            with self.deployment.record() as (database, redis):
                yield Run(str(folder), self.port, str(self.world), database, redis, **what)
        finally:
            shutil.rmtree(folder)

    def on(self, deployment: Deployment) -> "Ground":
        """The same place with another record, opened for the first time."""
        opened = self.folder / f"opened-{deployment.name}-{os.getpid()}-{time.monotonic_ns()}"
        ground = replace(self, deployment=deployment, opened=opened)
        log = self.folder / f"{deployment.name}.log"
        run = Run(str(opened), self.port, str(self.world), *deployment.first())
        if ended := _ended(forked(lambda: asyncio.run(open_record(run)), log), None):
            raise RuntimeError(f"{ended}: {log.read_text()}")
        return ground


def import_all(ground: Ground) -> None:
    """What a life imports, compiles and looks up by and by on that deployment, so that no child has to: one is lived
    right here.

    RuntimeError when a thread of it is left, which no child could be forked beside.
    """
    import agent.entrypoints.server
    import agent.entrypoints.web  # noqa: F401 (what the web side of a run wants)

    telemetry(str(ground.world))
    with ground.run(f"first-{os.getpid()}") as run:
        _live(run, 0, Points(), time.monotonic())
    if threading.active_count() > 1:
        raise RuntimeError(f"threads are left: {threading.enumerate()}")
    # What is there by now stays; a child that does not look through it for garbage does not have to copy it either.
    gc.collect()
    gc.freeze()


@contextmanager
def prepared() -> Iterator[Ground]:
    """The embedded deployment, with a far end."""
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=in_memory()) as name:
        ground = Ground(Path(name))
        ground.runs.mkdir()
        write_world(ground.world)
        with far_end(ground.runs) as port:
            yield replace(ground, port=port).on(EMBEDDED)


def write_world(world: Path) -> None:
    """Telemetry of a service that broke, and the two runbooks that matter here: each start reads all there are."""
    world.mkdir()
    _write_runbooks(world / "runbooks")
    for path in (world / "runbooks").iterdir():
        if path.is_dir() and path.name not in {"restart-service", "clear-cache"}:
            shutil.rmtree(path)
    for action in (world / "runbooks").glob("*/action.yaml"):
        # Nothing heals here, and each look whether it did costs.
        action.write_text(action.read_text().replace("within: 2m", "within: 20s"))
    _record_telemetry(world)


async def open_record(run: Run) -> None:
    """For the first time: its tables, and keys for those who come."""
    folder = Path(run.folder)
    folder.mkdir(exist_ok=True)
    replaced = Replaced(clock=QuickClock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(run.settings(), replaced) as application:
        keys = application.identity.keys
        people = {name: (await keys.create(name, "person", ["approve:high"])).token for name in ("anne", "bert")}
        callers = {name: (await keys.authenticate(token)).model_dump(mode="json") for name, token in people.items()}
        sender = (await keys.create("prometheus", "machine", ["ingest"])).token
    (folder / KEYS).write_text(json.dumps(callers | {"sender": sender}))


def lived(run: Run, deaths: Deaths, strike: Strike | None = None) -> Outcome:
    """Life after life, until one ends by itself. `strike` does what a life asks for, outside of it."""
    outcome = Outcome()
    if run.web:
        _send_by_http(run, deaths, outcome)
        deaths = Deaths()
    for number in range(outcome.lives, MOST_LIVES):
        plan, after = _plan(deaths, number)
        ended = _one_life(run, number, Points(die_at=plan), after, strike)
        outcome.lives = number + 1
        if ended == -signal.SIGKILL:
            outcome.kills += 1
            continue
        if ended and run.fails_sync and number == 0:
            # As in the field: what could not be written was answered with an error, and the process ended by itself.
            continue
        return _judged(run, outcome, ended, number)
    outcome.found = Found((), (), (f"after {MOST_LIVES} lives it was not over",))
    return outcome


def died(run: Run, points: Points) -> None:
    """One life, until it is killed."""
    _one_life(run, 0, points, None, None)


def _one_life(run: Run, number: int, points: Points, after: float | None, strike: Strike | None) -> int:
    """How it ended."""
    ours, its = socket.socketpair()
    run.settings()
    with ours, its:
        live = partial(_live, run, number, points, time.monotonic(), its)
        child = forked(live, _log(run, number))
        with syncs.failing(child, run) if run.fails_sync and number == 0 else nullcontext():
            return _ended(child, after, (ours, strike or (lambda _: None)))


def _plan(deaths: Deaths, number: int) -> tuple[tuple[str, int] | None, float | None]:
    point = deaths.points[number] if number < len(deaths.points) else None
    return point, deaths.after[number] if number < len(deaths.after) else None


def _live(run: Run, number: int, points: Points, began: float, asks: socket.socket | None = None) -> None:
    def strike(what: str) -> None:
        if asks is not None:
            asks.sendall(what.encode())
            asks.recv(1)

    if run.group and number < GROUPED:
        Path(run.group).write_text(str(os.getpid()))
    if run.fails_sync and number == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
    asyncio.run(Life(run, number, points, began=began, strike=strike).live())
    Path(run.folder, "passed.json").write_text(json.dumps(points.passed))


def _serve(run: Run, number: int, points: Points, listening: socket.socket) -> None:
    asyncio.run(Life(run, number, points).serve(listening))


def judged(run: Run, ended: int, number: int) -> Outcome:
    """What the parties of a run have seen, once its last life has ended in that way."""
    return _judged(run, Outcome(), ended, number)


def _judged(run: Run, outcome: Outcome, ended: int, number: int) -> Outcome:
    folder = Path(run.folder)
    if ended:
        told = _log(run, number).read_text()[-3000:]
        outcome.found = Found((), (), (f"{ENDED} {ended}: {told}",))
        return outcome
    ending = json.loads((folder / ENDING).read_text())
    seen = Seen(run.log(JOURNAL).lines(), run.log(SENDER).lines(), run.log(PEOPLE).lines(), ending)
    outcome.found = check(seen)
    outcome.dead = ending["dead"]
    outcome.effects = len(seen.effects)
    outcome.recovered = [
        line["seconds"] for line in run.log(RECOVERED).lines() if line["life"] > 0 and line["what"] == "step"
    ]
    outcome.passed = [(name, count) for name, count in json.loads((folder / "passed.json").read_text())]
    return outcome


def receipts(run: Run, given: list[str]) -> list[str]:
    """What is missing of what was acknowledged, by the record as the next process finds it."""
    found: list[str] = []

    async def look() -> None:
        replaced = Replaced(clock=QuickClock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
        async with bootstrap(run.settings(), replaced) as application:
            while await application.service.placement.place_waiting():
                pass
            for receipt in given:
                view = await application.views.receipt(receipt)
                if [alert for alert in view.alerts if alert.fate is None] or not view.alerts:
                    found.append(f"{receipt} was given, and its alerts ended as {view.alerts}")

    asyncio.run(look())
    return found


def _send_by_http(run: Run, deaths: Deaths, outcome: Outcome) -> None:
    """A web side that is killed and started again, until the sender has its 2xx; then it is killed too."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        sender = forked(lambda: _send(run, port), _log(run, 99))
        first = 0
        while first != sender and outcome.lives < MOST_LIVES // 2:
            points = Points(die_at=_plan(deaths, outcome.lives)[0])
            web = forked(partial(_serve, run, outcome.lives, points, listening), _log(run, outcome.lives))
            outcome.lives += 1
            outcome.kills += 1
            first, how = _first_ended(web, sender)
            if first == sender:
                _kill(web)
            elif how != -signal.SIGKILL:
                raise RuntimeError(_log(run, outcome.lives - 1).read_text())
        if first != sender:
            _kill(sender)


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _send(run: Run, port: int) -> None:
    """As Alertmanager: again after every failure and 5xx, until a 2xx."""
    token = json.loads(Path(run.folder, KEYS).read_text())["sender"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    log: Log = run.log(SENDER)
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/webhooks/alertmanager", BODY, headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
            if answer.status == 202:
                log.add(acked=content["receipt"], accepted=content["accepted"])
                return
            log.add(answered=answer.status)
        except (OSError, HTTPException) as error:
            log.add(failed=type(error).__name__)
        finally:
            connection.close()
        time.sleep(0.02)


def _log(run: Run, number: int) -> Path:
    return Path(run.folder) / f"life-{number}.log"


def forked(what: Callable[[], None], log: Path) -> int:
    """A child that does it and is gone; what it says goes to the log."""
    if (child := os.fork()) != 0:
        return child
    # It is over before there is much to collect, and to look for it is to copy the parent's memory.
    gc.disable()
    code = 1
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        what()
        code = 0
    except BaseException:  # noqa: BLE001 (the child's outermost frame)
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _ended(child: int, kill_after: float | None, asked: tuple[socket.socket, Strike] | None = None) -> int:
    """Its exit code, or minus the signal. Killed after so many seconds, or when it hangs.

    `asked`: where it asks for strikes, and who does them."""
    process = os.pidfd_open(child)
    try:
        for patience in (PATIENCE if kill_after is None else kill_after, PATIENCE):
            if _waited_for(process, patience, asked):
                break
            os.kill(child, signal.SIGKILL)
            if kill_after is None:
                os.waitpid(child, 0)
                return -signal.SIGALRM
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(process)


def _waited_for(process: int, patience: float, asked: tuple[socket.socket, Strike] | None) -> bool:
    """Did it end in that time?"""
    give_up = time.monotonic() + patience
    listening = [asked[0].fileno()] if asked else []
    while (left := give_up - time.monotonic()) > 0:
        ready = select([process, *listening], [], [], left)[0]
        if process in ready:
            return True
        if ready and asked:
            asked[1](asked[0].recv(100).decode())
            asked[0].sendall(b"!")
    return False


def _first_ended(*children: int) -> tuple[int, int]:
    """Which of them ended first, and how; the last of those that have by now."""
    processes = {os.pidfd_open(child): child for child in children}
    try:
        ready = select(list(processes), [], [], PATIENCE)[0]
        ended = [processes[process] for process in ready] or [children[0]]
        if not ready:
            os.kill(ended[-1], signal.SIGKILL)
        return ended[-1], os.waitstatus_to_exitcode(os.waitpid(ended[-1], 0)[1])
    finally:
        for process in processes:
            os.close(process)
