"""What do sealing, hashing, signing and redaction cost? Processor time with them, and with them taken out.

No setting takes them out: here other functions are put in their places. Processor time of the whole process, so that
what else the machine does counts less than in seconds; a little with and a little without, again and again, and garbage
collected as in a process that serves.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from agent.bootstrap import Application
from agent.entrypoints.demo.replay import Replay
from agent.entrypoints.garbage import steady
from evals.bench.replayed import alert, fresh, replayed
from evals.bench.row import Row
from evals.scripted import ScriptedModel

_SIGNED = "0" * 64
_LEASE = timedelta(minutes=10)
_PART = 20
"""Alerts that are taken in with all of it, before as many are without."""
_OUT = {
    "agent.storage.personal.written": lambda _, event, __: event.model_dump(mode="json", exclude={"subject"}),
    "agent.storage.journal._row": lambda sequence, at, said, previous: {
        "subject": None,
        "sealed": None,
        **said,
        "sequence": sequence,
        "at": at,
        "previous": previous,
        "hash": _SIGNED,
    },
    "agent.storage.journal._seal": lambda *_: _SIGNED,
    "agent.storage.journal._signature": lambda *_: _SIGNED,
    "agent.storage.checkpoints._sealed": lambda *_: b"0" * 32,
    "agent.policy.redaction.Redactor.redact": lambda _, text: text,
    "agent.policy.redaction.Redactor.abstract": lambda _, text: text,
}
"""By the name of each: what stands there instead."""

_Work = Callable[[Application, Replay, int], Awaitable[float]]


async def rows(folder: Path, runs: int, alerts: int, incidents: int) -> list[Row]:
    """One run takes in and places `alerts` alerts, a post each; then it takes `incidents` through the graph."""
    return [
        await _row("keeping: alerts to placed", runs, partial(_run, folder, _placed, max(1, alerts // _PART))),
        await _row("keeping: an incident, a model", runs, partial(_run, folder, _investigated, incidents)),
    ]


async def _row(name: str, runs: int, run: Callable[[], Awaitable[tuple[float, float]]]) -> Row:
    pairs = [await run() for _ in range(runs)]
    return Row(name, "s", tuple(ours for ours, _ in pairs), tuple(bare for _, bare in pairs))


async def _run(folder: Path, work: _Work, times: int) -> tuple[float, float]:
    """Processor time of a piece of work, with and without; on two records, since what is not signed is refused."""
    ours, bare = list[float](), list[float]()
    with TemporaryDirectory(dir=folder) as data, TemporaryDirectory(dir=folder) as other:
        replay = fresh()
        async with replayed(Path(data), replay, ScriptedModel()) as kept, AsyncExitStack() as stack:
            with _bare():
                unkept = await stack.enter_async_context(replayed(Path(other), replay, ScriptedModel()))
            steady()
            for number in range(times):
                ours.append(await work(kept, replay, number))
                with _bare():
                    bare.append(await work(unkept, replay, number))
    return median(ours), median(bare)


async def _placed(application: Application, _: Replay, number: int) -> float:
    service, began = application.service, time.process_time()
    for host in range(_PART):
        labels = {"alertname": f"Alert{number}-{host}", "service": "web", "host": f"web-{host}"}
        body = json.dumps({"alerts": [{"status": "firing", "labels": labels}]}).encode()
        await service.intake.receive("alertmanager", "bench", body)
    while await service.placement.place_waiting():
        pass
    return time.process_time() - began


async def _investigated(application: Application, replay: Replay, number: int) -> float:
    """The run alone."""
    await application.service.intake.receive("alertmanager", "bench", alert(replay, f"c{number}"))
    await application.service.placement.place_waiting()
    lease = await application.queue.lease("bench", _LEASE)
    if lease is None:
        raise RuntimeError("no job came of the alert")
    began = time.process_time()
    await application.service.runs.run(lease)
    took = time.process_time() - began
    await application.queue.acknowledge(lease)
    return took


@contextmanager
def _bare() -> Iterator[None]:
    with ExitStack() as out:
        for name, instead in _OUT.items():
            out.enter_context(patch(name, instead))
        yield
