"""Does an incident have one ticket, told in order, whatever Jira and we go through?"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.event import Event, EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.notify.dispatcher import Dispatcher
from agent.notify.jira import JiraChannel
from agent.storage import effects, incidents
from agent.storage.database import Database
from agent.storage.effects import SqlLedger
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import Chain, SqlJournal
from agent.storage.schema import migrate
from tests.clocks import Clock
from tests.farends.answers import Answer, CutAfter, Instead
from tests.farends.jira import TOKEN, USER, JiraFarEnd
from tests.incidents import an_incident
from tools.act.jira import JiraTickets
from tools.clients.jira import Jira


async def _mine() -> bool:
    return True


class Desk:
    """A record, the follower of its journal, and the far end."""

    def __init__(self, database: Database, clock: Clock, jira: JiraFarEnd) -> None:
        self.database, self.clock, self.jira = database, clock, jira
        self.chain = Chain(b"k" * 32, clock)
        self.journal = SqlJournal(database, self.chain)
        self.work = ""
        """What is done on it meanwhile."""

    def dispatcher(self) -> Dispatcher:
        """A new one, as after a restart."""
        client = Jira(self.jira.url, user=USER, token=TOKEN, deadline=timedelta(minutes=1))
        channel = JiraChannel(
            JiraTickets(client, "OPS"),
            SqlLedger(self.database, self.chain, self.clock),
            SqlIncidents(self.database, self.chain, self.clock),
            self.clock,
            fields=lambda _: {"project": "OPS"},
            hushed=self._hushed,
        )
        return Dispatcher(self.journal, [channel], self.clock, _mine)

    async def _hushed(self, _incident: Incident) -> str:
        return self.work

    async def tell(self, kind: EventType, text: str, **facts: str) -> None:
        await self.journal.record(Event(type=kind, incident="inc-1", text=text, facts=dict(facts)))

    async def move(self, status: IncidentStatus) -> None:
        await self.database.write(lambda connection: incidents.move(connection, self.chain, "inc-1", status, "So."))

    @property
    def effects(self) -> list[str]:
        return [str(entry["effect"]) for entry in self.jira.journal]


@pytest.fixture
def far_end() -> Iterator[JiraFarEnd]:
    clock = Clock()
    # The clock's time is another object after each wait.
    with JiraFarEnd(clock=lambda: clock.time.timestamp()) as jira:  # noqa: PLW0108 (looked up at each call)
        jira.test_clock = clock  # type: ignore[attr-defined]  # handed on to the desk
        yield jira


@pytest.fixture
async def desk(tmp_path: Path, far_end: JiraFarEnd) -> AsyncIterator[Desk]:
    async with _open(tmp_path, far_end) as opened:
        yield opened


@asynccontextmanager
async def _open(folder: Path, far_end: JiraFarEnd) -> AsyncIterator[Desk]:
    clock: Clock = far_end.test_clock  # type: ignore[attr-defined]  # set by the fixture
    database = Database(f"sqlite:///{folder / 'agent.db'}")
    migrate(database)
    opened = an_incident(clock.now())
    await database.write(lambda connection: incidents.insert(connection, opened))
    try:
        yield Desk(database, clock, far_end)
    finally:
        database.close()


async def test_the_ticket_is_made_commented_and_closed_once_across_restarts(desk: Desk) -> None:
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    await desk.dispatcher().dispatch()
    await desk.tell(EventType.APPROVAL_DECIDED, "Restart cart: approved by ann.")
    await desk.tell(EventType.INCIDENT_STATUS, "Recovered.", to="resolved")
    await desk.dispatcher().dispatch()
    await desk.dispatcher().dispatch()
    assert desk.effects == ["create", "comment", "transition"]
    ledger = await desk.database.read(lambda connection: effects.of_incident(connection, "inc-1"))
    assert {one.name for one in ledger} == {"jira.create", "jira.comment", "jira.move"}


async def test_during_maintenance_there_is_no_ticket_and_afterwards_one_for_what_is_diagnosed(desk: Desk) -> None:
    desk.work = "Nobody is paged: maintenance lasts."
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    await desk.tell(EventType.PARKED, "Needs a human.")
    await desk.dispatcher().dispatch()
    assert desk.effects == []
    desk.work = ""
    await desk.journal.record(_over())
    await desk.dispatcher().dispatch()
    assert desk.effects == []  # It is still being looked into.
    await desk.move(IncidentStatus.AWAITING_APPROVAL)
    await desk.journal.record(_over())
    await desk.dispatcher().dispatch()
    assert desk.effects == ["create"]


async def test_during_maintenance_a_ticket_that_is_there_is_moved_without_a_word(desk: Desk) -> None:
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    await desk.dispatcher().dispatch()
    desk.work = "Nobody is paged: maintenance lasts."
    await desk.tell(EventType.PARKED, "Needs a human.")
    await desk.tell(EventType.INCIDENT_STATUS, "Recovered.", to="resolved")
    await desk.dispatcher().dispatch()
    assert desk.effects == ["create", "transition"]


def _over() -> Event:
    text = "Over: maintenance, and this is still here."
    return Event(type=EventType.INCIDENT_UPDATED, incident="inc-1", text=text, facts={"hush_over": True})


async def test_a_ticket_whose_answer_was_cut_off_is_found_again_although_the_index_lags(desk: Desk) -> None:
    desk.jira.index_lag = 40
    desk.jira.plan(CutAfter(), method="POST")
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    await desk.tell(EventType.PARKED, "A human must look.")
    for _ in range(4):
        await desk.dispatcher().dispatch()
        await desk.clock.sleep(timedelta(seconds=15))
    assert desk.effects == ["create", "comment"]


async def test_one_that_the_search_never_shows_is_left_to_a_person_and_no_second_one_is_made(desk: Desk) -> None:
    desk.jira.index_lag = 3600
    desk.jira.plan(CutAfter(), method="POST")
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    for _ in range(10):
        await desk.dispatcher().dispatch()
        await desk.clock.sleep(timedelta(minutes=3))
    await desk.tell(EventType.PARKED, "A human must look.")
    await desk.dispatcher().dispatch()
    assert desk.effects == ["create"]
    asked = [entry.event.text for entry in await desk.journal.about("inc-1")]
    assert "A human must find out whether this was done: ticket jira.create." in asked
    # As soon as the search shows it, it is told there what happens.
    await desk.clock.sleep(timedelta(hours=1))
    await desk.tell(EventType.VERIFIED, "It recovered.")
    await desk.dispatcher().dispatch()
    assert desk.effects == ["create", "comment"]


async def test_a_person_is_asked_about_a_ticket_also_when_the_clock_was_set_back_while_it_was_looked_for(
    desk: Desk,
) -> None:
    desk.jira.index_lag = 3600
    desk.jira.plan(CutAfter(), method="POST")
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    dispatcher = desk.dispatcher()
    await dispatcher.dispatch()
    desk.clock.time -= timedelta(days=3)
    await dispatcher.dispatch()
    asked = [entry.event.text for entry in await desk.journal.about("inc-1")]
    assert "A human must find out whether this was done: ticket jira.create." in asked


async def test_a_ticket_that_jira_refuses_keeps_nobody_waiting_until_a_clock_that_was_set_back_has_caught_up(
    desk: Desk,
) -> None:
    desk.jira.read_only = True
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    dispatcher = desk.dispatcher()
    await dispatcher.dispatch()
    assert await desk.journal.followed("jira") == 0
    desk.clock.time -= timedelta(days=3)
    await dispatcher.dispatch()
    assert await desk.journal.followed("jira") > 0


async def test_when_a_person_finds_that_it_was_not_made_it_is_made(desk: Desk) -> None:
    desk.jira.plan(Instead(Answer(502, "bad gateway")), method="POST")
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    for _ in range(10):
        await desk.dispatcher().dispatch()
        await desk.clock.sleep(timedelta(minutes=3))
    [unknown] = await desk.database.read(lambda connection: effects.listed(connection, status="unknown"))
    await desk.database.write(
        lambda connection: effects.settle(connection, desk.chain, unknown.key, "not_done", who="ann", reason="I looked")
    )
    await desk.dispatcher().dispatch()
    await desk.dispatcher().dispatch()
    assert desk.effects == ["create"]


async def test_while_jira_is_down_the_ticket_waits_and_is_made_later(desk: Desk) -> None:
    desk.jira.plan(Instead(Answer(503, "down")), times=2)
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    dispatcher = desk.dispatcher()
    for _ in range(4):
        await dispatcher.dispatch()
        await desk.clock.sleep(timedelta(minutes=1))
    assert desk.effects == ["create"]


async def test_a_project_that_cannot_be_written_to_gets_its_ticket_when_it_can_be_again(desk: Desk) -> None:
    desk.jira.read_only = True
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    dispatcher = desk.dispatcher()
    for minutes in range(8):
        desk.jira.read_only = minutes < 4
        await dispatcher.dispatch()
        await desk.clock.sleep(timedelta(minutes=1))
    assert desk.effects == ["create"]


async def test_a_ticket_that_jira_refuses_for_good_keeps_the_others_waiting_for_an_hour_and_no_longer(
    desk: Desk,
) -> None:
    desk.jira.read_only = True
    await desk.tell(EventType.DIAGNOSED, "cart leaks.")
    dispatcher = desk.dispatcher()
    for _ in range(40):
        await dispatcher.dispatch()
        await desk.clock.sleep(timedelta(minutes=2))
    assert desk.effects == []
    assert await desk.journal.followed("jira") > 0
