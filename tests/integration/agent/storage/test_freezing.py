"""Does one process that freezes keep the others waiting?  What it left open is ended, and they go on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from agent.domain.job import Job, JobKind, Lease
from agent.storage import jobs as queued
from agent.storage.checkpoints import postgres_checkpoints
from agent.storage.database import Database
from agent.storage.jobs import SqlJobs
from agent.storage.tables import incidents, tallies
from tests.clocks import Clock
from tests.integration.agent.storage.freezing import KEY
from tests.until import PATIENCE, awaited, until_told

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[4]
LENGTH = timedelta(seconds=30)
AT_ONCE = 1
"""Seconds after which what the frozen process has left open is ended."""
NEVER = 600


@pytest.fixture(params=["postgres"])
def address(address: str) -> str:
    return address


@pytest.fixture
async def late(jobs: SqlJobs) -> Lease:
    for id_, incident in (("a", "inc-1"), ("b", "inc-2")):
        await jobs.put(Job(id=id_, kind=JobKind.INVESTIGATE, incident=incident))
    lease = await jobs.claim("a", "late", LENGTH)
    assert lease
    return lease


@contextmanager
def _frozen(what: str, address: str, lease: Lease, ended_after: int) -> Iterator[subprocess.Popen[str]]:
    """It has stopped in the midst of what it writes."""
    with _started(what, address, lease, ended_after) as process:
        try:
            status = awaited(lambda: os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)[1])
            assert os.WIFSTOPPED(status)
            yield process
        finally:
            process.kill()


def _started(what: str, address: str, lease: Lease, ended_after: int) -> "subprocess.Popen[str]":
    program = [sys.executable, "-m", "tests.integration.agent.storage.freezing"]
    command = [*program, what, address, str(ended_after), lease.model_dump_json()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _woken(process: "subprocess.Popen[str]") -> list[str]:
    """How its writes ended."""
    process.send_signal(signal.SIGCONT)
    return process.communicate(timeout=PATIENCE)[0].splitlines()


@pytest.mark.parametrize("what", ["checkpoint", "writes"])
async def test_nobody_waits_for_a_process_that_froze_as_it_stored_a_checkpoint(
    address: str, database: Database, jobs: SqlJobs, clock: Clock, late: Lease, what: str
) -> None:
    with _frozen(what, address, late, NEVER):
        clock.time += 2 * LENGTH
        other = await jobs.lease("other", LENGTH)
        assert other
        assert other.job.id == "b"
        assert await jobs.claim("a", "other", LENGTH) is None
        assert [one.job.id for one in await jobs.renew([other, late], LENGTH)] == ["b", "a"]
        # Somebody stops its work.
        await database.write(lambda connection: queued.withdraw(connection, "inc-1"))
        assert [one.job.id for one in await jobs.renew([other, late], LENGTH)] == ["b"]


@pytest.mark.parametrize("what", ["checkpoint", "writes"])
async def test_its_job_is_taken_over_once_the_server_has_ended_it_and_it_writes_nothing_when_it_wakes(
    address: str, jobs: SqlJobs, clock: Clock, late: Lease, what: str
) -> None:
    with _frozen(what, address, late, AT_ONCE) as process:
        clock.time += 2 * LENGTH
        over = await until_told(lambda: jobs.claim("a", "other", LENGTH))
        assert over.epoch == late.epoch + 1
        ended, refused = _woken(process)
        assert (ended, refused) == ("IdleInTransactionSessionTimeout", "LeaseLost")
    async with postgres_checkpoints(address, KEY) as saver:
        assert [one async for one in saver.alist(None)] == []


async def test_who_froze_in_its_turn_to_write_loses_it_and_writes_once_when_it_wakes(
    address: str, database: Database, late: Lease
) -> None:
    names = ("first", "second", "third")
    rows = [{"name": name, "number": 0} for name in names]
    await database.write(lambda connection: connection.execute(tallies.insert(), rows) and None)
    with _frozen("turn", address, late, AT_ONCE) as process:
        with _started("third", address, late, AT_ONCE) as other:
            assert other.communicate(timeout=PATIENCE)[0].splitlines() == ["written"]
        assert _woken(process) == ["written"]
    counted = select(tallies.c.name, tallies.c.number).where(tallies.c.name.in_(names))
    told = await database.read(lambda connection: connection.execute(counted).all())
    assert {row.name: row.number for row in told} == dict.fromkeys(names, 1)


async def test_whoever_locks_a_row_out_of_turn_keeps_the_others_waiting_for_moments(
    database: Database, jobs: SqlJobs
) -> None:
    change = incidents.update().where(incidents.c.id == "inc-1").values(title="changed")
    with database.engine.connect() as person:
        person.execute(text("SELECT 1 FROM incidents WHERE id = 'inc-1' FOR UPDATE"))
        with pytest.raises(OperationalError, match="lock timeout"):
            await database.write(lambda connection: connection.execute(change) and None)
    await database.write(lambda connection: connection.execute(change) and None)
