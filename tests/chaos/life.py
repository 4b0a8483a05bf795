"""What does one process do from its start to its death?  Everything that is due: alert, graph, people, far end.

Each life is a process of its own on the run's data folder. `python -m tests.chaos.life '<JSON>'` is one from a cold
start; the fork server makes the others.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select

from agent.bootstrap import Application, Replaced, bootstrap
from agent.bootstrap.actions import code_digest, executors_for
from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.base import canonical
from agent.domain.errors import AgentError, LeaseLost
from agent.domain.event import Event
from agent.domain.job import Lease
from agent.domain.remediation import effect_key
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.ports import Model
from agent.settings import Settings
from agent.storage.jobs import DELIVERIES
from agent.storage.tables import alerts, jobs
from agent.testing import NoMemory
from tests.attacks.world import NOW, Channels, QuickClock, _alert, _sources
from tests.chaos import planted
from tests.chaos.logs import Log
from tests.chaos.points import Points, watch_steps
from tests.chaos.zombie import Zombie

SENDER, PEOPLE, ENDING, KEYS = "sender.jsonl", "people.jsonl", "ending.json", "keys.json"
RECOVERED, STRUCK = "recovered.jsonl", "struck.jsonl"
LEASE = timedelta(seconds=30)
BETWEEN = timedelta(seconds=1)
"""From one life to the next, on the agent's clock."""
LATER = timedelta(minutes=2)
"""Longer than any back-off."""
ROUNDS = 40
LOOK_AGAIN = 0.02
"""Seconds, where another process has to notice something first."""
PATIENCE = 60.0
"""Seconds that is waited for at most."""
BODY = _alert(Channels())
APPROVE = "policy: {autonomy: approve}\n"


@dataclass(frozen=True)
class Run:
    """One incident, through as many lives as it takes."""

    folder: str
    port: int
    world: str
    """The folder with telemetry and runbooks."""
    database: str = ""
    """The record's address, where it is not in the folder."""
    redis: str = ""
    denies: bool = False
    """Whether the person says no."""
    regrets_at: str = ""
    """The point at which a person says no after all."""
    planted: str = ""
    """The bug that the agent has; none, as it is shipped."""
    zombie: bool = False
    """A worker is held up past its lease, and wakes when another is at the job."""
    past: float = 31.0
    """Seconds by which the clock of the other one is ahead."""
    crowd: bool = False
    """Both people click three times, all at once."""
    before_expiry: float | None = None
    """People click so many seconds before their question expires, or after it where it is negative."""
    web: bool = False
    """The alert comes by HTTP, from a sender that is a process of its own."""
    strikes: tuple[tuple[str, int, str], ...] = ()
    """(point, at its how-manieth passing in the first life, what happens there)."""
    group: str = ""
    """The control group that its first two lives join, where it is limited."""
    fails_sync: int = 0
    """The how-manieth sync of its record's log fails in its first life; 0: none."""
    anchors: str = ""
    """The file with the journal's heads, where it is not in the folder."""
    far_end: str = ""
    """Where the far end is called, when that is not its own port."""
    waits: bool = False
    """Some time goes by before it is judged, in which what was left lying is found."""
    deliveries: int = DELIVERIES
    """So many deaths of its worker set a job aside."""

    @property
    def token(self) -> str:
        return Path(self.folder).name

    def log(self, name: str) -> Log:
        return Log(Path(self.folder) / name)

    @lru_cache(maxsize=8)  # noqa: B019 (of the few runs that go on at the moment)
    def settings(self) -> Settings:
        """Read once for all lives: asked before the first is forked."""
        folder, world = Path(self.folder), Path(self.world)
        config = folder / "agent.yaml"
        if not config.exists():
            config.write_text(APPROVE)
        given: dict[str, Any] = {
            "data": folder / "data",
            "config_file": config,
            "runbooks": world / "runbooks",
            "port": 0,
        }
        if self.anchors:
            given["journal_anchors"] = Path(self.anchors)
        if self.database:
            given["database_url"] = self.database
        if self.redis:
            given["redis_url"] = SecretStr(self.redis)
        return Settings.model_validate(given)


@cache
def telemetry(world: str) -> Sources:
    """Read once, before lives are forked; nothing in it changes."""
    return _sources(Path(world), Channels())


@cache
def _code() -> str:
    """Nobody changes it while this runs."""
    return code_digest()


Strike = Callable[[str], None]


class Life:
    def __init__(
        self,
        run: Run,
        number: int,
        points: Points,
        *,
        began: float | None = None,
        strike: Strike | None = None,
        model: Model | None = None,
    ) -> None:
        """`began`: when its process was started, by the monotonic clock; `strike`: how it asks for what is to happen
        outside of it."""
        self.run = run
        self._number = number
        self._points = points
        self._began = began or time.monotonic()
        self._strike = strike
        self._model = model
        self.clock = QuickClock()
        self.clock.time = NOW + number * BETWEEN
        self._zombie: Zombie | None = None
        points.stepped = self._stepped

    async def live(self) -> None:
        """Until nothing is due; then what became of everything is written down."""
        async with self._open() as application:
            self._recovered("ready")
            self._wire(application)
            await self.go_on(application)
            ending = await _ending(application, self.run.log(SENDER))
        (Path(self.run.folder) / ENDING).write_text(json.dumps(ending))

    async def go_on(self, application: Application) -> None:
        await self._send(application)
        for _ in range(ROUNDS):
            if not await self._do_what_is_due(application) and await self._nothing_waits(application):
                break
        if self.run.waits:
            self.clock.time += LATER
            await application.service.upkeep.sweep()

    async def serve(self, listening: Any) -> None:
        """Take alerts by HTTP until death."""
        from agent.entrypoints.server import server
        from agent.entrypoints.web import create_app

        async with self._open() as application:
            self._wire(application)
            await server(create_app(application), "127.0.0.1", 0).serve(sockets=[listening])

    def _open(self) -> Any:
        replaced = Replaced(
            clock=self.clock,
            sources=telemetry(self.run.world),
            executors=executors_for(
                "shop-control", self.run.far_end or f"http://127.0.0.1:{self.run.port}", self.run.token
            ),
            memory=NoMemory(),
            model=self._model,
            channels=(),
            code=_code(),
            record=partial(planted.record, points=self._points, bug=self.run.planted),
        )
        return bootstrap(self.run.settings(), replaced)

    def _wire(self, application: Application) -> None:
        watch_steps(self._points)
        due: Any = application.record.queue._jobs
        due._deliveries = self.run.deliveries
        application.service.intake._database = planted.intake(application, self._points, self.run.planted)
        if self.run.regrets_at:
            self._points.hooks[self.run.regrets_at, 1] = partial(self._regret, application)
        if self._number == 0:
            for name, count, what in self.run.strikes:
                self._points.hooks[name, count] = partial(self._struck, what)
        if self.run.zombie:
            self._zombie = Zombie(application, self.clock, self._points, work, timedelta(seconds=self.run.past))
            self._zombie.arm()

    def _stepped(self) -> None:
        self._points.stepped = lambda: None
        self._recovered("step")

    def _recovered(self, what: str) -> None:
        took = round(time.monotonic() - self._began, 3)
        self.run.log(RECOVERED).add(life=self._number, what=what, seconds=took)

    async def _struck(self, what: str) -> None:
        """The clock is ours; all else is done by whoever started us, while we wait."""
        self.run.log(STRUCK).add(what=what)
        if what.startswith("clock "):
            self.clock.time += timedelta(seconds=float(what.removeprefix("clock ")))
        elif self._strike is not None:
            await asyncio.to_thread(self._strike, what)

    async def _send(self, application: Application) -> None:
        log = self.run.log(SENDER)
        if self.run.web or any("acked" in line for line in log.lines()):
            return
        receipt = await application.service.intake.receive("alertmanager", "sender", BODY)
        log.add(acked=receipt.id, accepted=receipt.accepted)
        await self._points.reach("intake:acked")

    async def _do_what_is_due(self, application: Application) -> int:
        done = await application.service.placement.place_waiting()
        while (lease := await self._leased(application)) is not None:
            await work(application, lease)
            if self._zombie is not None:
                await self._zombie.over()
            done += 1
        await application.service.upkeep.sweep()
        decision = Decision.DENY if self.run.denies else Decision.APPROVE
        for asked in await application.views.approvals(ApprovalStatus.PENDING):
            done += 1
            if self.run.before_expiry is not None:
                self.clock.time = max(self.clock.time, asked.expires_at - timedelta(seconds=self.run.before_expiry))
            if self.run.crowd:
                clicks = [self._click(application, asked.id, person, decision) for person in ("anne", "bert") * 3]
                await asyncio.gather(*clicks)
                continue
            for person in ("anne", "bert"):
                await self._click(application, asked.id, person, decision)
        return done

    async def _leased(self, application: Application) -> Lease | None:
        """The next job. What is due by the record is waited for, until its announcement has come round."""
        give_up = time.monotonic() + PATIENCE
        while (lease := await application.queue.lease("worker", LEASE)) is None:
            if not self.run.redis or time.monotonic() > give_up or not await application.record.queue._jobs.due(1):
                return None
            if not self.run.strikes:
                # It would be announced in two seconds anyhow; where Redis itself is struck that is waited for.
                application.queue.wake()
            await asyncio.sleep(LOOK_AGAIN)
        return lease

    async def _nothing_waits(self, application: Application) -> bool:
        """No alert and no job is left; a job that comes back later does so now."""
        count = select(func.count())
        unplaced = count.select_from(alerts).where(alerts.c.fate.is_(None))
        left = count.select_from(jobs).where(jobs.c.status.in_(["queued", "leased"]))
        if await application.record.database.read(lambda connection: connection.scalar(unplaced)):
            # Another session, of a life that was killed, may still hold the duty of placing.
            await asyncio.sleep(LOOK_AGAIN)
            return False
        if not await application.record.database.read(lambda connection: connection.scalar(left)):
            return True
        self.clock.time += LATER
        return False

    async def _regret(self, application: Application) -> None:
        for asked in await application.views.approvals(ApprovalStatus.APPROVED):
            await self._click(application, asked.id, "bert", Decision.DENY)

    async def _click(self, application: Application, approval: str, person: str, decision: Decision) -> None:
        """The person writes down what they were shown before they click, and what they were told after it."""
        asked = await application.views.approval(approval)
        keys = {kind: effect_key(kind, asked.proposal, approval) for kind in ("action", "rollback")}
        log = self.run.log(PEOPLE)
        log.add(clicks=decision, who=person, approval=approval, keys=keys, shown=asked.shown)
        caller = Caller.model_validate(json.loads((Path(self.run.folder) / KEYS).read_text())[person])
        try:
            await application.service.people.decide(approval, decision, caller, via="test", comment="seen")
        except AgentError as refused:
            log.add(refused=str(refused), approval=approval)
            return
        log.add(took=decision, approval=approval)
        await self._points.reach("people:after the click")


async def work(application: Application, lease: Lease) -> None:
    """As `entrypoints.worker` does it, without the beat: the clock stands while it works."""
    try:
        await application.service.runs.run(lease)
        await application.queue.acknowledge(lease)
    except LeaseLost:
        return
    except Exception as error:  # noqa: BLE001 (as the worker: the job comes back, or is set aside)
        with suppress(LeaseLost):
            await application.queue.give_back(lease, f"{type(error).__name__}: {error}")


async def _ending(application: Application, sender: Log) -> dict[str, Any]:
    """What the agent says became of everything; fates are looked up by the receipts that the sender holds."""
    views = application.views
    fates = {}
    for line in sender.lines():
        if receipt := line.get("acked"):
            fates[receipt] = await _fates(application, receipt)
    entries, wrong = await application.record.journal.verify()
    journal = await application.record.journal.after(0, 100_000)
    return {
        "fates": fates,
        "incidents": {one.id: one.status for one in (await views.incidents(limit=200)).incidents},
        "effects": {one.key: one.status for one in await views.effects()},
        "approvals": {one.id: one.status for one in await views.approvals()},
        "audit": {"entries": entries, "wrong": wrong},
        "intents": [entry.event.facts["key"] for entry in journal if entry.event.type == "effect_intent"],
        "placed": sum(entry.event.type == "alert_placed" for entry in journal),
        "dead": sum(entry.event.type == "job_dead" for entry in journal),
        "repeated": [said for said, times in Counter(_said(entry.event) for entry in journal).items() if times > 1],
    }


def _said(event: Event) -> str:
    """Whatever makes it this entry and no other."""
    return canonical(event.model_dump(mode="json"))


async def _fates(application: Application, receipt: str) -> list[list[str | None]] | None:
    try:
        view = await application.views.receipt(receipt)
    except AgentError:
        return None
    return [[placed.fate, placed.incident] for placed in view.alerts]


def main() -> None:
    """`began` is by the monotonic clock, which all processes of a machine share."""
    told = json.loads(sys.argv[1])
    told["run"]["strikes"] = tuple(map(tuple, told["run"]["strikes"]))
    asyncio.run(Life(Run(**told["run"]), told["life"], Points(), began=told["began"]).live())


def told(run: Run, life: int) -> str:
    return json.dumps({"run": asdict(run), "life": life, "began": time.monotonic()})


if __name__ == "__main__":
    main()
