"""Are the runs of what was closed long ago let go, and nothing else, and nothing while the journal is not trusted?"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from sqlalchemy import update

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.retention import Retention
from agent.service.keeping import Keeping
from agent.settings import Settings
from agent.storage import tallies
from agent.storage.tables import incidents
from tests.clocks import Clock
from tests.farends.postgres import HOW, binaries, postgres
from tests.integration.agent.storage.proposals import incident

DAYS = {"inc-open": None, "inc-young": 29, "inc-old": 31}
"""For how long each has been closed."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.system)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    given = Settings.model_construct(data=tmp_path / "data", runbooks=tmp_path / "none")
    if request.param == "sqlite":
        yield given
    elif binaries() is None:
        pytest.skip(HOW)
    else:
        with postgres() as address:
            yield given.model_copy(update={"database_url": address})


async def _fill(application: Application, clock: Clock) -> None:
    record = application.record
    for name, days in DAYS.items():
        await incident(record.database, clock, name)
        for thread in (f"{name}.1", f"learn:{name}.1"):
            place = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
            await record.checkpoints.aput(place, empty_checkpoint(), {"source": "input"}, {})  # type: ignore[arg-type]  # LangGraph's own shapes
        if days is not None:
            closed = {"status": "closed", "closed_at": clock.now() - timedelta(days=days)}
            row = update(incidents).where(incidents.c.id == name).values(**closed)
            await record.database.write(lambda connection, row=row: connection.execute(row))  # type: ignore[misc]  # bound here


def _keeping(application: Application, rules: Retention) -> Keeping:
    record = application.record
    return Keeping(record.database, record.chain, record.threads, record.anchors, rules)


async def test_runs_go_a_month_after_their_incident_was_closed(settings: Settings) -> None:
    clock = Clock()
    async with bootstrap(settings, Replaced(channels=(), clock=clock)) as application:
        await _fill(application, clock)
        threads, keeping = application.record.threads, _keeping(application, Retention())
        assert await keeping.tend() == 2
        left = ["inc-open.1", "inc-young.1", "learn:inc-open.1", "learn:inc-young.1"]
        assert sorted(await threads.all()) == left
        assert await keeping.tend() == 0
        clock.time += timedelta(days=2)
        assert await _keeping(application, Retention(runs=None)).tend() == 0
        assert await keeping.tend() == 2
        assert sorted(await threads.all()) == ["inc-open.1", "learn:inc-open.1"]


async def test_runs_go_although_the_clock_was_set_back_since_there_was_nothing_to_do(settings: Settings) -> None:
    clock = Clock()
    async with bootstrap(settings, Replaced(channels=(), clock=clock)) as application:
        keeping = _keeping(application, Retention())
        assert await keeping.tend() == 0
        clock.time -= timedelta(days=3)
        await _fill(application, clock)
        assert await keeping.tend() == 2


async def test_nothing_goes_while_the_journal_is_not_trusted(settings: Settings) -> None:
    clock = Clock()
    async with bootstrap(settings, Replaced(channels=(), clock=clock)) as application:
        await _fill(application, clock)
        application.record.anchors._misfit = "an anchor is not in the journal"
        assert (await _keeping(application, Retention()).tend(), len(await application.record.threads.all())) == (0, 6)


async def test_a_count_of_alerts_that_others_have_left_behind_is_put_right(settings: Settings) -> None:
    """As by a process of an older version, while all of them are being upgraded."""
    clock = Clock()
    async with bootstrap(settings, Replaced(channels=(), clock=clock)) as application:
        database = application.record.database
        await database.write(lambda connection: tallies.add(connection, {"silenced": 3}))
        assert (await application.views.load()).alerts == {"silenced": 3, "quarantined": 0}
        keeping = _keeping(application, Retention())
        assert await keeping.tend() == 0
        assert (await application.views.load()).alerts == {"quarantined": 0}

        await database.write(lambda connection: tallies.add(connection, {"silenced": 3}))
        for later, told in ((timedelta(hours=1), 3), (timedelta(days=1), 0)):
            clock.time += later
            assert await keeping.tend() == 0
            assert (await application.views.load()).alerts.get("silenced", 0) == told
