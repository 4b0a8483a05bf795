"""What a sentence asserts is read as it is written: numbers with their units, from and to, names and quotations."""

import pytest

from agent.policy.names import Names
from agent.policy.statements import moves, numbers, statement


@pytest.mark.parametrize(
    ("text", "slack"),
    [
        ("140", 5),
        ("640", 5),
        ("200", 5),
        ("70", 0.5),
        ("1200", 50),
        ("140 ms", 5),
        ("143", 0.5),
        ("140 lines", 0.5),
        ("1400 lines", 50),
        ("code 500", 0.5),
        ("port 8080", 0.5),
        ("about 300", 15),
        ("0.35 s", 0.005),
    ],
)
def test_a_number_may_be_rounded_to_two_digits_unless_it_counts_or_names_something(text: str, slack: float) -> None:
    assert [one.slack for one in numbers(text)] == [pytest.approx(slack, rel=1e-4)]


@pytest.mark.parametrize(
    "text",
    [
        "from 12 millicores to 410 millicores",
        "from 12 to 410",
        "to 410, from 12 before",
        "to 410 millicores, from 12 millicores before",
    ],
)
def test_from_and_to_are_told_in_either_order(text: str) -> None:
    assert [(old.value, new.value) for old, new in moves(text)] == [(12, 410)]


def test_a_unit_that_ends_the_sentence_is_no_name() -> None:
    said = statement("The memory of cart was 260 MB.", Names(["cart"]))
    assert ([(one.value, one.unit) for one in said.numbers], said.identifiers) == ([(260, "mb")], ())


def test_what_is_quoted_is_not_spoken() -> None:
    said = statement("cart logged “never deployed” twice.", Names(["cart"]))
    assert (" ".join(said.spoken.split()), said.quotes) == ("cart logged twice.", ("never deployed",))
