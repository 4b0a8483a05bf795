"""Who starts, watches, restarts, breaks and heals the shop's processes?"""

import asyncio
import os
import secrets
import signal
import sys
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from evals.lab.shop.announce import Announcer
from evals.lab.shop.changes import Change, ChangeFeed, ChangeKind
from evals.lab.shop.layout import Layout
from evals.lab.shop.service import Order, Start, cache_file
from evals.lab.shop.topology import FLAGS, POOL_SIZE, SERVICES, STORE_CLIENTS
from evals.lab.shop.versions import STABLE, bad_version, next_patch

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 3.0
CRASHES_ALLOWED = 3
"""More than this many in a row, and the process is left down until somebody restarts it."""
CRASH_PAUSE_S = 1.5

Fault = Literal["deploy", "leak", "hog", "pool-leak", "hang", "crash", "lock", "flag"]
"""What the switch can do; `flag` means the service's first flag."""


class CannotDo(Exception):
    """The service has no such thing; nothing was done."""


class ServiceState(BaseModel):
    """What `GET /services/{service}` answers."""

    service: str
    pid: int | None
    """None while it is down."""
    version: str
    started_at: datetime | None
    flags: dict[str, bool]
    pool_size: int | None
    """None when the service holds no connections to the store."""


class Ward:
    """One service: how it is to run, and the process that does."""

    def __init__(self, layout: Layout, service: str) -> None:
        self.service = service
        self.version = STABLE[service]
        self.previous: str | None = None
        self.flags = dict.fromkeys(FLAGS.get(service, ()), False)
        self.pool_size = POOL_SIZE if service in STORE_CLIENTS else 0
        self.pod = ""
        self._layout = layout
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._started_at: datetime | None = None
        self._turn = asyncio.Lock()

    def state(self) -> ServiceState:
        return ServiceState(
            service=self.service,
            pid=self._pid,
            version=self.version,
            started_at=self._started_at,
            flags=dict(self.flags),
            pool_size=self.pool_size or None,
        )

    async def replace(self) -> None:
        """A new pod: new process, empty disk. Everything that lived in the old process is gone."""
        async with self._turn:
            await self._stop()
            suffix = "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
            self.pod = f"{self.service}-{suffix}"
            await self._spawn()
            self._watch = asyncio.create_task(self._watch_over())

    async def end(self) -> None:
        async with self._turn:
            await self._stop()

    async def tell(self, order: Order) -> None:
        if self._process is None or self._process.stdin is None:
            raise CannotDo(f"{self.service} is down.")
        self._process.stdin.write(order.model_dump_json().encode() + b"\n")
        await self._process.stdin.drain()

    def send_signal(self, number: signal.Signals) -> None:
        if self._pid is None:
            raise CannotDo(f"{self.service} is down.")
        os.kill(self._pid, number)

    def corrupt_cache(self) -> None:
        cache_file(self._layout, self.pod).write_text('{"built": 17', encoding="utf-8")

    @property
    def _pid(self) -> int | None:
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def _spawn(self) -> None:
        start = Start(
            service=self.service, version=self.version, pod=self.pod, flags=self.flags, pool_size=self.pool_size
        )
        with (self._layout.run / f"{self.service}.err").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "evals.lab.shop", "service"),
                *("--layout", str(self._layout.run / "shop.json"), "--start", start.model_dump_json()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        self._started_at = datetime.now(UTC)
        await self._until_ready(self._process)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN_S):
                await process.stdout.readline()

    async def _watch_over(self) -> None:
        """Start it again when it dies, on the same disk, until that is hopeless."""
        crashes: deque[float] = deque(maxlen=CRASHES_ALLOWED)
        clock = asyncio.get_running_loop().time
        while self._process is not None:
            await self._process.wait()
            if len(crashes) == CRASHES_ALLOWED and clock() - crashes[0] < 60:
                return
            crashes.append(clock())
            await asyncio.sleep(CRASH_PAUSE_S)
            await self._spawn()

    async def _stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()  # it is stopped, or too busy to listen
            await self._process.wait()


class Supervisor:
    """All of the shop's services, and everything that can be done to them."""

    def __init__(self, layout: Layout) -> None:
        self._wards = {service: Ward(layout, service) for service in SERVICES}
        self._feed = ChangeFeed(layout.run / "changes.jsonl")
        self._announcer = Announcer(layout.changes) if layout.changes else None

    async def start(self) -> None:
        await asyncio.gather(*(ward.replace() for ward in self._wards.values()))

    async def stop(self) -> None:
        await asyncio.gather(*(ward.end() for ward in self._wards.values()))
        if self._announcer is not None:
            await self._announcer.close()

    def state(self, service: str) -> ServiceState:
        return self._ward(service).state()

    def changes(self) -> list[Change]:
        return self._feed.all()

    async def restart(self, service: str) -> ServiceState:
        await self._ward(service).replace()
        return self.state(service)

    async def deploy(self, service: str, version: str, author: str) -> ServiceState:
        ward = self._ward(service)
        before, ward.version = ward.version, version
        ward.previous = before
        self._changed(service, "deploy", f"{service} {before} -> {version}", author)
        await ward.replace()
        return ward.state()

    async def roll_back(self, service: str, author: str) -> ServiceState:
        ward = self._ward(service)
        if ward.previous is None:
            raise CannotDo(f"{service} has had no other version than {ward.version}.")
        state = await self.deploy(service, ward.previous, author)
        ward.previous = None
        return state

    async def set_flag(self, service: str, flag: str, enabled: bool, author: str) -> ServiceState:
        ward = self._ward(service)
        if flag not in ward.flags:
            raise CannotDo(f"{service} has no flag {flag}; it has: {', '.join(ward.flags) or 'none'}.")
        ward.flags[flag] = enabled
        self._changed(service, "flag", f"{service}: {flag} switched {'on' if enabled else 'off'}", author)
        await ward.tell(Order(kind="flag", name=flag, enabled=enabled))
        return ward.state()

    async def resize_pool(self, service: str, size: int) -> ServiceState:
        ward = self._ward(service)
        if not ward.pool_size:
            raise CannotDo(f"{service} has no pool.")
        ward.pool_size = size
        await ward.tell(Order(kind="pool", size=size))
        return ward.state()

    async def innocent_change(self, service: str, kind: ChangeKind, summary: str, author: str) -> None:
        """One that does no harm: a sound patch release, or a line of configuration nobody notices."""
        if kind == "deploy":
            await self.deploy(service, next_patch(self._ward(service).version), author)
        else:
            self._changed(service, kind, summary, author)

    async def rebuild_index(self, service: str, seconds: float) -> None:
        self._changed(service, "other", f"{service}: scheduled search index rebuild started", "scheduler")
        await self._ward(service).tell(Order(kind="job", name="rebuild-index", seconds=seconds))

    async def break_it(self, service: str, fault: Fault, author: str) -> None:
        """Switch the fault on. Healing it is the business of restart, roll_back and set_flag."""
        ward = self._ward(service)
        match fault:
            case "deploy":
                version = bad_version(service)
                if version is None:
                    raise CannotDo(f"{service} has no bad version.")
                await self.deploy(service, version, author)
            case "flag":
                await self.set_flag(service, next(iter(ward.flags), ""), True, author)
            case "hang":
                ward.send_signal(signal.SIGSTOP)
            case "crash":
                ward.corrupt_cache()
                ward.send_signal(signal.SIGKILL)
            case "leak" | "hog" | "pool-leak" | "lock":
                await ward.tell(Order(kind="fault", name=fault))

    def _changed(self, service: str, kind: ChangeKind, summary: str, author: str) -> None:
        change = self._feed.add(service, kind, summary, author)
        if self._announcer is not None:
            self._announcer.announce(change)

    def _ward(self, service: str) -> Ward:
        if service not in self._wards:
            raise CannotDo(f"There is no service {service}; there are: {', '.join(self._wards)}.")
        return self._wards[service]
