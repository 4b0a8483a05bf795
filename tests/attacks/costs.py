"""What do sealing, hashing and redaction cost?  Processor time of intake and of whole runs, with them and without.

python -m tests.attacks.costs [--rounds N]

They are taken out as in `controls`; no setting does that. Processor time of this process, not seconds: what else the
machine does counts less.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from unittest.mock import patch

from agent.domain.approval import Decision
from tests.attacks.attacker import Attacker
from tests.attacks.episodes import honest
from tests.attacks.world import SENDER, Ground, ground

ALERTS = 200
"""Taken in, one a post, in one measurement."""
_OUT = {
    "agent.storage.personal.written": lambda _, event, __: event.model_dump(mode="json", exclude={"subject"}),
    "agent.storage.journal._row": lambda sequence, at, said, previous: {
        "subject": None,
        "sealed": None,
        **said,
        "sequence": sequence,
        "at": at,
        "previous": previous,
        "hash": "0" * 64,
    },
    "agent.storage.journal._seal": lambda *_: "0" * 64,
    "agent.storage.journal._signature": lambda *_: "0" * 64,
    "agent.storage.checkpoints._sealed": lambda *_: b"0" * 32,
    "agent.policy.redaction.Redactor.redact": lambda _, text: text,
    "agent.policy.redaction.Redactor.abstract": lambda _, text: text,
}


@contextmanager
def _bare() -> Iterator[None]:
    with ExitStack() as out:
        for name, instead in _OUT.items():
            out.enter_context(patch(name, instead))
        yield


async def _measured(prepared: Ground) -> tuple[float, float]:
    """Processor seconds of so many alerts until they are placed, and of one incident from alert to report."""
    async with prepared.world(None, "{autonomy: observe}") as world:
        began = time.process_time()
        for number in range(ALERTS):
            labels = {"alertname": f"Alert{number}", "service": "web", "host": f"web-{number}"}
            body = json.dumps({"alerts": [{"status": "firing", "labels": labels}]}).encode()
            await world.application.service.intake.receive("alertmanager", SENDER, body)
        while await world.application.service.placement.place_waiting():
            pass
        intake = time.process_time() - began
    async with prepared.world(Attacker(honest("cart")), "{autonomy: approve}") as world:
        began = time.process_time()
        seen = await world.alert()
        await world.decide(seen.incident.id, Decision.APPROVE, "anne", "bert")
        return intake, time.process_time() - began


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.costs")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    found = []
    async with ground() as prepared:
        await _measured(prepared)
        for _ in range(rounds):
            whole = await _measured(prepared)
            with _bare():
                async with ground() as bare:
                    found.append((whole, await _measured(bare)))
    for place, name in enumerate(("intake", "steps")):
        with_them, without = ([one[side][place] for one in found] for side in (0, 1))
        # The least of many is what the work itself takes (Python's timeit says why); the medians tell of the noise.
        least, middle = min(with_them) / min(without), median(with_them) / median(without)
        figures = f"{min(with_them):.3f} s with, {min(without):.3f} s without"
        print(f"{name}: {least:.2f} by the least, {middle:.2f} by the medians of {rounds}; {figures}")


if __name__ == "__main__":
    asyncio.run(main())
