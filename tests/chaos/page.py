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
    planted, kills = result["planted"], result["kills"]
    return (
        f"{table.markdown(result)}\n\n"
        f"Of the faults, {sum(kills.values()):,} were a process killed with SIGKILL: "
        f"{kills.get('embedded', 0):,} on the embedded deployment, {kills.get('shared', 0):,} on Redis and PostgreSQL. "
        f"{result['effects']:,} effects at the far end; {result['seconds']:,} s of trying, at a load of "
        f"{result['load']['p50']} (median; two cores).\n\n"
        f"{_failed(result)}"
        f"{_recoveries(result)}"
        f"{planted['caught']} of {planted['of']} planted bugs found; under the same faults nothing without them:\n\n"
        f"{table.bugs(result)}\n\n"
        f"Rows of the catalogue that this command did not run:\n\n{table.others(result)}"
    )


def _failed(result: dict[str, Any]) -> str:
    number = len(result["failed"])
    return f"{number} tries ended in an error of the drill, and are not counted.\n\n" if number else ""


def _recoveries(result: dict[str, Any]) -> str:
    whats = {
        "cold_ready": "from the start of a fresh interpreter until it is ready",
        "cold_step": "from the start of a fresh interpreter until the first step that was due is done",
        "forked_step": "from the fork of a process that has its imports until the first step that was due is done",
    }
    lines = ["| recovery after a kill | of | p50, s | p99, s |", "| --- | --- | --- | --- |"]
    for name, what in whats.items():
        spread = result[name]
        if spread["of"]:
            lines.append(f"| {what} | {spread['of']:,} | {spread['p50']} | {spread['p99']} |")
    return "\n".join(lines) + "\n\n"
