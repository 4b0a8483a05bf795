import json
from pathlib import Path

import pytest

from evals.score import Accuracy, accuracy, auroc, brier, expected_calibration_error, judge, markdown, rank, score


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


def test_lenient_names_count_beside_strict_ones() -> None:
    answer = {"suspects": _suspects(("a::pod", 0.9), ("a", 0.1)), "verdict": "cause", "confidence": 0.8}

    one = judge("s/1", {"root_cause": "a", "same_component": ["a::pod"]}, answer)

    assert (one.strict, one.lenient) == (2, 1)


def test_confidence_is_judged_by_three_measures() -> None:
    stated = [(0.9, True), (0.9, False), (0.1, False)]

    assert brier(stated) == pytest.approx((0.01 + 0.81 + 0.01) / 3)
    assert auroc(stated) == 0.75
    assert expected_calibration_error(stated) == pytest.approx((0.8 + 0.1) / 3)


def test_one_kind_of_outcome_has_no_auroc() -> None:
    assert auroc([(0.9, True)]) is None


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
