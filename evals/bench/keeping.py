"""What do sealing, hashing, signing and redaction cost? Processor time with them, and with them taken out.

No setting takes them out: here other functions are put in their places. Processor time of the whole process, so that
what else the machine does counts less than in seconds.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from evals.bench.replayed import alert, fresh, replayed
from evals.bench.row import Row, in_turn
from evals.scripted import ScriptedModel

_SIGNED = "0" * 64
_LEASE = timedelta(minutes=10)
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


async def rows(folder: Path, runs: int, alerts: int) -> list[Row]:
    """One run takes in and places `alerts` alerts, a post each, then takes one incident through the graph."""
    measure = _Keeping(folder, alerts)
    return [
        await in_turn("keeping: alerts to placed", "s", runs, measure.intake, measure.bare_intake),
        await in_turn("keeping: an incident, a model", "s", runs, measure.steps, measure.bare_steps),
    ]


class _Keeping:
    def __init__(self, folder: Path, alerts: int) -> None:
        self._folder = folder
        self._alerts = alerts

    async def intake(self) -> float:
        with TemporaryDirectory(dir=self._folder) as data:
            async with replayed(Path(data), fresh()) as application:
                service, began = application.service, time.process_time()
                for number in range(self._alerts):
                    labels = {"alertname": f"Alert{number}", "service": "web", "host": f"web-{number}"}
                    body = json.dumps({"alerts": [{"status": "firing", "labels": labels}]}).encode()
                    await service.intake.receive("alertmanager", "bench", body)
                while await service.placement.place_waiting():
                    pass
                return time.process_time() - began

    async def steps(self) -> float:
        with TemporaryDirectory(dir=self._folder) as data:
            replay = fresh()
            async with replayed(Path(data), replay, ScriptedModel()) as application:
                await application.service.intake.receive("alertmanager", "bench", alert(replay, "c1"))
                await application.service.placement.place_waiting()
                lease = await application.queue.lease("bench", _LEASE)
                if lease is None:
                    raise RuntimeError("no job came of the alert")
                began = time.process_time()
                await application.service.runs.run(lease)
                return time.process_time() - began

    async def bare_intake(self) -> float:
        with _bare():
            return await self.intake()

    async def bare_steps(self) -> float:
        with _bare():
            return await self.steps()


@contextmanager
def _bare() -> Iterator[None]:
    with ExitStack() as out:
        for name, instead in _OUT.items():
            out.enter_context(patch(name, instead))
        yield
