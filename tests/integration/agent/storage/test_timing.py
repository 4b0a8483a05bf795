"""Do jobs go by one clock, whatever the hosts' own say?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.bootstrap import Replaced, bootstrap
from agent.domain.job import Job, JobKind
from agent.entrypoints.cli.checks.finding import Finding, State
from agent.entrypoints.cli.checks.own import clock as check
from agent.graph.context import Sources
from agent.settings import Settings
from agent.storage import jobs as rows
from agent.storage.database import Database
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain
from agent.storage.timing import KEEP_IN_STEP, SharedClock, ahead
from agent.testing import NoMemory

pytestmark = pytest.mark.parametrize("address", [pytest.param("postgres", marks=pytest.mark.system)], indirect=True)

LENGTH = timedelta(seconds=30)
HOUR = timedelta(hours=1)


class Ticking:
    """The machine's, moved."""

    def __init__(self, lead: timedelta) -> None:
        self._lead = lead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._lead

    async def sleep(self, duration: timedelta) -> None:
        raise AssertionError(f"nothing here waits, not {duration}")


def _host(lead: timedelta) -> SharedClock:
    """One whose clock is so far ahead."""
    return SharedClock(Ticking(lead))


def _jobs(database: Database, chain: Chain, lead: timedelta) -> SqlJobs:
    return SqlJobs(database, chain, _host(lead))


def _job(id_: str, incident: str) -> Job:
    return Job(id=id_, kind=JobKind.INVESTIGATE, incident=incident)


@pytest.mark.usefixtures("jobs")
async def test_what_a_host_an_hour_ahead_has_written_is_due_at_once(database: Database, chain: Chain) -> None:
    fast, right = _host(HOUR), _jobs(database, chain, timedelta(0))
    await database.write(lambda connection: rows.put(connection, _job("decided", "inc-1"), fast))
    await SqlJobs(database, chain, fast).put(_job("failed", "inc-2"))
    failed = await SqlJobs(database, chain, fast).claim("failed", "fast", LENGTH)
    assert failed is not None
    await SqlJobs(database, chain, fast).give_back(failed, "boom", timedelta(0))
    assert [job.id for job in await right.due(10)] == ["decided", "failed"]
    assert timedelta(0) <= await database.read(lambda connection: rows.oldest(connection, fast)) < HOUR


@pytest.mark.parametrize("lead", [HOUR, -HOUR])
@pytest.mark.usefixtures("jobs")
async def test_a_lease_holds_its_length_on_hosts_that_differ_by_an_hour(
    database: Database, chain: Chain, lead: timedelta
) -> None:
    here, there = _jobs(database, chain, timedelta(0)), _jobs(database, chain, lead)
    await here.put(_job("a", "inc-1"))
    held = await here.lease("here", LENGTH)
    assert held is not None
    assert await there.lease("there", LENGTH) is None
    [kept] = await there.renew([held], LENGTH)
    assert abs(kept.until - held.until) < timedelta(minutes=1)
    assert await here.lease("again", LENGTH) is None
    # A lease that was over before it began: whose holder is gone for good.
    assert await there.renew([held], -LENGTH)
    assert (await there.lease("there", LENGTH)) is not None


@pytest.mark.parametrize("lead", [HOUR, -HOUR])
async def test_a_host_is_told_how_far_it_is_out_of_step(database: Database, lead: timedelta) -> None:
    found = await database.read(lambda connection: ahead(connection, _host(lead)))
    assert abs(found - lead) < timedelta(minutes=1)


async def test_the_doctor_says_so_and_what_to_do(tmp_path: Path, address: str) -> None:
    settings = Settings.model_construct(data=tmp_path / "data", database_url=address.replace("+psycopg", ""))
    slow = await check(settings, _host(-HOUR))
    assert (slow.state, slow.mend) == (State.BROKEN, KEEP_IN_STEP)
    assert slow.says.startswith("this host's clock is 36")
    assert slow.says.endswith(" s behind the database's")
    assert await check(settings) == Finding("clock", State.OK, "within 2 s of the database's")


@pytest.mark.parametrize(("lead", "told"), [(HOUR, 1), (timedelta(0), 0)])
async def test_it_is_told_at_the_start(
    tmp_path: Path, address: str, caplog: pytest.LogCaptureFixture, lead: timedelta, told: int
) -> None:
    settings = Settings.model_validate(
        {"data": tmp_path / "data", "runbooks": tmp_path / "none", "database_url": address.replace("+psycopg", "")}
    )
    replaced = Replaced(clock=_host(lead), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced):
        pass
    assert sum("ahead of the database's" in record.getMessage() for record in caplog.records) == told
