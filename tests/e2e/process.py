"""The agent on a replayed incident as a process of its own, to be killed: `python -m tests.e2e.process '<JSON>'`."""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import httpx2

from agent.bootstrap import Replaced, bootstrap
from agent.bootstrap.actions import executors_for
from agent.domain.rules import Policy
from agent.entrypoints.demo.recording import Recording
from agent.entrypoints.demo.replay import Replay
from agent.entrypoints.serving import serving, working
from agent.settings import Settings
from agent.testing import NoMemory
from tests.clocks import FastClock

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Setting:
    """What every process of one test has in common."""

    data: str
    case: str
    began: str
    """ISO 8601: when the fast clock and the replay began."""
    port: int
    shop: str
    token: str
    speed: float = 20.0
    """How many times as fast the clock runs."""
    role: str = "serve"
    """`serve`, `web` or `worker`."""
    database: str = ""
    redis: str = ""

    def told(self) -> str:
        return json.dumps(asdict(self))


async def _run(setting: Setting) -> None:
    began = datetime.fromisoformat(setting.began)
    clock = FastClock(setting.speed, began)
    replay = Replay(Recording(Path(setting.case)), clock, began)
    settings = Settings.model_validate(
        {
            "data": Path(setting.data),
            "port": setting.port,
            "runbooks": ROOT / "runbooks",
            "database_url": setting.database,
            "redis_url": setting.redis or None,
        }
    )
    replaced = Replaced(
        clock=clock,
        sources=replay.sources,
        executors=executors_for("shop-control", setting.shop, setting.token),
        memory=NoMemory(),
        policy=Policy(autonomy="approve"),
    )
    async with bootstrap(settings, replaced) as application:
        healing = asyncio.create_task(_heal_when_the_shop_is(replay, setting))
        if setting.role == "worker":
            print("ready", flush=True)
            await working(application)
        else:
            async with serving(application, works=setting.role == "serve") as running:
                print("ready", flush=True)
                await running.end()
        healing.cancel()


async def _heal_when_the_shop_is(replay: Replay, setting: Setting) -> None:
    async with httpx2.AsyncClient(base_url=setting.shop) as client:
        while replay.healed_at is None:
            healed_at = (await client.get("/healed")).json()["at"]
            if healed_at:
                replay.heal(datetime.fromisoformat(healed_at))
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(_run(Setting(**json.loads(sys.argv[1]))))
