"""Writes what was measured into docs/reliability.md, between its two marks."""

from pathlib import Path
from typing import Any

from tests.chaos import table

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
FIRST, LAST = "<!-- measured: `make chaos ARGS=--page` writes from here -->", "<!-- to here -->"


def write(result: dict[str, Any]) -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(FIRST)
    _, _, after = rest.partition(LAST)
    PAGE.write_text(f"{before}{FIRST}\n\n{made(result)}\n\n{LAST}{after}", "utf-8")


def made(result: dict[str, Any]) -> str:
    planted = result["planted"]
    recovered = (
        f"{len(result['recoveries'])} recoveries by a fresh interpreter, imports included: "
        f"the longest took {max(result['recoveries'])} s.\n\n"
        if result["recoveries"]
        else ""
    )
    return (
        f"{table.markdown(result)}\n\n"
        f"First seed {result['first_seed']}; {result['effects']:,} effects at the far end; {result['seconds']:,} s.\n\n"
        f"{recovered}"
        f"{planted['caught']} of {planted['of']} planted bugs found; under the same faults nothing without them:\n\n"
        f"{table.bugs(result)}\n\n"
        f"Rows of the catalogue that this command does not run:\n\n{table.others(result)}"
    )
