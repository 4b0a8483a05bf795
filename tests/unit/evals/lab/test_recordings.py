"""The recorded cases themselves: enough of them, whole, clean, and with something to be seen."""

import json
from pathlib import Path

import pytest

from evals.lab.check import complaints

CASES = sorted(path.parent for path in (Path(__file__).parents[4] / "evals" / "cases" / "lab").glob("*/truth.json"))
TRUTHS = [json.loads((case / "truth.json").read_text(encoding="utf-8")) for case in CASES]
INCIDENTS = [truth for truth in TRUTHS if truth["root_cause"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recorded_case_is_whole_small_clean_and_shows_its_fault(case: Path) -> None:
    assert complaints(case) == []


def test_there_are_twelve_incidents_of_six_kinds_over_five_services_and_two_false_alarms() -> None:
    assert len(INCIDENTS) >= 12
    assert len({truth["fault_type"] for truth in INCIDENTS}) >= 6
    assert len({truth["root_cause"] for truth in INCIDENTS}) >= 5
    assert len(TRUTHS) - len(INCIDENTS) >= 2
