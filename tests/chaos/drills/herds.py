"""Do many processes on one record stay out of each other's way?"""

import asyncio
import os
import signal
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from agent.bootstrap import Replaced, bootstrap
from agent.domain.job import Job, JobKind
from agent.graph.context import Sources
from agent.queue.announcements import Announcements
from agent.storage import incidents, jobs
from agent.storage.database import Database
from agent.storage.jobs import SqlJobs
from agent.testing import NoMemory
from tests.attacks.world import QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried, broken
from tests.chaos.check import Found
from tests.chaos.drills.machine import serving
from tests.chaos.life import LEASE, Run
from tests.chaos.points import Points
from tests.chaos.server import Deaths, Ground, _ended, _live, _log, _send, forked, judged, lived
from tests.incidents import an_incident

TOGETHER = 3
CLAIMERS = 8
JOBS = 25
"""That are claimed in one try."""
HELD = 200
WEBS, SENDERS = 2, 8
UNSETTLED = timedelta(seconds=1)
PATIENCE = 60.0


def killed_together(ground: Ground, seed: int, known: Known) -> Tried:
    """Each of them is a whole worker; the far end honours keys, since their clocks run apart."""
    chance = Random(f"herd:{seed}")
    with ground.run(f"keeps-herd-{seed}") as run:
        rounds = chance.randint(1, 2)
        for number in range(rounds):
            herd = _herd(run, number)
            time.sleep(chance.uniform(0, 1.5 * known.seconds))
            for child in herd:
                os.kill(child, signal.SIGKILL)
            for child in herd:
                os.waitpid(child, 0)
        ended = [_ended(child, None) for child in _herd(run, rounds)]
        outcome = judged(run, max(ended, key=abs), rounds)
        kills = rounds * TOGETHER
        return Tried(kills, outcome.found, outcome.effects, outcome.recovered, kills)


def _herd(run: Run, number: int) -> list[int]:
    live = partial(_live, run, number, Points(), time.monotonic())
    return [forked(live, _log(run, number)) for _ in range(TOGETHER)]


def told_at_once(ground: Ground, seed: int, _: Known) -> Tried:
    """The same alert, by many senders, to two web sides that share a record."""
    chance = Random(f"told:{seed}")
    with ground.run(f"keeps-told-{seed}", web=True) as run, ExitStack() as webs:
        ports = [webs.enter_context(serving(run))[0] for _ in range(WEBS)]
        senders = [forked(partial(_send, run, chance.choice(ports)), _log(run, 99)) for _ in range(SENDERS)]
        ended = [_ended(sender, None) for sender in senders]
        webs.close()
        outcome = lived(replace(run, web=False), Deaths())
        told = broken("a sender never got its 2xx" if any(ended) else "")
    found = outcome.found
    return Tried(SENDERS, Found(found.lost, found.duplicates, (*found.broken, *told.broken)), outcome.effects)


def claimed(ground: Ground, seed: int, _: Known) -> Tried:
    """Each through a connection of its own, at the same moment."""
    with ground.run(f"claims-{seed}") as run:
        return apart(lambda: asyncio.run(_claimed(run)))


async def _claimed(run: Run) -> Tried:
    async with _opened(run) as application:
        names = [await _job(application.record.database, number) for number in range(JOBS)]
        databases = [Database(run.settings().database) for _ in range(CLAIMERS)]
        claimers = [SqlJobs(one, application.record.chain, application.clock) for one in databases]
        told = []
        for name in names:
            leases = await asyncio.gather(
                *[claimer.claim(name, f"worker-{number}", LEASE) for number, claimer in enumerate(claimers)]
            )
            held = [lease.holder for lease in leases if lease]
            told.append("" if len(held) == 1 else f"the job {name} was given to {held}")
        for one in databases:
            one.close()
    return Tried(JOBS, broken(*told))


def died_holding(ground: Ground, seed: int, _: Known) -> Tried:
    with ground.run(f"holding-{seed}") as run:
        return apart(lambda: asyncio.run(_died_holding(run)))


async def _died_holding(run: Run) -> Tried:
    announcements = Announcements(run.redis, unsettled=UNSETTLED)
    async with _opened(run) as application:
        record = application.record.queue._jobs
        names = {await _job(application.record.database, number) for number in range(HELD)}
        await announcements.announce(await record.due(HELD))
        taken = [await announcements.take("dead") for _ in range(HELD)]
        application.record.queue._announcements = announcements
        began, leased = time.monotonic(), list[str]()
        while len(leased) < HELD and time.monotonic() < began + PATIENCE:
            lease = await application.queue.lease("living", LEASE)
            leased += [lease.job.id] if lease else []
        took = time.monotonic() - began
    await announcements.close()
    twice = tuple(name for name in names if leased.count(name) > 1)
    lost = tuple(f"{name} was never leased" for name in names - set(leased))
    held = sum(one is not None for one in taken)
    return Tried(HELD, Found(lost, twice, broken("" if held else "nothing was held").broken), recovered=[took])


async def _job(database: Database, number: int) -> str:
    """Of an incident of its own."""
    clock = QuickClock()
    opened = an_incident(clock.now(), id=f"inc-{number}", title="Errors")
    await database.write(lambda connection: incidents.insert(connection, opened))
    job = Job(id=f"job-{number}", kind=JobKind.INVESTIGATE, incident=opened.id, payload={}, priority=number % 5)
    await database.write(lambda connection: jobs.put(connection, job, clock))
    return job.id


def _opened(run: Run) -> Any:
    replaced = Replaced(clock=QuickClock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    return bootstrap(run.settings(), replaced)
