"""Does an incident have one ticket, whatever Jira does?  Its journal is believed."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Literal

from sqlalchemy import Connection

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.event import Event, EventType
from agent.graph.context import Sources
from agent.notify.dispatcher import Dispatcher
from agent.notify.jira import JiraChannel, label
from agent.storage import effects, incidents
from agent.storage.journal import Chain
from agent.testing import NoMemory
from tests.attacks.world import QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Attempt, Known, Tried
from tests.chaos.check import Found
from tests.chaos.life import Run
from tests.chaos.server import Ground
from tests.farends.answers import Answer, CutAfter, CutBefore, DoneBut, Instead, Late, Misbehaviour
from tests.farends.jira import TOKEN, USER, JiraFarEnd
from tests.incidents import an_incident
from tools.act.jira import JiraTickets
from tools.clients.jira import Jira

BATCH = 20
"""Incidents of one try."""
ROUNDS = 60
SETTLING = 6
"""Rounds after a person has looked: more than there are mishaps."""
LATER = timedelta(minutes=3)
"""Between two rounds: longer than a channel ever pauses."""
DEADLINE = timedelta(seconds=2)
MISHAPS = (EventType.DIAGNOSED, EventType.APPROVAL_REQUESTED, EventType.VERIFIED)
"""What is told of each incident: the first makes the ticket, the others are comments."""
Mishap = Callable[[Random, JiraFarEnd], None]


def tickets(mishap: Mishap) -> Attempt:
    def attempt(ground: Ground, seed: int, _: Known) -> Tried:
        with ground.run(f"tickets-{seed}") as run:
            return apart(lambda: asyncio.run(_told(run, Random(f"{mishap.__name__}:{seed}"), mishap)))

    return attempt


def answer_lost(chance: Random, jira: JiraFarEnd) -> None:
    """It was done, and nobody hears of it; the index may lag besides."""
    jira.index_lag = chance.choice((0, 0, 20))
    lost: tuple[Misbehaviour, ...] = (CutAfter(), DoneBut(Answer(500, "oops")), DoneBut(Answer(502)), CutAfter())
    jira.plan(chance.choice(lost), method="POST")


def index_lags(chance: Random, jira: JiraFarEnd) -> None:
    """The search does not show for up to a minute what was made, and the answer was lost."""
    jira.index_lag = chance.uniform(0, 60)
    jira.plan(CutAfter(), method="POST")


def refuses(chance: Random, jira: JiraFarEnd) -> None:
    """429, 5xx, slow, cut before anything was done; a project that cannot be written to for a while."""
    refusals: tuple[Misbehaviour, ...] = (
        Instead(Answer(429, {}, {"Retry-After": "5"})),
        Instead(Answer(500)),
        Instead(Answer(503, "down for maintenance")),
        CutBefore(),
        Late(DEADLINE.total_seconds() + 1),
    )
    jira.index_lag = 0
    if chance.random() < 0.2:
        jira.read_only = True
    else:
        jira.plan(chance.choice(refusals), method="POST", times=chance.randint(1, 3))


class _Desk:
    """The agent's channel before a Jira, both on one clock."""

    def __init__(self, application: Application, clock: QuickClock, jira: JiraFarEnd) -> None:
        self._application = application
        self.clock = clock
        self.jira = jira
        self._client = Jira(jira.url, user=USER, token=TOKEN, deadline=DEADLINE)

    def dispatcher(self) -> Dispatcher:
        """A new one, as after a restart."""
        record = self._application.record
        tickets = JiraTickets(self._client, "OPS")
        channel = JiraChannel(tickets, record.ledger, record.incidents, self.clock, fields=lambda _: {"project": "OPS"})
        return Dispatcher(record.journal, [channel], self.clock, _mine)

    async def open(self, incident: str) -> None:
        opened = an_incident(self.clock.now(), id=incident)
        await self._application.record.database.write(lambda connection: incidents.insert(connection, opened))

    async def tell(self, incident: str, kind: EventType) -> int:
        """The journal's number of it."""
        record = self._application.record
        await record.journal.record(Event(type=kind, incident=incident, text=f"{kind} of {incident}."))
        return (await record.journal.about(incident))[-1].sequence

    async def followed(self, sequence: int) -> bool:
        return await self._application.record.journal.followed("jira") >= sequence

    async def looked_up(self) -> int:
        """A person looks in Jira whether what is parked was made, and says so; how many that were."""
        record = self._application.record
        parked = await record.database.read(lambda connection: effects.listed(connection, status="unknown"))
        made = {label for issue in self.jira.issues for label in issue.fields["labels"]}
        for one in parked:
            found: Literal["done", "not_done"] = "done" if f"agent-{label(one.incident)}" in made else "not_done"
            await record.database.write(partial(_settle, record.chain, one.key, found))
        return len(parked)

    async def close(self) -> None:
        await self._client.close()


async def _told(run: Run, chance: Random, mishap: Mishap) -> Tried:
    clock = QuickClock()
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    # The clock's time is another object after each wait.
    with JiraFarEnd(clock=lambda: clock.time.timestamp()) as jira:  # noqa: PLW0108 (looked up at each call)
        async with bootstrap(run.settings(), replaced) as application:
            desk = _Desk(application, clock, jira)
            names = [f"inc-ticket-{number}" for number in range(BATCH)]
            late = [name for name in names if not await _story(desk, name, chance, mishap)]
            await desk.close()
        return _judged(names, late, jira)


async def _story(desk: _Desk, incident: str, chance: Random, mishap: Mishap) -> bool:
    """Was all of it told in the end?"""
    await desk.open(incident)
    dispatcher = desk.dispatcher()
    struck = chance.choice(MISHAPS)
    for kind in MISHAPS:
        sequence = await desk.tell(incident, kind)
        if kind is struck:
            mishap(chance, desk.jira)
        for round_ in range(ROUNDS):
            if await desk.followed(sequence):
                break
            if chance.random() < 0.3:
                dispatcher = desk.dispatcher()
            await dispatcher.dispatch()
            desk.clock.time += LATER
            if round_ == 3:
                desk.jira.read_only = False
    desk.jira.read_only = False
    while await desk.looked_up():
        # What it is told again may go wrong again, as long as mishaps are left.
        for _ in range(SETTLING):
            await dispatcher.dispatch()
            desk.clock.time += LATER
    return await desk.followed(sequence)


def _judged(names: list[str], late: list[str], jira: JiraFarEnd) -> Tried:
    labels = Counter(label for line in jira.journal if line["effect"] == "create" for label in line["labels"])
    comments = Counter((line["key"], line["body"]) for line in jira.journal if line["effect"] == "comment")
    made = sum(line["effect"] == "create" for line in jira.journal)
    lost = [f"{name} was never told whole" for name in late]
    lost += [f"{made} tickets for {len(names)} incidents"] if made < len(names) else []
    twice = [f"{count} tickets with the label {label}" for label, count in labels.items() if count > 1]
    twice += [
        f"{key} has the comment {body[:80]!r} {count} times" for (key, body), count in comments.items() if count > 1
    ]
    return Tried(len(names), Found(tuple(lost), tuple(twice), ()), effects=len(jira.journal))


def _settle(chain: Chain, key: str, found: Literal["done", "not_done"], connection: Connection) -> None:
    effects.settle(connection, chain, key, found, who="ann", reason="I looked.")


async def _mine() -> bool:
    return True
