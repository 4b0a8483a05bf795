"""Kill the agent at seeded moments, print the table and write build/chaos.json.

python -m tests.chaos [--full] [--kills 300] [--seconds 240] [--seed 1] [--row F04] [--out FILE] [--page]

One seed again, with what its last life said: --row F04 --seed 17 --one.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from tests.chaos import bugs, cold, page, power, table
from tests.chaos.campaign import Limits, Tally, calm, campaign, one
from tests.chaos.check import Found
from tests.chaos.farend import far_end
from tests.chaos.rows import ROWS
from tests.chaos.server import import_all, prepared

OUT = Path(__file__).parents[2] / "build" / "chaos.json"


def main() -> int:
    """1 when anything was found, or a planted bug was not."""
    options = _options()
    print(f"first seed {options.seed}", flush=True)
    began = time.monotonic()
    with prepared() as ground, far_end(ground.runs) as port:
        import_all(ground, port)
        known = calm(ground, port)
        if options.one:
            tally = Tally()
            one(ground, port, options.row, options.seed, known, tally)
            print(*tally.findings or ["nothing found"], sep="\n")
            return int(bool(tally.findings))
        limits = Limits(options.kills, options.seconds, (options.row,) if options.row else tuple(ROWS))
        caught = bugs.caught(ground, port)
        recoveries = cold.recoveries(ground, port, known, options.cold, options.seed)
        skipped = {} if (why := power.probe()) == "" else {"F12": why}
        watched = [power.watched(ground, port) for _ in range(0 if skipped else options.watched)]
        tally = campaign(ground, port, limits, first_seed=options.seed, beside=options.beside)
    for moments in watched:
        tally.add("F12", options.seed, moments.told, 0, Found((), (), moments.early))
    result = table.told(tally, caught, recoveries, options.seed, skipped) | {"seconds": round(time.monotonic() - began)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    if options.page:
        page.write(result)
    print(page.made(result))
    print(*tally.findings, sep="\n")
    return int(bool(tally.findings) or any(not (one.caught and one.silent) for one in caught))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--kills", type=int, default=0, help="about so many; 300, or 10,000 with --full")
    parser.add_argument("--seconds", type=float, default=0, help="of killing at most; 240, or no end with --full")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each next one has the next")
    parser.add_argument("--row", choices=list(ROWS), help="only this one")
    parser.add_argument("--one", action="store_true", help="only this seed of this row")
    parser.add_argument("--cold", type=int, default=10, help="recoveries that start with a fresh interpreter")
    parser.add_argument("--watched", type=int, default=3, help="lives under strace, where it may run")
    parser.add_argument("--beside", type=int, default=2, help="processes that share the work")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--page", action="store_true", help="write docs/reliability.md too")
    options = parser.parse_args()
    if options.one and not options.row:
        parser.error("--one wants a --row")
    options.kills = options.kills or (10_000 if options.full else 300)
    options.seconds = options.seconds or (float("inf") if options.full else 240.0)
    return options


if __name__ == "__main__":
    sys.exit(main())
