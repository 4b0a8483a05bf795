import json
from pathlib import Path

import pytest

from evals.bench.__main__ import main

_NAMES = [
    ("intake, 1 alert a post", "alerts/s"),
    ("intake, 10 alerts a post", "alerts/s"),
    ("durable graph steps", "steps/s"),
    ("keeping: alerts to placed", "s"),
    ("keeping: an incident, a model", "s"),
    ("analysis, 1,000 series", "s"),
    ("analysis, 10,000 series", "s"),
    ("first useful answer, no model", "s"),
    ("cold start, serve to ready", "s"),
    ("cold start, --help", "s"),
    ("click in Slack to its 200, p99", "s"),
    ("those parked of 10,000, p95", "s"),
    ("list of 10,000, p95", "s"),
    ("incident page, p95", "s"),
    ("memory with 5 watchers", "MB"),
    ("worst lag of 5 watchers", "s"),
]


def test_a_quick_run_measures_every_figure_beside_its_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "build" / "bench.json"

    assert main(["--quick", "--out", str(out)]) == 0

    rows = json.loads(out.read_text("utf-8"))["rows"]
    printed = capsys.readouterr().out
    assert [(row["name"], row["unit"]) for row in rows] == _NAMES
    assert [name for name, _ in _NAMES if name in printed] == [name for name, _ in _NAMES]
    for row in rows:
        assert set(row) >= {"name", "value", "unit", "reference", "ratio", "runs", "machine"}
        assert row["ratio"] == pytest.approx(row["value"] / row["reference"], rel=1e-2)
        assert (row["runs"], len(row["values"]), len(row["references"])) == (1, 1, 1)
        assert min(row["value"], row["reference"]) > 0
