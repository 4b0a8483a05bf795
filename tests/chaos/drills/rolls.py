"""Does a roll of the agent, or a step that holds it up, cost anybody more than a wait?

Whole processes, web and worker together as they are served, on time that runs; a sender posts all the while.
"""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from agent.bootstrap import Application
from agent.entrypoints.serving import serving
from agent.entrypoints.worker import GRACE, Worker
from agent.storage.tables import alerts, jobs
from tests.attacks.world import NOW, QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried
from tests.chaos.check import FATES, OVER, Found
from tests.chaos.deployment import Shared
from tests.chaos.life import BODY, KEYS, Life, Run, Strike, _ending
from tests.chaos.points import Points
from tests.chaos.server import Ground, _log, forked

ROLLS = 5
"""Of one try."""
REPLICAS = {"embedded": 1, "shared": 2}
"""A data folder belongs to one process."""
SERVICES = 8
POSTS, HELD = "posts.jsonl", "held.jsonl"
READY, STOP = "ready.json", "stop"
"""Files of the run: where the sender may post, and that it may stop."""
PATIENCE = 120.0
"""Seconds that a busy machine may take for what takes one."""
SETTLED = OVER | {"awaiting_approval"}
STANDS = 2
"""Of one try."""
HOLDS = 4
"""Of one try."""
HELD_UP = (1.0, 12.0)
"""Seconds, at most longer than a worker's beat, and shorter than its lease."""
SLACK = 30.0


class RunningClock(QuickClock):
    """Time that runs, from a moment that all processes of a machine share."""

    def __init__(self, origin: float) -> None:
        super().__init__()
        self._origin = origin

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self._origin)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


def rolled(ground: Ground, seed: int, _: Known) -> Tried:
    """SIGTERM to one process after the other; where there are two, the next one is ready before the last one goes."""
    replicas = REPLICAS[ground.deployment.name]
    with ground.run(f"rolls-{seed}") as run:
        return apart(lambda: _rolled(_Crew(run), replicas, Random(f"rolls:{seed}")))


def held_up(ground: Ground, seed: int, _: Known) -> Tried:
    """A step that never gives way, as a bad tool would be: everything in its process waits for it."""
    with ground.run(f"held-up-{seed}") as run:
        return apart(lambda: _held_up(_Crew(run), Random(f"held-up:{seed}")))


class _Crew:
    """The processes of one run, and where the sender may post."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.told: list[str] = []
        """What went wrong."""
        self._origin = time.monotonic()
        self._up: dict[int, str] = {}
        self._started = 0

    def start(self, points: Points | None = None) -> int:
        """A process that answers."""
        number = self._started = self._started + 1
        there = Path(self.run.folder) / f"url-{number}"
        whole = partial(self._serve, number, points or Points(), there)
        child = forked(lambda: asyncio.run(whole()), _log(self.run, number))
        _until(there.exists, f"it did not start: {_log(self.run, number)}")
        self._up[child] = there.read_text()
        return child

    def post_to(self, *children: int) -> None:
        ready = Path(self.run.folder) / READY
        draft = ready.with_suffix(".new")
        draft.write_text(json.dumps([self._up[child] for child in children]))
        draft.replace(ready)

    def stop(self, child: int) -> None:
        """As a roll does it: within the grace it has ended by itself."""
        began = time.monotonic()
        os.kill(child, signal.SIGTERM)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        took = time.monotonic() - began
        if code or took > GRACE.total_seconds() + SLACK:
            self.told.append(f"told to stop, it ended with {code} after {took:.0f} s")

    def answers(self, child: int, path: str) -> int:
        """The status."""
        connection = HTTPConnection(self._up[child].removeprefix("http://"), timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def sender(self) -> int:
        return forked(partial(_send, self.run), _log(self.run, 99))

    def finish(self, sender: int) -> dict[str, Any]:
        """The sender stops; one more process does what is left, and says what became of everything."""
        (Path(self.run.folder) / STOP).touch()
        os.waitpid(sender, 0)
        return asyncio.run(self._finish())

    async def _serve(self, number: int, points: Points, there: Path) -> None:
        for told in (signal.SIGTERM, signal.SIGINT):
            # The server takes the signal, and raises it again once it has ended: only the first is meant.
            asyncio.get_running_loop().add_signal_handler(told, lambda: None)
        life = self._life(number, points)
        async with life._open() as application:
            life._wire(application)
            async with serving(application) as running:
                draft = there.with_suffix(".new")
                draft.write_text(running.url)
                draft.replace(there)
                await running.end()

    async def _finish(self) -> dict[str, Any]:
        life = self._life(self._started + 1, Points())
        async with life._open() as application, asyncio.timeout(PATIENCE):
            worker = Worker(application.service, application.queue, application.clock)
            working = asyncio.create_task(worker.run())
            while await _left(application):
                await asyncio.sleep(0.05)
            worker.stop()
            await working
            return await _ending(application, self.run.log(POSTS))

    def _life(self, number: int, points: Points) -> Life:
        life = Life(self.run, number, points)
        life.clock = RunningClock(self._origin)
        return life


def _rolled(crew: _Crew, replicas: int, chance: Random) -> Tried:
    up = [crew.start() for _ in range(replicas)]
    crew.post_to(*up)
    sender = crew.sender()
    for _ in range(ROLLS):
        time.sleep(chance.uniform(0, 1))
        last = up.pop(0)
        if up:
            up.append(crew.start())
            crew.post_to(*up)
            crew.stop(last)
        else:
            crew.stop(last)
            up.append(crew.start())
            crew.post_to(*up)
    for child in up:
        crew.post_to()
        crew.stop(child)
    return _judged(crew, ROLLS, crew.finish(sender))


def _held_up(crew: _Crew, chance: Random) -> Tried:
    points, times = Points(), [chance.uniform(*HELD_UP) for _ in range(HOLDS)]

    async def hold_up(seconds: float) -> None:
        crew.run.log(HELD).add(seconds=seconds)
        # Nothing else has its turn meanwhile: that is the fault.
        time.sleep(seconds)

    for count, seconds in zip(chance.sample(range(2, 40), HOLDS), times, strict=True):
        points.hooks["checkpoint:before put", count] = partial(hold_up, seconds)
    child = crew.start(points)
    crew.post_to(child)
    sender = crew.sender()
    time.sleep(sum(times) + 2)
    crew.post_to()
    crew.stop(child)
    ending = crew.finish(sender)
    waited = max((line["took"] for line in crew.run.log(POSTS).lines()), default=0.0)
    if waited > sum(times) + SLACK:
        crew.told.append(f"held up for {sum(times):.0f} s, it kept a sender waiting for {waited:.0f} s")
    return _judged(crew, len(crew.run.log(HELD).lines()), ending)


def read_only_for_a_while(ground: Ground, seed: int, _: Known) -> Tried:
    """PostgreSQL takes no writes, as where its disk is full or another became the master, and takes them again."""
    with ground.run(f"standby-{seed}") as run:
        strike = ground.deployment.strike if isinstance(ground.deployment, Shared) else None
        return apart(lambda: _read_only(_Crew(run), strike or (lambda _: None), Random(f"standby:{seed}")))


def _read_only(crew: _Crew, strike: Strike, chance: Random) -> Tried:
    child = crew.start()
    crew.post_to(child)
    sender = crew.sender()
    for _ in range(STANDS):
        time.sleep(chance.uniform(0, 2))
        strike("postgres read-only")
        _until(lambda: crew.answers(child, "/readyz") == 503, "it goes on saying that it is ready")
        time.sleep(chance.uniform(0, 2))
        strike("postgres writable")
        _until(lambda: crew.answers(child, "/readyz") == 200, "it does not get ready again")
    crew.post_to()
    crew.stop(child)
    return _judged(crew, STANDS, crew.finish(sender), may_answer=frozenset({503}))


def _judged(crew: _Crew, faults: int, ending: dict[str, Any], may_answer: frozenset[object] = frozenset()) -> Tried:
    posts = crew.run.log(POSTS).lines()
    acked = [line for line in posts if "acked" in line]
    refused = Counter(line["answered"] for line in posts if line.get("answered", 202) not in {202, *may_answer})
    lost = [
        f"{line['acked']} ended as {fates}" for line in acked if not _whole(fates := ending["fates"][line["acked"]])
    ]
    services = {line["service"] for line in acked}
    twice = [f"{len(services)} services became {len(ending['incidents'])} incidents"]
    told = [*crew.told, *(f"{times} posts were answered {status}" for status, times in refused.items())]
    told += [f"{one} is {status}" for one, status in ending["incidents"].items() if status not in SETTLED]
    told += [f"the journal is broken: {ending['audit']['wrong']}"] if ending["audit"]["wrong"] else []
    told += [f"{ending['dead']} jobs were set aside"] if ending["dead"] else []
    told += [] if acked else ["the sender never got its 2xx"]
    same = len(services) == len(ending["incidents"])
    return Tried(faults, Found(tuple(lost), () if same else tuple(twice), tuple(told)))


def _whole(fates: list[list[str | None]] | None) -> bool:
    return bool(fates) and all(fate in FATES for fate, _ in fates or [])


async def _left(application: Application) -> int:
    """Alerts without a place, and jobs that are not done."""
    count = select(func.count())
    unplaced = count.select_from(alerts).where(alerts.c.fate.is_(None))
    queued = count.select_from(jobs).where(jobs.c.status.in_(["queued", "leased"]))
    asked = select(unplaced.scalar_subquery() + queued.scalar_subquery())
    return int(await application.record.database.read(lambda connection: connection.scalar(asked)) or 0)


def _send(run: Run) -> None:
    """Posts of one alert, to whoever is ready; when nobody takes the connection it tries again, as any balancer."""
    chance, folder, log = Random(run.token), Path(run.folder), run.log(POSTS)
    token = json.loads((folder / KEYS).read_text())["sender"]
    number = 0
    while not (folder / STOP).exists():
        urls = json.loads((folder / READY).read_text())
        if not urls:
            time.sleep(0.02)
            continue
        service, began = f"service-{number % SERVICES}", time.monotonic()
        told = _posted(chance.choice(urls).removeprefix("http://"), token, _body(service, number))
        if told:
            log.add(service=service, took=round(time.monotonic() - began, 3), **told)
            number += 1
        time.sleep(0.05)


def _posted(where: str, token: str, body: bytes) -> dict[str, Any]:
    """What it was answered; nothing, when nobody took it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = HTTPConnection(where, timeout=PATIENCE)
    try:
        connection.connect()
    except OSError:
        return {}
    try:
        connection.request("POST", "/webhooks/alertmanager", body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read() or b"{}")
    except (OSError, HTTPException) as error:
        return {"answered": type(error).__name__}
    finally:
        connection.close()
    if answer.status != 202:
        return {"answered": answer.status}
    return {"acked": told["receipt"], "accepted": told["accepted"]}


def _body(service: str, number: int) -> bytes:
    body = json.loads(BODY)
    body["alerts"][0]["labels"] |= {"service": service, "cluster": f"of-{service}", "instance": str(number)}
    return json.dumps(body).encode()


def _until(there: Any, told: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > give_up:
            raise TimeoutError(told)
        time.sleep(0.02)
