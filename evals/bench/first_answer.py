"""How long from the alert's post to a diagnosis on the record, without a model? The reference is the analysis alone."""

import asyncio
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from agent.analysis.ranking import diagnose
from agent.analysis.symptom import symptom_of
from agent.bootstrap import Application
from agent.domain.event import EventType, Recorded
from agent.entrypoints.serving import serving
from agent.graph.nodes.survey import observe
from agent.ingest import alertmanager
from evals.bench.children import PATIENCE
from evals.bench.replayed import RECORDING, alert, fresh, replayed
from evals.bench.row import Row, in_turn


async def row(folder: Path, runs: int) -> Row:
    """Every run begins on an empty data folder; starting up is not counted."""
    return await in_turn("first useful answer, no model", "s", runs, partial(_line, folder), _analysis)


async def _line(folder: Path) -> float:
    """Over HTTP: stored, placed, leased, triaged, surveyed and diagnosed, each on the disk."""
    with TemporaryDirectory(dir=folder) as data:
        replay = fresh()
        async with replayed(Path(data), replay) as application, serving(application) as running:
            minted = await application.identity.keys.create("bench", "machine", ["ingest"])
            async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {minted.token}"}) as client:
                posted = application.clock.now()
                response = await client.post(f"{running.url}/webhooks/alertmanager", content=alert(replay, "c0"))
            response.raise_for_status()
            return ((await _diagnosed(application)).at - posted).total_seconds()


async def _diagnosed(application: Application) -> Recorded:
    async with asyncio.timeout(PATIENCE):
        while True:
            for entry in await application.record.journal.after(0):
                if entry.event.type is EventType.DIAGNOSED:
                    return entry
            await asyncio.sleep(0.05)


async def _analysis() -> float:
    """The same alert, the same questions to the same recording, and what follows from the answers."""
    replay = fresh()
    now = RECORDING.now + replay.shift
    alerts, _ = alertmanager.parse(alert(replay, "c0"), now)
    began = time.perf_counter()
    diagnose(await observe(replay.sources, alerts, symptom_of(alerts), now, []))
    return time.perf_counter() - began
