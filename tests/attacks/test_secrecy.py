"""S65: how much of what must stay secret leaves, and how much else is lost, by a corpus that knows no redactor."""

from random import Random

import pytest

from tests.attacks.clean import clean_lines
from tests.attacks.secrecy import WAYS, lost_of, measured, mistaken, operational, samples, scored, unseen
from tests.attacks.shapes import BARE, HELD, NAMED, drawn


@pytest.mark.attack("S65")
@pytest.mark.parametrize(
    ("way", "recall"),
    [
        ("plain", 0.99),
        ("in the query of an address", 0.98),
        ("all of it with percent signs", 0.98),
        ("all of it in base64", 0.99),
        ("in a JSON string", 0.98),
        ("broken over two lines", 0.45),
    ],
)
def test_nearly_every_secret_of_over_two_hundred_kinds_is_found(way: str, recall: float) -> None:
    score = measured(3, way)

    assert len(score.tried) > 200
    assert score.recall >= recall, score.shown


@pytest.mark.attack("S65")
def test_most_secrets_of_kinds_it_does_not_know_are_found_by_how_they_look() -> None:
    assert scored(unseen(5)).recall >= 0.7


@pytest.mark.attack("S65")
def test_nearly_every_secret_of_operational_text_is_found_and_little_is_taken_for_one() -> None:
    score = scored(operational(2))
    taken, texts = mistaken(1)

    assert len(score.tried) > 250
    assert score.recall >= 0.94, score.shown
    assert len(taken) <= texts / 20, taken[:3]


@pytest.mark.attack("S65")
def test_clean_logs_come_through_as_they_are() -> None:
    loss = lost_of(clean_lines(300))

    assert loss.words > 20_000
    assert loss.precision >= 0.995, loss.shown[:3]


def test_every_way_is_tried_and_without_the_redactor_each_sample_leaks() -> None:
    assert set(WAYS) >= {"plain", "broken over two lines"}
    assert all(sample.leaks(sample.text) for sample in samples(1))


def test_shapes_are_drawn_as_they_are_written() -> None:
    assert drawn("AB[0-9]{3}-(x|x)", Random(1))[:2] == "AB"
    assert len(drawn("AB[0-9]{3}-(x|x)", Random(1))) == 7
    assert len(BARE) + len(NAMED) + len(HELD) > 200
