"""The count of lies dropped and truths kept, and the command that prints it."""

import json
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.lies.measure import Judged, share, table
from evals.lies.sayings import Saying

LAB = Path(__file__).parents[4] / "evals" / "cases" / "lab"


def judged(kind: str, *, true: bool, kept: bool) -> Judged:
    return Judged(Saying("lab/one", "cart is slow.", ("e1",), true, kind), kept, "")


def test_a_check_that_keeps_everything_keeps_all_truths_and_drops_no_lie() -> None:
    everything = [judged("another unit", true=False, kept=True), judged("went from", true=True, kept=True)]

    assert (share(everything, true=False), share(everything, true=True)) == (0.0, 1.0)


def test_the_table_has_a_row_for_every_kind() -> None:
    told = [
        judged("another unit", true=False, kept=False),
        judged("another time", true=False, kept=True),
        judged("another time", true=False, kept=False),
        judged("went from", true=True, kept=True),
    ]

    assert table(told).splitlines() == [
        "| sayings | made | judged rightly | share |",
        "|---|---|---|---|",
        "| **lies, dropped** | 3 | 2 | 66.7% |",
        "| another time | 2 | 1 | 50.0% |",
        "| another unit | 1 | 1 | 100.0% |",
        "| **truths, kept** | 1 | 1 | 100.0% |",
        "| went from | 1 | 1 | 100.0% |",
    ]


def test_the_command_writes_down_every_claim_and_what_became_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lies.json"

    main(["lies", str(LAB / "pool-cart"), "--seed", "3", "--lies", "33", "--out", str(out)])

    told = json.loads(out.read_text("utf-8"))
    assert (told["seed"], told["cases"], len(told["judged"])) == (3, 1, 66)
    assert told["dropped"] == sum(1 for one in told["judged"] if not one["true"] and not one["kept"]) / 33
    assert told["kept"] == sum(1 for one in told["judged"] if one["true"] and one["kept"]) / 33
    assert capsys.readouterr().out.startswith("| sayings | made | judged rightly | share |")


def test_a_folder_without_cases_is_a_failure_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lies", str(tmp_path)]) == 1
    assert "no case with telemetry" in capsys.readouterr().err
