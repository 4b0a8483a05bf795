import json
from datetime import timedelta
from pathlib import Path

from evals.__main__ import main
from evals.case import Case
from evals.quiet import table, windows_of
from tests.unit.agent.analysis.made import NOW, SAMPLES, STEP, slow_back
from tests.unit.evals.made import write_case

START = NOW - STEP * (SAMPLES - 1)


def _case(root: Path) -> Case:
    write_case(root / "made" / "one", slow_back())
    return Case("made/one", root / "made" / "one")


def test_windows_lie_in_equal_parts_of_the_second_half_before_the_fault(tmp_path: Path) -> None:
    case = _case(tmp_path)
    end = slow_back().began - timedelta(minutes=1)
    half = START + (end - START) / 2

    first, second, third = windows_of(case, 3, seed=1)

    part = (end - half) / 3
    assert [one.id for one in (first, second, third)] == ["made/one@0", "made/one@1", "made/one@2"]
    assert half <= first.now < half + part
    assert (second.now - first.now, third.now - second.now) == (part, part)
    assert windows_of(case, 3, seed=1) == [first, second, third]
    assert windows_of(case, 3, seed=2) != [first, second, third]


def test_a_case_without_history_has_no_windows(tmp_path: Path) -> None:
    case = _case(tmp_path)
    (case.folder / "meta.json").write_text(json.dumps({"now": NOW.timestamp()}))

    assert windows_of(case, 3, seed=1) == []


def test_the_agent_is_asked_before_the_fault_and_names_no_cause(tmp_path: Path) -> None:
    _case(tmp_path)
    out = tmp_path / "quiet.json"

    assert main(["quiet", str(tmp_path), "--windows", "1", "--metrics", "recorded", "--out", str(out)]) == 0

    [row] = json.loads(out.read_text())["cases"]
    assert (row["id"], row["error"], row["verdict"] in {"healthy", "inconclusive"}) == ("made/one@0", "", True)


def test_the_share_of_calm_answers_is_told_per_set() -> None:
    said = [("a/1@0", "healthy"), ("a/1@1", "cause"), ("b/1@0", "inconclusive"), ("b/1@1", "")]

    lines = table([{"id": id_, "verdict": verdict} for id_, verdict in said]).splitlines()

    assert lines[2:] == ["| a | 2 | 1 | 0 | 1 | 0 | 0.500 |", "| b | 2 | 0 | 1 | 0 | 1 | 0.500 |"]
