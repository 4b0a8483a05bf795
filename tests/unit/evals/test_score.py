import json
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.score import Accuracy, accuracy, interval, judge, markdown, rank, score, stated


def _suspects(*scores: tuple[str, float]) -> list[dict[str, object]]:
    return [{"component": name, "score": value} for name, value in scores]


def test_ties_are_broken_against_us() -> None:
    suspects = _suspects(("a", 0.5), ("b", 0.5), ("c", 0.1))

    assert [rank(suspects, {name}) for name in ("a", "b", "c", "d")] == [2, 2, 3, None]


def test_the_order_of_the_list_says_nothing() -> None:
    assert rank(_suspects(("late", 0.1), ("first", 0.9)), {"first"}) == 1


def test_avg5_is_the_mean_of_the_first_five() -> None:
    assert accuracy([1, 2, 6, None]) == Accuracy(ac1=0.25, ac3=0.5, ac5=0.5, avg5=0.45)


def test_a_missing_and_a_failed_answer_are_wrong() -> None:
    failed = {"error": "ValueError: x", "suspects": _suspects(("a", 1.0)), "verdict": "cause", "confidence": 1.0}

    judged = [judge("s/1", {"root_cause": "a"}, answer) for answer in (None, failed)]

    assert [(one.strict, one.verdict, one.confidence) for one in judged] == [(None, "failed", 0.0)] * 2


def test_an_answer_that_failed_stated_nothing() -> None:
    answered = {"suspects": _suspects(("a", 1.0)), "verdict": "cause", "confidence": 0.9}
    judged = [judge("s/1", {"root_cause": "a"}, answered), judge("s/2", {"root_cause": "a"}, None)]

    assert stated(judged) == [(0.9, True)]


def test_lenient_names_count_beside_strict_ones() -> None:
    answer = {"suspects": _suspects(("a::pod", 0.9), ("a", 0.1)), "verdict": "cause", "confidence": 0.8}

    one = judge("s/1", {"root_cause": "a", "same_component": ["a::pod"]}, answer)

    assert (one.strict, one.lenient) == (2, 1)


def test_the_interval_is_repeatable_and_holds_the_share_itself() -> None:
    right = [True] * 30 + [False] * 10

    low, high = interval(right) or (0.0, 0.0)

    assert (low, high) == interval(right)
    assert (low, high) == pytest.approx((0.6, 0.875), abs=0.05)


def test_what_is_always_right_has_no_spread_and_nothing_has_none() -> None:
    assert (interval([True] * 5), interval([])) == ((1.0, 1.0), None)


def test_who_says_healthy_says_that_the_first_suspect_is_not_it() -> None:
    answer = {"suspects": [], "verdict": "healthy", "confidence": 0.9}

    assert judge("s/1", {"root_cause": "a"}, answer).confidence == pytest.approx(0.1)


def _case(root: Path, name: str, truth: dict[str, object]) -> None:
    folder = root / "shop" / name
    folder.mkdir(parents=True)
    (folder / "alert.json").write_text("{}")
    (folder / "truth.json").write_text(json.dumps(truth))


def test_sets_and_faults_are_scored_apart_and_false_alarms_counted(tmp_path: Path) -> None:
    _case(tmp_path, "1", {"root_cause": "a", "fault_type": "crash"})
    _case(tmp_path, "2", {"root_cause": "b", "fault_type": "leak"})
    _case(tmp_path, "3", {"root_cause": "", "fault_type": "none"})
    row = {"error": "", "confidence": 0.9, "seconds": 0.1, "verdict": "cause"}
    results = {
        "cases": [
            {"id": "shop/1", "suspects": _suspects(("a", 0.9)), **row},
            {"id": "shop/3", "suspects": _suspects(("a", 0.9)), **row},
        ]
    }

    shop = score(results, tmp_path)["shop"]

    assert (shop.cases, shop.strict.ac1 if shop.strict else None) == (3, 0.5)
    assert (shop.false_alarms, shop.healthy_cases) == (1, 1)
    assert shop.verdicts == {"cause": 2, "failed": 1}
    assert {fault: one.strict.ac1 if one.strict else None for fault, one in shop.faults.items()} == {
        "crash": 1.0,
        "leak": 0.0,
        "none": None,
    }
    assert "| shop | 3 | 0.500 |" in markdown({"shop": shop})


def test_the_table_the_scores_and_the_picture_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _case(tmp_path, "1", {"root_cause": "a", "fault_type": "crash"})
    row = {"id": "shop/1", "error": "", "confidence": 0.9, "seconds": 0.1, "peak_mb": 12.0, "verdict": "cause"}
    (tmp_path / "r.json").write_text(json.dumps({"cases": [{**row, "suspects": _suspects(("a", 0.9))}]}))
    out, plot = tmp_path / "scores.json", tmp_path / "plot.svg"
    asked = ["score", str(tmp_path / "r.json"), "--truth", str(tmp_path), "--out", str(out), "--plot", str(plot)]

    assert main(asked) == 0

    assert "| shop | 1 | 1.000 | 1.000 to 1.000 |" in capsys.readouterr().out
    assert json.loads(out.read_text())["shop"]["strict"]["ac1"] == 1.0
    assert "n = 1, ECE 0.100" in plot.read_text()


@pytest.mark.parametrize(
    ("written", "told"), [("not JSON", "is not JSON"), ("[]", "holds no results"), (None, "cannot be read")]
)
def test_a_file_without_results_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str | None, told: str
) -> None:
    _case(tmp_path, "1", {"root_cause": "a"})
    if written is not None:
        (tmp_path / "r.json").write_text(written)

    assert main(["score", str(tmp_path / "r.json"), "--truth", str(tmp_path)]) == 1

    assert told in capsys.readouterr().err
