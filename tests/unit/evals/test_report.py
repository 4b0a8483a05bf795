import json
from pathlib import Path
from typing import Any

import pytest

from evals.__main__ import main
from evals.report import filled
from tests.unit.agent.analysis.made import slow_back
from tests.unit.evals.made import write_case


def _row(id_: str, component: str) -> dict[str, Any]:
    told = {"id": id_, "error": "", "verdict": "cause", "confidence": 0.9, "seconds": 0.5, "peak_mb": 9.0}
    return {**told, "suspects": [{"component": component, "score": 0.9}]}


def _results(path: Path, *rows: dict[str, Any]) -> None:
    told = {"machine": "a machine", "version": "1.2.3+abc", "asked": {"metrics": "recorded"}, "cases": rows}
    path.write_text(json.dumps(told))


def test_every_place_of_the_frame_is_filled() -> None:
    assert filled("{{one}} and {{two}}, {{one}}", {"one": "1", "two": "2"}) == "1 and 2, 1"


def test_what_nobody_measured_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError, match="three"):
        filled("{{three}}", {"one": "1"})


def test_the_page_is_written_from_the_results_that_there_are(tmp_path: Path) -> None:
    write_case(tmp_path / "cases" / "made" / "one", slow_back())
    work, out, plot = tmp_path / "work", tmp_path / "accuracy.md", tmp_path / "plot.svg"
    work.mkdir()
    _results(work / "agent.json", _row("made/one", "back"))
    _results(work / "rule-max_z.json", _row("made/one", "front"))
    _results(work / "quiet.json", _row("made/one@0", "front"), _row("made/one@1", "front") | {"verdict": "healthy"})
    (tmp_path / "loso.md").write_text("| left out | AC@1 |\n\n| chosen on |\n\n| constant |\n")
    (tmp_path / "probes.md").write_text("| no logs | 1.000 |\n")

    asked = ["report", str(tmp_path / "cases"), "--work", str(work), "--out", str(out), "--plot", str(plot)]
    printed = ["--loso", str(tmp_path / "loso.md"), "--probes", str(tmp_path / "probes.md")]
    assert main([*asked, "--as-is", *printed]) == 0

    page = out.read_text()
    assert "`1.2.3+abc` on a machine; metrics served by: recorded." in page
    assert "| made | 1 | 1.000 | 1.000 to 1.000 |" in page
    assert "| the agent | 1.000 / 1.000 |\n| max_z | 0.000 / 0.000 |" in page
    assert "| made | 2 | 1 | 0 | 1 | 0 | 0.500 |" in page
    assert page.index("| left out | AC@1 |") < page.index("| made | 1 | 1.000 |") < page.index("| chosen on |")
    assert "| chosen on |\n\n| constant |" in page
    assert "| no logs | 1.000 |" in page
    assert "{{" not in page
    assert ">made</text>" in plot.read_text()
