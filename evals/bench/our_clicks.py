"""The whole agent in one process, and a Slack to answer to.

`python -m evals.bench.our_clicks FOLDER SLACK CLICKS WAITING`; its first line is `{"url": ...}`. Once WAITING
investigations wait for a model, FOLDER/ready.json holds CLICKS approvals, and the secret that signs the clicks.
"""

import asyncio
import json
import secrets
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Never

from pydantic import SecretStr

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.approval import Decision
from agent.domain.remediation import Proposal, Risk
from agent.domain.rules import Policy
from agent.entrypoints.garbage import steady
from agent.entrypoints.serving import serving
from agent.entrypoints.worker import Worker
from agent.graph.context import Sources
from agent.identity.keys import caller_of
from agent.settings import Settings
from agent.testing import NoMemory
from evals.bench.children import until_told
from evals.bench.replayed import alert, fresh

_HOURS = timedelta(hours=2)
MEMBER, PERSON = "U0BENCH", "bench"


class SlowModel:
    """`ports.Model`, as slow as can be: who asks it waits."""

    name = "slow"

    def __init__(self) -> None:
        self.waiting = 0

    async def structured(self, *_: object, **__: object) -> Any:
        return await self._wait()

    async def converse(self, *_: object, **__: object) -> Any:
        return await self._wait()

    async def _wait(self) -> Never:
        self.waiting += 1
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


async def serve(folder: Path, slack: str, clicks: int, waiting: int) -> None:
    secret = secrets.token_hex(16)
    config = folder / "agent.yaml"
    config.write_text(f"slack: {{channel: C0BENCH, people: {{{MEMBER}: {PERSON}}}}}\n")
    settings = Settings.model_validate(
        {
            "data": folder / "data",
            "port": 0,
            "log_level": "ERROR",
            "config_file": config,
            "slack_bot_token": SecretStr("xoxb-bench"),
            "slack_signing_secret": SecretStr(secret),
            "slack_api_url": f"{slack}/api/",
        }
    )
    replay, model = fresh(), SlowModel()
    replaced = Replaced(memory=NoMemory(), model=model, sources=Sources(), policy=Policy(autonomy="observe"))
    async with bootstrap(settings, replaced) as application, serving(application, works=False) as running:
        steady()
        print(json.dumps({"url": f"{running.url}/slack/events"}), flush=True)
        person = await application.identity.keys.create(PERSON, "person", ["approve:high"])
        worker = Worker(
            application.service,
            application.queue,
            application.clock,
            concurrency=waiting,
            beside=application.dispatcher.rounds,
        )
        working = asyncio.create_task(worker.run())
        for number in range(waiting):
            # Not by the person who clicks: what somebody's own alert led to, somebody else decides.
            await application.service.intake.receive("alertmanager", "alerts", alert(replay, f"c{number}"))
        [first, *asked] = await _ask(application, clicks + 1, waiting)
        # What is refused is answered sooner: were they not to decide, this raises.
        await application.service.people.decide(first, Decision.APPROVE, caller_of(person.key), via="bench")
        while model.waiting < waiting:  # noqa: ASYNC110 (nobody tells how many wait)
            await asyncio.sleep(0.1)
        _tell(folder, {"approvals": asked, "secret": secret})
        await until_told()
        working.cancel()


async def _ask(application: Application, clicks: int, among: int) -> Sequence[str]:
    """Questions about all the incidents in turn."""
    while len(found := (await application.views.incidents(limit=among)).incidents) < among:  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(0.1)
    about = [found[number % among].id for number in range(clicks)]
    ask = application.record.approvals.request
    asked = [ask(_proposal(incident, number), "bench", "?", _HOURS) for number, incident in enumerate(about)]
    return [one.id for one in await asyncio.gather(*asked)]


def _proposal(incident: str, number: int) -> Proposal:
    return Proposal(
        incident=incident,
        run=f"{incident}.b{number}",
        action="restart-service",
        action_digest="d" * 64,
        arguments={"service": f"s{number}"},
        observed={},
        risk=Risk.LOW,
        reversible=True,
        blast_radius="one process",
        title="Restart it",
        because="it is measured",
    )


def _tell(folder: Path, what: object) -> None:
    (folder / "ready.tmp").write_text(json.dumps(what))
    (folder / "ready.tmp").replace(folder / "ready.json")


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
