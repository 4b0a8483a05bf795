"""How many alerts a second are on the disk before their 202? Both servers and the sender are processes of their own."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from evals.bench.children import answer, child
from evals.bench.posting import Load
from evals.bench.row import Row, in_turn

SENDERS = 64


async def rows(folder: Path, runs: int, seconds: float) -> Sequence[Row]:
    """One and ten alerts a post; each run posts for `seconds`, and both servers stand from the first to the last."""
    async with (
        child("evals.bench.our_intake", str(folder / "ours")) as ours,
        child("evals.bench.bare_intake", str(folder)) as bare,
    ):
        return [
            await in_turn(
                f"intake, {alerts} alert{'s' if alerts > 1 else ''} a post",
                "alerts/s",
                runs,
                partial(_rate, Load(**ours, alerts=alerts, senders=SENDERS, seconds=seconds)),
                partial(_rate, Load(**bare, alerts=alerts, senders=SENDERS, seconds=seconds)),
            )
            for alerts in (1, 10)
        ]


async def _rate(load: Load) -> float:
    return float((await answer("evals.bench.posting", load.told()))["rate"])
