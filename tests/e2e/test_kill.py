"""Killed at the worst moments and started again: does the incident end right, with one effect?"""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.entrypoints.demo.recording import Recording
from agent.entrypoints.demo.shop import ReplayedShop
from tests.clocks import FastClock
from tests.e2e.line import CASES, ROOT, served
from tests.e2e.process import Setting
from tests.farends.ports import free_port
from tests.overdue import killed_when_overdue
from tests.until import awaited

HANG = 6.0
"""Seconds: longer than it takes to kill whoever waits."""
SPEED = 8.0
"""Of the clock: the success query has 15 real seconds, which is enough on a busy machine too."""
CASE = CASES / "deploy-payment"


class HangingShop(ReplayedShop):
    """Its next action answers only when it is told to: `before` or `after` it took effect."""

    def __init__(self, clock: FastClock, hang: str = "") -> None:
        recording = Recording(CASE)
        super().__init__(recording.services, recording.heals, self._note)
        self._clock = clock
        self.hang = hang
        self.reached = False
        self.healed_at: datetime | None = None
        self.app.routes.insert(0, Route("/healed", self._healed))

    def _note(self) -> None:
        self.healed_at = self._clock.now()

    async def _healed(self, _: Request) -> JSONResponse:
        return JSONResponse({"at": self.healed_at.isoformat() if self.healed_at else None})

    async def _act(self, request: Request) -> JSONResponse:
        self.reached = True
        if self.hang == "before":
            await asyncio.sleep(HANG)
        answer = await super()._act(request)
        if self.hang == "after":
            await asyncio.sleep(HANG)
        return answer


class Agent:
    """The process, and its REST interface as the operator sees it."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.e2e.process", self._setting.told()]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        with killed_when_overdue(self._process):
            assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process.stdout.close()
            self._process = None

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self._ask("POST", path, content=json.dumps(body))

    def _ask(self, method: str, path: str, **what: Any) -> Any:
        key = (Path(self._setting.data) / "local-operator.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self._setting.port}{path}"
        response = httpx2.request(method, url, headers=headers, timeout=10, **what)
        assert response.is_success, response.text
        return response.json()


@asynccontextmanager
async def _stage(tmp_path: Path, hang: str = "") -> AsyncIterator[tuple[Agent, HangingShop]]:
    began = datetime.now(UTC)
    shop = HangingShop(FastClock(SPEED, began), hang)
    async with served(shop) as url:
        setting = Setting(
            data=str(tmp_path / "data"),
            case=str(CASE),
            began=began.isoformat(),
            port=free_port(),
            shop=url,
            token=shop.token,
            speed=SPEED,
        )
        with _killed_at_the_end(Agent(setting)) as agent:
            yield agent, shop


@contextmanager
def _killed_at_the_end(agent: Agent) -> Any:
    try:
        yield agent
    finally:
        agent.kill()


def _asked(agent: Agent, shop: HangingShop) -> str:
    """Start, post the alert, and wait for the question."""
    agent.start()
    recording = Recording(CASE)
    shift = shop._clock._began - recording.now
    agent.post("/webhooks/alertmanager", json.loads(recording.alert(shift)))
    return str(awaited(lambda: agent.get("/api/approvals?status=pending")["approvals"])[0]["id"])


def _ended(agent: Agent) -> dict[str, Any]:
    """The incident once it is resolved or parked after the action."""
    final = {"resolved", "parked"}
    found = awaited(lambda: [one for one in agent.get("/api/incidents")["incidents"] if one["status"] in final])
    whole = agent.get(f"/api/incidents/{found[0]['id']}")
    assert agent.get("/api/audit?limit=1000")["entries"]
    return dict(whole)


async def test_killed_between_the_question_and_the_answer_it_goes_on(tmp_path: Path) -> None:
    async with _stage(tmp_path) as (agent, shop):

        def story() -> dict[str, Any]:
            approval = _asked(agent, shop)
            agent.kill()
            agent.start()
            agent.post(f"/api/approvals/{approval}", {"decision": "approve", "reason": ""})
            return _ended(agent)

        whole = await asyncio.to_thread(story)
        assert whole["incident"]["status"] == "resolved"
        assert [(one["service"], one["what"]) for one in shop.journal] == [("payment", "rollback")]


@pytest.mark.parametrize("hang", ["before", "after"])
async def test_killed_in_the_middle_of_the_call_it_has_one_effect(tmp_path: Path, hang: str) -> None:
    async with _stage(tmp_path, hang) as (agent, shop):

        def story() -> dict[str, Any]:
            approval = _asked(agent, shop)
            agent.post(f"/api/approvals/{approval}", {"decision": "approve", "reason": ""})
            awaited(lambda: shop.reached and (hang == "before" or shop.journal))
            agent.kill()
            shop.hang = ""
            agent.start()
            return _ended(agent)

        whole = await asyncio.to_thread(story)
        assert whole["incident"]["status"] == "resolved"
        assert [one["status"] for one in whole["effects"]] == ["done"]
        assert [(one["service"], one["what"]) for one in shop.journal] == [("payment", "rollback")]
