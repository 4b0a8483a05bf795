"""Two webs and two workers on one PostgreSQL and one Redis: is everything done once, whoever dies?"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import create_engine, text

from agent.entrypoints.demo.recording import Recording
from tests.clocks import FastClock
from tests.e2e.line import ROOT, served
from tests.e2e.process import Setting
from tests.e2e.test_kill import CASE, HangingShop
from tests.farends.ports import free_port
from tests.farends.postgres import HOW, PostgresServer, binaries, postgres_server
from tests.farends.redis import HOW as HOW_REDIS
from tests.farends.redis import RedisServer, redis_server
from tests.overdue import killed_when_overdue
from tests.system import program
from tests.until import awaited

pytestmark = pytest.mark.system

SPEED = 4.0
"""A lease of 30 s is then 7.5 s: long enough for a worker on a busy machine to keep it."""


class Fleet:
    """Processes that differ in role and port alone."""

    def __init__(self, common: Setting, shop: HangingShop, redis: RedisServer, record: PostgresServer) -> None:
        self.record = record
        self.shop = shop
        self.redis = redis
        self._common = common
        self._webs = [replace(common, role="web", port=free_port()) for _ in range(2)]
        self.workers: list[subprocess.Popen[str]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as ends:
            webs = [self._start(web, ends) for web in self._webs]
            self.workers = [self._start(replace(self._common, role="worker"), ends) for _ in range(2)]
            for process in (*webs, *self.workers):
                assert process.stdout is not None
                with killed_when_overdue(process):
                    assert process.stdout.readline() == "ready\n"
            yield

    def get(self, web: int, path: str) -> Any:
        return self._ask(web, "GET", path)

    def post(self, web: int, path: str, body: object) -> Any:
        return self._ask(web, "POST", path, content=json.dumps(body))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the record says, read beside the agent."""
        engine = create_engine(self._common.database.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def alert(self) -> Any:
        recording = Recording(CASE)
        return json.loads(recording.alert(datetime.fromisoformat(self._common.began) - recording.now))

    def _start(self, setting: Setting, ends: ExitStack) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.e2e.process", setting.told()]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        ends.enter_context(process)
        ends.callback(process.kill)
        return process

    def _ask(self, web: int, method: str, path: str, **what: Any) -> Any:
        key = (Path(self._common.data) / "local-operator.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self._webs[web].port}{path}"
        response = httpx2.request(method, url, headers=headers, timeout=60, **what)
        assert response.is_success, response.text
        return response.json()


@asynccontextmanager
async def _fleet(tmp_path: Path, hang: str = "") -> AsyncIterator[Fleet]:
    if binaries() is None:
        pytest.skip(HOW)
    began = datetime.now(UTC)
    shop = HangingShop(FastClock(SPEED, began), hang)
    with postgres_server() as record, redis_server(program("redis-server", HOW_REDIS)) as redis:
        async with served(shop) as url:
            common = Setting(
                data=str(tmp_path / "data"),
                case=str(CASE),
                began=began.isoformat(),
                port=0,
                shop=url,
                token=shop.token,
                speed=SPEED,
                database=record.address.replace("+psycopg", ""),
                redis=redis.url,
            )
            yield Fleet(common, shop, redis, record)


def _pending(fleet: Fleet, web: int) -> Any:
    return fleet.get(web, "/api/approvals?status=pending")["approvals"]


def _ended(fleet: Fleet) -> list[Any]:
    found = fleet.get(0, "/api/incidents")["incidents"]
    return [one for one in found if one["status"] in {"resolved", "parked"}]


async def test_what_comes_through_two_webs_is_placed_investigated_and_done_once_though_redis_and_postgres_crash(
    tmp_path: Path,
) -> None:
    async with _fleet(tmp_path) as fleet:

        def story() -> None:
            with fleet.running():
                alert = fleet.alert()
                for web in (0, 1, 0, 1):
                    fleet.post(web, "/webhooks/alertmanager", alert)
                fleet.redis.kill()
                asked = awaited(lambda: _pending(fleet, 1))
                fleet.post(1, "/webhooks/alertmanager", alert)
                fleet.redis.start()
                fleet.record.stop()
                fleet.record.start()
                fleet.post(0, f"/api/approvals/{asked[0]['id']}", {"decision": "approve", "reason": ""})
                with fleet.redis.client() as redis:
                    redis.flushall()
                ended = awaited(lambda: _ended(fleet))
                assert [one["status"] for one in ended] == ["resolved"]
                alerts = len(alert["alerts"])
                awaited(lambda: fleet.rows("SELECT 1 FROM alerts WHERE fate IS NULL") == [])
                assert fleet.rows("SELECT fate, count(*) FROM alerts GROUP BY fate ORDER BY fate") == [
                    ("duplicate", 4 * alerts),
                    ("incident", alerts),
                ]

        await asyncio.to_thread(story)
        assert [(one["service"], one["what"]) for one in fleet.shop.journal] == [("payment", "rollback")]


async def test_a_worker_killed_in_the_middle_of_a_run_is_replaced_under_a_higher_epoch_and_has_one_effect(
    tmp_path: Path,
) -> None:
    async with _fleet(tmp_path, hang="after") as fleet:

        def story() -> None:
            with fleet.running():
                fleet.post(0, "/webhooks/alertmanager", fleet.alert())
                asked = awaited(lambda: _pending(fleet, 1))
                fleet.post(1, f"/api/approvals/{asked[0]['id']}", {"decision": "approve", "reason": ""})
                awaited(lambda: fleet.shop.journal)
                ((holder, epoch),) = fleet.rows("SELECT holder, epoch FROM jobs WHERE kind = 'resume'")
                fleet.shop.hang = ""
                os.kill(_pid(holder), signal.SIGKILL)
                assert [one["status"] for one in awaited(lambda: _ended(fleet))] == ["resolved"]
                ((taken_over, later),) = fleet.rows("SELECT holder, epoch FROM jobs WHERE kind = 'resume'")
                assert {_pid(holder), _pid(taken_over)} == {worker.pid for worker in fleet.workers}
                assert later > epoch

        await asyncio.to_thread(story)
        assert [(one["service"], one["what"]) for one in fleet.shop.journal] == [("payment", "rollback")]


def _pid(holder: str) -> int:
    return int(holder.split(":")[1])
