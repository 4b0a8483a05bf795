"""Does each alert end in one place, however often, late or out of order it comes?"""

import asyncio
import json
import threading
import time
from collections import defaultdict
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

from agent.bootstrap import Application, Replaced, bootstrap
from agent.graph.context import Sources
from agent.testing import NoMemory
from tests.attacks.world import NOW, QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried
from tests.chaos.check import Found
from tests.chaos.drills.machine import serving
from tests.chaos.life import KEYS, Run
from tests.chaos.server import Ground, receipts

EPISODES = 100
"""Of one try, each of another service."""
APART = timedelta(hours=3)
"""Between two episodes: longer than anything that would make them one."""
BODIES, ALERTS, CAUSES = 200, 100, 200
"""Of a storm: posts, alerts in each, and what is really broken."""
WITHIN = 12.0
"""Seconds that a storm of that size takes: 100,000 alerts a minute."""
SPARE = 1.1
"""Incidents a cause may become, on average."""


def episodes(ground: Ground, seed: int, _: Known) -> Tried:
    """Two Alertmanagers send each alert, again and again, and what is over before what has begun."""
    with ground.run(f"episodes-{seed}") as run:
        return apart(lambda: asyncio.run(_episodes(run, Random(f"episodes:{seed}"))))


async def _episodes(run: Run, chance: Random) -> Tried:
    clock = QuickClock()
    replaced = Replaced(clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(run.settings(), replaced) as application:
        given = []
        for number in range(EPISODES):
            given += await _episode(application, clock, chance, f"service-{number}")
            clock.time += APART
        where = await _where(application, given)
    split = tuple(f"{name} became {len(its)} incidents" for name, its in where.items() if len(its) != 1)
    incidents = set[str | None]().union(*where.values())
    merged = len(incidents) < len(where)
    lost = tuple(f"an alert of {name} ended nowhere" for name, its in where.items() if None in its)
    told = (f"{EPISODES} episodes became {len(incidents)} incidents",) if merged else ()
    return Tried(EPISODES, Found(lost, split, told))


async def _episode(application: Application, clock: QuickClock, chance: Random, service: str) -> list[str]:
    """Its receipts."""
    began = clock.now()
    over = began + timedelta(minutes=4)
    firing, resolved = _alert(service, began, None), _alert(service, began, over)
    deliveries = [firing] * chance.randint(2, 6) + [resolved] * chance.randint(1, 4)
    chance.shuffle(deliveries)
    if resolved is deliveries[0]:
        clock.time = over
    given = []
    for delivery in deliveries:
        clock.time += timedelta(seconds=chance.uniform(0, 20))
        receipt = await application.service.intake.receive("alertmanager", "sender", _body([delivery]))
        given.append(receipt.id)
        if chance.random() < 0.5:
            await application.service.placement.place_waiting()
    while await application.service.placement.place_waiting():
        pass
    return given


async def _where(application: Application, given: list[str]) -> dict[str, set[str | None]]:
    """Service -> the incidents that its alerts are of."""
    found: dict[str, set[str | None]] = defaultdict(set)
    for receipt in given:
        for placed in (await application.views.receipt(receipt)).alerts:
            service = placed.alert.labels["service"]
            if placed.fate is None:
                found[service].add(None)
            elif placed.incident:
                found[service].add(placed.incident)
    return found


def storm(ground: Ground, seed: int, _: Known) -> Tried:
    """Posts come when they come, whether or not the earlier ones were answered."""
    with ground.run(f"storm-{seed}", web=True) as run:
        return apart(lambda: _storm(run, Random(f"storm:{seed}")))


def _storm(run: Run, chance: Random) -> Tried:
    bodies = [_body([_of_a_cause(chance) for _ in range(ALERTS)]) for _ in range(BODIES)]
    with serving(run) as (port, _):
        posts = [_Post(run, port, body) for body in bodies]
        began = time.monotonic()
        for number, post in enumerate(posts):
            time.sleep(max(0.0, began + number * WITHIN / BODIES - time.monotonic()))
            post.start()
        for post in posts:
            post.join()
    acked = [post.receipt for post in posts if post.receipt]
    lost = receipts(run, acked)
    incidents = apart(lambda: asyncio.run(_count(run)))
    told = []
    if incidents > CAUSES * SPARE:
        told.append(f"{CAUSES} causes became {incidents} incidents")
    if len(acked) < BODIES:
        told.append(f"{BODIES - len(acked)} of {BODIES} posts were never accepted")
    return Tried(BODIES, Found(tuple(lost), (), tuple(told)))


async def _count(run: Run) -> int:
    replaced = Replaced(clock=QuickClock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    async with bootstrap(run.settings(), replaced) as application:
        cursor, count = "", 0
        while True:
            page = await application.views.incidents(limit=200, cursor=cursor)
            count += len(page.incidents)
            if not (cursor := page.cursor or ""):
                return count


class _Post(threading.Thread):
    """As Alertmanager: again after every failure, until a 2xx."""

    def __init__(self, run: Run, port: int, body: bytes) -> None:
        super().__init__()
        self._port = port
        self._body = body
        self._token = json.loads(Path(run.folder, KEYS).read_text())["sender"]
        self.receipt = ""

    def run(self) -> None:
        give_up = time.monotonic() + 120
        while not self.receipt and time.monotonic() < give_up:
            self._try()

    def _try(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("POST", "/webhooks/alertmanager", self._body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            if answer.status == 202:
                self.receipt = told["receipt"]
            else:
                time.sleep(0.5)
        except OSError:
            time.sleep(0.5)
        finally:
            connection.close()


def _of_a_cause(chance: Random) -> dict[str, Any]:
    cause = chance.randrange(CAUSES)
    more = {"instance": f"pod-{chance.randrange(50)}", "alertname": chance.choice(("Errors", "Latency", "Restarts"))}
    return _alert(f"service-{cause}", NOW - timedelta(minutes=2), None, more)


def _alert(service: str, began: datetime, over: datetime | None, more: dict[str, str] | None = None) -> dict[str, Any]:
    labels = {"alertname": "Errors", "service": service, "cluster": f"of-{service}", "severity": "high"} | (more or {})
    return {
        "status": "resolved" if over else "firing",
        "labels": labels,
        "annotations": {"summary": f"{service} fails"},
        "startsAt": began.isoformat(),
        "endsAt": over.isoformat() if over else "0001-01-01T00:00:00Z",
    }


def _body(alerts: list[dict[str, Any]]) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "groupKey": "{}", "alerts": alerts}).encode()
