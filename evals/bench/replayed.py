"""The agent on a recorded incident: nothing is waited for that is not its own work."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.bootstrap import Application, Replaced, bootstrap
from agent.bootstrap.machine import SystemClock
from agent.domain.rules import Policy
from agent.entrypoints.demo.recording import Recording
from agent.entrypoints.demo.replay import Replay
from agent.ports import Model
from agent.settings import Settings
from agent.testing import NoMemory

_ROOT = Path(__file__).parents[2]
RECORDING = Recording(_ROOT / "evals" / "cases" / "lab" / "deploy-payment")


@asynccontextmanager
async def replayed(data: Path, replay: Replay, model: Model | None = None) -> AsyncIterator[Application]:
    """On a data folder of its own, asking the recording; it proposes nothing and remembers nothing."""
    settings = Settings.model_validate({"data": data, "port": 0, "runbooks": _ROOT / "runbooks"})
    replaced = Replaced(
        clock=SystemClock(), sources=replay.sources, model=model, memory=NoMemory(), policy=Policy(autonomy="observe")
    )
    async with bootstrap(settings, replaced) as application:
        yield application


def fresh() -> Replay:
    """The recording as if its alert had been posted just now."""
    return Replay(RECORDING, SystemClock())


def alert(replay: Replay, cluster: str) -> bytes:
    """The recorded post, from a cluster of its own: each cluster's is an incident of its own."""
    body = json.loads(RECORDING.alert(replay.shift))
    for one in body["alerts"]:
        one["labels"]["cluster"] = cluster
        one["fingerprint"] = f"{one['fingerprint']}-{cluster}"
    return json.dumps(body).encode()
