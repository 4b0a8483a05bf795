"""Do alerts that several processes store become the same incidents as if one had?"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.alert import Fate
from agent.domain.incident import IncidentStatus
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.storage.journal import Head
from agent.testing import NoMemory
from tests.clocks import NOON, Clock
from tests.farends.postgres import HOW, binaries, postgres
from tests.integration.agent.service.test_placement import _alert, _body
from tests.until import until_told

pytestmark = pytest.mark.system

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))


@pytest.fixture
def record() -> Iterator[str]:
    if binaries() is None:
        pytest.skip(HOW)
    with postgres() as address:
        yield address.replace("+psycopg", "")


@asynccontextmanager
async def _process(folder: Path, record: str, clock: Clock | None = None) -> AsyncIterator[Application]:
    """One of several processes: they differ in nothing, or in their hosts' clocks."""
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none", "database_url": record})
    replaced = Replaced(clock=clock or Clock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(settings, replaced) as application:
        yield application


async def _fates(application: Application, receipt: str) -> list[tuple[Fate | None, str | None]]:
    return [(placed.fate, placed.incident) for placed in (await application.views.receipt(receipt)).alerts]


async def _store(application: Application, name: str, service: str) -> str:
    body = _body(_alert(name, service))
    return (await application.service.intake.receive("alertmanager", "test", body)).id


async def test_one_process_places_what_all_store_and_the_next_goes_on_where_it_stopped(
    tmp_path: Path, record: str
) -> None:
    async with AsyncExitStack() as second:
        async with _process(tmp_path, record) as placer:
            other = await second.enter_async_context(_process(tmp_path, record))
            first = await _store(placer, "Errors", "cart")
            assert await placer.service.placement.place_waiting() == 1
            again = await _store(other, "Errors", "cart")
            assert await other.service.placement.place_waiting() == 0
            assert await placer.service.placement.place_waiting() == 1
            [(_, incident)] = await _fates(other, first)
            assert await _fates(other, again) == [(Fate.DUPLICATE, incident)]
        once_more = await _store(other, "Errors", "cart")
        await until_told(other.service.placement.place_waiting)
        assert await _fates(other, once_more) == [(Fate.DUPLICATE, incident)]


async def test_a_placer_that_does_not_know_it_was_replaced_writes_nothing_by_what_it_knew(
    tmp_path: Path, record: str
) -> None:
    async with _process(tmp_path, record) as placer, _process(tmp_path, record) as late:
        # As for one whose session has ended while it was correlating.
        late.service.placement._mine = placer.service.placement._mine
        await _store(late, "Errors", "cart")
        assert await late.service.placement.place_waiting() == 1
        new = await _store(placer, "Latency", "checkout")
        assert await placer.service.placement.place_waiting() == 1
        again = await _store(late, "Latency", "checkout")
        assert await late.service.placement.place_waiting() == 1
        [(fate, incident)] = await _fates(late, new)
        assert (fate, await _fates(late, again)) == (Fate.INCIDENT, [(Fate.DUPLICATE, incident)])


async def test_an_alert_does_not_join_an_incident_that_was_closed_on_a_host_whose_clock_is_behind(
    tmp_path: Path, record: str
) -> None:
    async with _process(tmp_path, record) as placer:
        async with _process(tmp_path, record, Clock(NOON - timedelta(hours=1))) as behind:
            await _store(placer, "Errors", "cart")
            assert await placer.service.placement.place_waiting() == 1
            [opened] = (await placer.views.incidents()).incidents
            await behind.service.people.close(opened.id, ANN)
        new = await _store(placer, "Latency", "cart")
        assert await placer.service.placement.place_waiting() == 1
        found = {one.id: one.status for one in (await placer.views.incidents()).incidents}
        [(fate, incident)] = await _fates(placer, new)
        assert incident
        assert (fate, found) == (
            Fate.INCIDENT,
            {opened.id: IncidentStatus.CLOSED, incident: IncidentStatus.OPEN},
        )


async def test_what_was_split_on_a_host_whose_clock_is_behind_is_joined_where_it_is_now(
    tmp_path: Path, record: str
) -> None:
    async with _process(tmp_path, record) as placer:
        async with _process(tmp_path, record, Clock(NOON - timedelta(hours=1))) as behind:
            await _store(placer, "Errors", "cart")
            latency = await _store(placer, "Latency", "cart")
            assert await placer.service.placement.place_waiting() == 2
            [(_, opened)] = await _fates(placer, latency)
            [split_off] = (await placer.views.receipt(latency)).alerts
            new = await behind.service.regrouping.split(str(opened), [split_off.id], "another fault", ANN)
        again = await _store(placer, "Latency", "cart")
        assert await placer.service.placement.place_waiting() == 1
        assert await _fates(placer, again) == [(Fate.DUPLICATE, new.id)]


async def test_a_placer_reads_anew_a_record_that_fell_back(tmp_path: Path, record: str) -> None:
    async with _process(tmp_path, record) as placer:
        first = await _store(placer, "Errors", "cart")
        assert await placer.service.placement.place_waiting() == 1
        [(_, opened)] = await _fates(placer, first)
        # What it read last was on the server that is gone, and never came to the one that took over.
        placer.service.placement._read_to = Head(sequence=1_000_000, hash="0" * 64, signature="")
        await placer.service.people.close(str(opened), ANN)
        case = (await placer.service.placement._current()).case(opened)
        assert case is not None
        assert case.incident.status is IncidentStatus.CLOSED
