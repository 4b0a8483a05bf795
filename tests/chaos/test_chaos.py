"""Killed at seeded moments for a while: is anything lost, doubled or unallowed? And is every row accounted for?"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.bugs import BUGS
from tests.chaos.rows import ELSEWHERE, ROWS

ROOT = Path(__file__).parents[2]
KILLS, SECONDS = 2_000, 450
"""As many as there is time for: on a busy machine fewer are made, and none of them may be wrong."""


def test_killed_anywhere_it_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A process of its own: it forks, and pytest has threads."""
    out = tmp_path / "chaos.json"
    limits = ["--share", "1", "--kills", str(KILLS), "--seconds", str(SECONDS), "--cold", "1", "--beside", "3"]
    command = [sys.executable, "-m", "tests.chaos", *limits, "--out", str(out)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=3 * SECONDS)
    assert out.exists(), ran.stderr
    told = json.loads(out.read_text())
    with capfd.disabled():
        kills = ", ".join(f"{number:,} {where}" for where, number in told["kills"].items())
        print(f"\nkills: {kills}; faults in all: {told['faults']:,}", file=sys.stderr)
    assert (told["findings"], told["failed"]) == ([], [])
    assert told["planted"]["caught"] == told["planted"]["of"] >= len(BUGS)
    quick = {id_ for id_, row in ROWS.items() if not row.slow}
    assert {row["id"] for row in told["rows"]} == quick - {*told["skipped"]}
    on_both = {row["id"] for row in told["rows"] if 0 < row["shared"] < row["tried"]}
    # Which of them is a matter of time, too.
    assert on_both or "Redis and PostgreSQL" in told["skipped"]
    assert ran.returncode == 0


def test_every_row_of_the_catalogue_is_tried_here_or_elsewhere() -> None:
    """N: beside the catalogue."""
    listed = sorted(id_ for id_ in [*ROWS, *ELSEWHERE] if not id_.startswith("N"))
    assert listed == [f"F{number:02}" for number in range(1, 49)]


def test_what_is_tried_elsewhere_is_there() -> None:
    for told in ELSEWHERE.values():
        path, _, name = told.partition("::")
        assert name in _functions(ROOT / path), told


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
