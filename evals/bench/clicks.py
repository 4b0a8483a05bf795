"""After how long does Slack have its 200 for a click, while every worker waits for a slow model?"""

import asyncio
import json
import secrets
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from evals.bench.children import LONGEST, answer, child
from evals.bench.clicking import Clicks
from evals.bench.our_clicks import MEMBER
from evals.bench.row import Row, in_turn

RATE = 50.0
"""Clicks a second."""


async def row(folder: Path, runs: int, seconds: float, waiting: int) -> Row:
    """Each run clicks for `seconds`, while `waiting` investigations wait; both servers stand to the last."""
    own, number, secret = folder / "clicks", int(RATE * seconds), secrets.token_hex(16)
    own.mkdir()
    async with child("evals.bench.bare_clicks", str(own), secret) as bare:
        slack = bare["url"]
        async with child("evals.bench.our_clicks", str(own), slack, str(runs * number), str(waiting)) as ours:
            ready = await asyncio.to_thread(_ready, own / "ready.json")
            fresh = iter([ready["approvals"][at : at + number] for at in range(0, runs * number, number)])
            at = {"replies": slack, "member": MEMBER, "rate": RATE}
            return await in_turn(
                "click in Slack to its 200, p99",
                "s",
                runs,
                partial(_ours, fresh, at | {"url": ours["url"], "secret": ready["secret"]}),
                partial(_p99, Clicks(**at, url=f"{slack}/slack/events", secret=secret, approvals=_named(number))),
            )


def _ready(told: Path) -> Any:
    """What ours says once it is in the state that is measured."""
    give_up = time.monotonic() + LONGEST
    while not told.exists():
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.1)
    return json.loads(told.read_text())


async def _ours(fresh: Iterator[list[str]], at: dict[str, Any]) -> float:
    return await _p99(Clicks(**at, approvals=next(fresh)))


async def _p99(clicks: Clicks) -> float:
    return float((await answer("evals.bench.clicking", clicks.told()))["p99"])


def _named(number: int) -> list[str]:
    return [f"ap-{one:032x}" for one in range(number)]
