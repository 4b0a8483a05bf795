"""What if the process is killed between a message to Slack and its record?  Slack's own journal is believed.

Slack is a process of its own; the agent tells it what it has found, in lives that are killed around the calls.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from signal import SIGKILL

from pydantic import SecretStr

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.event import Event, EventType
from agent.graph.context import Sources
from agent.settings import Settings
from agent.storage import incidents
from agent.testing import NoMemory
from tests.attacks.world import QuickClock
from tests.chaos import planted
from tests.chaos.attempt import Known, Tried
from tests.chaos.check import Found
from tests.chaos.drills.tickets import MISHAPS, ROUNDS
from tests.chaos.life import Run
from tests.chaos.points import Points
from tests.chaos.server import Ground, _ended, _kill, _log, forked
from tests.farends.slack import SIGNING_SECRET, TOKEN, SlackFarEnd
from tests.incidents import an_incident

INCIDENTS = 3
CONFIG = "policy: {autonomy: approve}\nslack: {channel: C0INCIDENTS, workspace: T0TEAM}\n"
JOURNAL = "slack.jsonl"
CALLS = 16
"""Points of the ledger that a life comes by at most before it is killed."""
SOON = timedelta(seconds=5)
"""Between two rounds."""


def killed(ground: Ground, seed: int, _: Known) -> Tried:
    """At lines of the ledger, and around the calls that it is about."""
    chance = Random(f"slack:{seed}")
    with ground.run(f"slack-{seed}") as run, _slack(Path(run.folder) / JOURNAL, _log(run, 99)) as url:
        settings = _settings(run, url)
        _lived(run, settings, 0, None)
        deaths = [("ledger:", chance.randint(1, CALLS)) for _ in range(chance.randint(2, 6))]
        kills = sum(_lived(run, settings, number, death) for number, death in enumerate(deaths, 1))
        _lived(run, settings, len(deaths) + 1, None)
        return Tried(kills, _judged(run), len(run.log(JOURNAL).lines()), kills=kills)


@contextmanager
def _slack(journal: Path, log: Path) -> Iterator[str]:
    """Its address; it is there until the end."""
    ours, its = socket.socketpair()
    with ours, its:
        child = forked(lambda: _be_slack(journal, its), log)
        try:
            yield ours.recv(200).decode()
        finally:
            _kill(child)


def _be_slack(journal: Path, tells: socket.socket) -> None:
    with SlackFarEnd(record=journal) as slack:
        tells.sendall(slack.api.encode())
        threading.Event().wait()


def _settings(run: Run, url: str) -> Settings:
    config = Path(run.folder) / "slack.yaml"
    config.write_text(CONFIG)
    given = {
        "config_file": config,
        "slack_bot_token": SecretStr(TOKEN),
        "slack_signing_secret": SecretStr(SIGNING_SECRET),
        "slack_api_url": url,
    }
    return run.settings().model_copy(update=given)


def _lived(run: Run, settings: Settings, number: int, death: tuple[str, int] | None) -> bool:
    """Was it killed?  The first life only writes down what there is to tell."""
    ended = _ended(forked(lambda: asyncio.run(_live(settings, number, death)), _log(run, number)), None)
    if ended not in (0, -SIGKILL):
        raise RuntimeError(_log(run, number).read_text())
    return ended == -SIGKILL


async def _live(settings: Settings, number: int, death: tuple[str, int] | None) -> None:
    clock = QuickClock()
    clock.time += number * SOON
    pointed = partial(planted.record, points=Points(die_at=death), bug="")
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), record=pointed)
    async with bootstrap(settings, replaced) as application:
        if number == 0:
            await _write_down(application)
            return
        last = await application.views.journal_head()
        for _ in range(ROUNDS):
            if await application.record.journal.followed("slack") >= last:
                return
            await application.dispatcher.dispatch()
            clock.time += SOON


async def _write_down(application: Application) -> None:
    record, now = application.record, application.clock.now()
    for number in range(INCIDENTS):
        opened = an_incident(now, id=f"inc-{number}", title=f"Errors on service {number}")
        await record.database.write(partial(incidents.insert, incident=opened))
        for kind in (EventType.INCIDENT_OPENED, *MISHAPS):
            await record.journal.record(Event(type=kind, incident=opened.id, text=_words(kind, number)))


def _words(kind: EventType, number: int) -> str:
    return f"It is {kind} about number {number}."


def _judged(run: Run) -> Found:
    """Each incident has a card, and below the cards each sentence stands once, alone or with others."""
    told = run.log(JOURNAL).lines()
    cards = sum(line["effect"] == "post" for line in told)
    below = " ".join(line["text"] for line in told if line["effect"] == "reply")
    counts = {_words(kind, number): 0 for kind in MISHAPS for number in range(INCIDENTS)}
    counts = {words: below.count(words) for words in counts}
    lost = [f"Slack was never told: {words}" for words, count in counts.items() if count == 0]
    twice = [f"Slack was told {count} times: {words}" for words, count in counts.items() if count > 1]
    lost += [f"{cards} cards of {INCIDENTS} incidents"] if cards < INCIDENTS else []
    twice += [f"{cards} cards of {INCIDENTS} incidents"] if cards > INCIDENTS else []
    return Found(tuple(lost), tuple(twice), ())
