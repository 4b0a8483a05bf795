"""Does an alert that cannot be placed hold up the others?  Some of many are poison: to the rules that place them, or to
the record that they are written to, or can no longer be read from it; the process that places them is killed, too.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from random import Random
from signal import SIGKILL
from typing import Literal

from sqlalchemy import update

from agent.bootstrap import Application, Replaced, bootstrap
from agent.correlate.correlator import Correlator
from agent.correlate.placement import Opens, Placement
from agent.correlate.standing import Standing
from agent.domain.alert import Fate, Placed
from agent.domain.event import EventType
from agent.graph.context import Sources
from agent.storage.alerts import asides
from agent.storage.tables import alerts
from agent.testing import NoMemory
from tests.attacks.world import NOW, QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried
from tests.chaos.check import Found
from tests.chaos.drills.storms import _alert, _body
from tests.chaos.life import Run
from tests.chaos.server import Ground, _ended, _log, forked

ALERTS = 40
POISONED = 6
TAKES = 1.5
"""Seconds in which all of them are placed, about."""
Poison = Literal["raises", "recurses", "is not there", "cannot be written", "cannot be read"]
KINDS: tuple[Poison, ...] = ("raises", "recurses", "is not there", "cannot be written", "cannot be read")


def poison(ground: Ground, seed: int, _: Known) -> Tried:
    chance = Random(f"poison:{seed}")
    poisoned = {f"service-{number}": chance.choice(KINDS) for number in chance.sample(range(ALERTS), POISONED)}
    bodies = _bodies(chance)
    with ground.run(f"poison-{seed}") as run:
        given = apart(lambda: asyncio.run(_sent(run, bodies, poisoned)))
        kills = sum(_killed(run, number, poisoned, chance.uniform(0, TAKES)) for number in range(chance.randint(0, 2)))
        found = apart(lambda: asyncio.run(_judged(run, poisoned, given)))
    return Tried(POISONED + kills, found, kills=kills)


class _Poisoned(Correlator):
    def __init__(self, poisoned: Mapping[str, Poison]) -> None:
        chance = Random()
        super().__init__(lambda: f"inc-{chance.getrandbits(60):015x}")
        self._poisoned = poisoned

    def place(self, placed: Placed, standing: Standing) -> Placement:
        found = super().place(placed, standing)
        match self._poisoned.get(placed.alert.labels["service"]):
            case "raises":
                raise ValueError(f"{placed.alert.name} is poison")
            case "recurses":
                return self.place(placed, standing)
            case "is not there":
                raise KeyError(placed.id)
            case "cannot be written" if isinstance(found.effect, Opens):
                return replace(found, effect=Opens(found.effect.incident.model_copy(update={"title": "\ud800"})))
        return found


def _bodies(chance: Random) -> list[bytes]:
    """Each alert twice, in any order, by few posts."""
    fired = [_alert(f"service-{number}", NOW, None) for number in range(ALERTS)] * 2
    chance.shuffle(fired)
    return [_body(fired[start : start + 20]) for start in range(0, len(fired), 20)]


async def _sent(run: Run, bodies: list[bytes], poisoned: Mapping[str, Poison]) -> list[str]:
    async with bootstrap(run.settings(), _replaced({})) as application:
        given = [(await application.service.intake.receive("alertmanager", "sender", body)).id for body in bodies]
        placed = [one for id_ in given for one in (await application.views.receipt(id_)).alerts]
        ids = [one.id for one in placed if poisoned.get(one.alert.labels["service"]) == "cannot be read"]
        damaged = update(alerts).where(alerts.c.id.in_(ids)).values(alert={"of": "a version to come"})
        await application.record.database.write(lambda connection: connection.execute(damaged))
    return given


def _killed(run: Run, number: int, poisoned: Mapping[str, Poison], after: float) -> bool:
    ended = _ended(forked(partial(_place, run, poisoned), _log(run, number)), after)
    if ended not in (0, -SIGKILL):
        raise RuntimeError(_log(run, number).read_text())
    return ended == -SIGKILL


def _place(run: Run, poisoned: Mapping[str, Poison]) -> None:
    async def place() -> None:
        async with bootstrap(run.settings(), _replaced(poisoned)) as application:
            await _place_all(application)

    asyncio.run(place())


async def _place_all(application: Application) -> None:
    """Until nothing waits: where a process was killed, its session keeps the duty for a moment."""
    while (await application.views.load()).alerts.get("waiting"):
        if not await application.service.placement.place_waiting():
            await asyncio.sleep(0.02)


async def _judged(run: Run, poisoned: Mapping[str, Poison], given: list[str]) -> Found:
    async with bootstrap(run.settings(), _replaced(poisoned)) as application:
        await _place_all(application)
        receipts = [await application.views.receipt(id_) for id_ in given]
        aside = await application.record.database.read(lambda connection: asides(connection, 2 * ALERTS))
        told = " ".join(
            entry.event.text
            for entry in await application.record.journal.after(0, 100_000)
            if entry.event.type is EventType.ALERT_PLACED
        )
        _, wrong = await application.record.journal.verify()
    placed = [one for receipt in receipts for one in receipt.alerts]
    kept = len(placed) + sum(len(receipt.quarantined) for receipt in receipts)
    lost = [f"{one.alert.labels['service']} ended as {one.fate}" for one in placed if not _well(one, poisoned)]
    incidents = {one.incident for one in placed if one.incident}
    if kept != 2 * ALERTS or len(aside) != 2 * POISONED or len(incidents) != ALERTS - POISONED:
        lost.append(f"{kept} alerts, {len(aside)} of them set aside, are {len(incidents)} incidents")
    untold = [f"the journal does not say why {one.id} was set aside" for one in aside if told.count(one.reason) < 1]
    twice = [f"{one.id} was set aside more than once" for one in aside if told.count(f"Alert {one.id}: ") > 1]
    return Found(tuple(lost), tuple(twice), (*untold, *([wrong] if wrong else [])))


def _well(one: Placed, poisoned: Mapping[str, Poison]) -> bool:
    if one.alert.labels["service"] in poisoned:
        return one.fate is Fate.QUARANTINED and bool(one.reason)
    return one.fate in (Fate.INCIDENT, Fate.DUPLICATE)


def _replaced(poisoned: Mapping[str, Poison]) -> Replaced:
    return Replaced(
        clock=QuickClock(),
        sources=Sources(),
        executors={},
        memory=NoMemory(),
        channels=(),
        correlator=_Poisoned(poisoned),
    )
