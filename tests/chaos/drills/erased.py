"""What if `privacy delete` is killed half-way?  In the middle of an incident one of the people is taken out of
everything, killed some times, and called again until it is done; then the incident goes on without them.
"""

import asyncio
import json
from functools import partial
from pathlib import Path
from random import Random

from agent.bootstrap import Replaced, bootstrap
from agent.bootstrap.erasing import held
from agent.bootstrap.machine import SystemClock
from agent.bootstrap.roots import chain_of, secrets_of
from agent.entrypoints.cli.privacy import _erased
from agent.graph.context import Sources
from agent.identity.keys import Keys
from agent.storage.database import Database
from agent.storage.keys import SqlKeys
from agent.testing import NoMemory
from tests.attacks.world import QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried
from tests.chaos.check import Found
from tests.chaos.drills.operators import _killed
from tests.chaos.farend import FORGETS
from tests.chaos.life import KEYS, Run
from tests.chaos.points import Points
from tests.chaos.server import Deaths, Ground, died, lived

WHO = "bert"


def taken_out(ground: Ground, seed: int, known: Known) -> Tried:
    chance = Random(f"erased:{seed}")
    with ground.run(f"{FORGETS}-erased-{seed}") as run:
        died(run, Points(die_at=("", chance.randint(len(known.passed) // 3, len(known.passed)))))
        apart(partial(_leaves, run))
        kills = 1 + _killed(run, chance, lambda _: asyncio.run(_out(run)))
        outcome = lived(run, Deaths())
        left = apart(lambda: asyncio.run(_left(run)))
        found = outcome.found
        told = Found(found.lost, found.duplicates, (*found.broken, *left))
        return Tried(kills, told, outcome.effects, outcome.recovered, kills + outcome.kills)


def _leaves(run: Run) -> None:
    """Their key is revoked; from then on nobody but the other one clicks."""
    path = Path(run.folder) / KEYS
    keys = json.loads(path.read_text())
    path.write_text(json.dumps({**keys, WHO: keys["anne"]}))
    settings = run.settings()
    secrets = secrets_of(settings, Path(settings.data))
    database = Database(settings.database)
    store = Keys(SqlKeys(database, chain_of(secrets, SystemClock())), secrets.derive("keys"), SystemClock())

    async def revoke() -> None:
        for key in await store.list():
            if key.name == WHO:
                await store.revoke(key.id)

    asyncio.run(revoke())
    database.close()


async def _out(run: Run) -> None:
    await _erased(run.settings(), WHO)


async def _left(run: Run) -> tuple[str, ...]:
    """What still names them, after one more start."""
    replaced = Replaced(clock=QuickClock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(run.settings(), replaced) as application:
        kept = await asyncio.to_thread(held, application.record.database, WHO)
        threads = await application.record.threads.naming(WHO)
    told = [f"{count} rows of {table} still name the person" for table, count in kept.rows.items()]
    told += [f"{kept.entries} entries are still under the person's key"] if kept.entries else []
    return (*told, *(f"the checkpoints of {thread} still name the person" for thread in threads))
