"""What is left of a lesson's words before they are remembered, and which of them are compared?"""

import pytest

from agent.memory.wording import cleaned, of_alert, of_lesson, plain_line
from tests.unit.agent.memory.lessons import lesson


def test_identifiers_are_read_as_words() -> None:
    assert of_lesson(lesson(alert_names=("HTTPErrorRate", "high_error-rate"))) == (
        "Checkout fails. HTTPError Rate. high error rate. The pool was exhausted"
    )
    assert of_alert("CheckoutSlow", [], "latency") == "Checkout Slow. latency"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u200bb\u202ec\x00d", "abcd"),
        (" two\n\tlines\u2028here ", "two lines here"),
        ("\uff21dmin", "Admin"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("Käse 🧀", "Käse 🧀"),
    ],
)
@pytest.mark.attack("S10", "S12")
def test_only_what_a_person_would_see_is_kept(text: str, seen: str) -> None:
    assert plain_line(text) == seen


def test_a_lesson_is_made_visible_before_it_is_redacted_and_capped_after() -> None:
    told = lesson(
        title="t" * 1000,
        cause="tok\u200ben",
        alert_names=tuple(f"A{number}" for number in range(50)),
        fault="magic",
        outcome="great",
    )
    kept = cleaned(told, lambda text: text.replace("token", "[secret]"))
    assert (len(kept.title), kept.cause, len(kept.alert_names), kept.fault, kept.outcome) == (
        600,
        "[secret]",
        20,
        "unknown",
        "no_action",
    )
