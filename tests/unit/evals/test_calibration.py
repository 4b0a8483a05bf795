from xml.etree import ElementTree

import pytest

from evals.calibration import Bin, auroc, bins, brier, expected_calibration_error, picture


def test_confidence_is_judged_by_three_measures() -> None:
    stated = [(0.9, True), (0.9, False), (0.1, False)]

    assert brier(stated) == pytest.approx((0.01 + 0.81 + 0.01) / 3)
    assert auroc(stated) == 0.75
    assert expected_calibration_error(stated) == pytest.approx((0.8 + 0.1) / 3)


def test_one_kind_of_outcome_has_no_auroc() -> None:
    assert auroc([(0.9, True)]) is None


def test_each_tenth_that_holds_an_answer_is_a_bin() -> None:
    assert bins([(0.25, True), (0.29, False), (1.0, True)]) == [Bin(0.27, 0.5, 2), Bin(1.0, 1.0, 1)]


def test_the_picture_is_svg_with_a_panel_a_set_with_answers_and_a_dot_a_bin() -> None:
    drawn = ElementTree.fromstring(picture({"one & two": [(0.25, True), (0.95, True)], "none": []}))

    circles = [one for one in drawn.iter() if one.tag.endswith("circle")]
    told = [one.text for one in drawn.iter() if one.tag.endswith("text")][:2]
    assert (len(circles), told) == (2, ["one & two", "n = 2, ECE 0.400"])
