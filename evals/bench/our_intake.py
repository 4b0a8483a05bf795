"""The web side of the agent as a process of its own: `python -m evals.bench.our_intake DATA-FOLDER`.

Its first line is `{"url": ..., "key": ...}`. Nothing is replaced on the way of an alert: its key is checked, its body
parsed, its alerts stored as on every installation.
"""

import asyncio
import json
import sys
from pathlib import Path

from agent.bootstrap import Replaced, bootstrap
from agent.entrypoints.garbage import steady
from agent.entrypoints.serving import serving
from agent.settings import Settings
from agent.testing import NoMemory
from evals.bench.children import until_told


async def serve(data: Path) -> None:
    settings = Settings.model_validate({"data": data, "port": 0, "log_level": "WARNING"})
    async with (
        bootstrap(settings, Replaced(memory=NoMemory())) as application,
        serving(application, works=False) as running,
    ):
        steady()
        minted = await application.identity.keys.create("bench", "machine", ["ingest"])
        print(json.dumps({"url": f"{running.url}/webhooks/alertmanager", "key": minted.token}), flush=True)
        await until_told()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
