"""`python -m evals.bench`: intake, steps, analysis, first answer, cold start and pages, each beside a reference."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.bench import analysing, clicks, cold_start, first_answer, intake, keeping, page, steps
from evals.bench.row import Row, machine

_COLUMNS = "{:<31}{:>10} {:<9}{:>10}{:>8}{:>6}"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    runs: int
    """Of each figure."""
    seconds: float
    """That one run of intake posts."""
    incidents: int
    """That one run takes through the graph."""
    kept: int
    """Alerts whose keeping is measured, in one run."""
    looks: int
    """At each page, in one run."""
    watchers: int
    """Of the news, at once."""
    clicking: float
    """Seconds that one run clicks in Slack."""
    waiting: int
    """Investigations that wait for a model meanwhile."""


FULL = Size(runs=5, seconds=3.0, incidents=12, kept=200, looks=100, watchers=200, clicking=10.0, waiting=200)
QUICK = Size(runs=1, seconds=0.3, incidents=2, kept=10, looks=5, watchers=5, clicking=1.0, waiting=5)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every figure was measured, 2 for wrong usage; whatever fails is an error, not a figure."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run of each: shows that it works, not how fast")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="default: build/bench.json")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="bench-") as folder:
        rows = asyncio.run(measure(Path(folder), QUICK if asked.quick else FULL))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps({"rows": [row.told(machine()) for row in rows]}, indent=1) + "\n", "utf-8")
    print(table(rows))
    print(f"Medians; ratio = value / reference; every run is in {asked.out}. Machine: {machine()}.")
    return 0


async def measure(folder: Path, size: Size) -> list[Row]:
    """Every figure, one after the other; `folder` is for throw-away data."""
    return [
        *await intake.rows(folder, size.runs, size.seconds),
        await steps.row(folder, size.runs, size.incidents),
        *await keeping.rows(folder, size.runs, size.kept, size.incidents),
        *await analysing.rows(size.runs),
        await first_answer.row(folder, size.runs),
        *await cold_start.rows(folder, size.runs),
        await clicks.row(folder, size.runs, size.clicking, size.waiting),
        *await page.rows(folder, size.runs, size.looks, size.watchers),
    ]


def table(rows: Sequence[Row]) -> str:
    """For people."""
    lines = [_COLUMNS.format("name", "value", "unit", "reference", "ratio", "runs")]
    for row in rows:
        figures = (f"{row.value:.4g}", row.unit, f"{row.reference:.4g}", f"{row.ratio:.3g}", len(row.values))
        lines.append(_COLUMNS.format(row.name, *figures))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
