"""Which of the past incidents that sound alike are shown, in which order, and why not the others?"""

from datetime import timedelta
from typing import Any

import pytest

from agent.memory.gates import Admitted, Candidate, Gates, Question, Refusal, admit, confirmed
from agent.ports import Recalled
from tests.unit.agent.memory.lessons import NOW, lesson

GATES = Gates(related=0.25, same=0.60)
QUESTION = Question(service="checkout", alert_names=("CheckoutErrorRate",))


def judged(*candidates: Candidate, question: Question = QUESTION, gates: Gates = GATES) -> Admitted:
    return admit(question, candidates, gates, NOW)


def shown(*candidates: Candidate, question: Question = QUESTION, gates: Gates = GATES) -> list[str]:
    return [one.incident for one in judged(*candidates, question=question, gates=gates).recalled]


def test_what_is_recalled_says_what_the_two_share_with_numbers() -> None:
    assert judged(Candidate(lesson(), 0.5)) == Admitted(
        recalled=(
            Recalled(
                incident="i1",
                summary="Checkout fails: The pool was exhausted.",
                component="postgres",
                fault="resource_pool",
                remedy="Raised the limit.",
                similarity=0.5,
                margin=0.7415,
                why=(
                    "Shares the same service (checkout) and the same alert (CheckoutErrorRate) and similar words "
                    "(cosine 0.50); confirmed by a person, closed 10 days ago; it recovered then."
                ),
                trust="system",
                score=0.7415,
                weight=0.9622,
                same_resource=True,
            ),
        ),
        refused=(),
    )


def test_below_the_minimum_similarity_nothing_helps() -> None:
    assert judged(Candidate(lesson(), 0.24)) == Admitted((), (Refusal("i1", "similarity 0.24 is below 0.25"),))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"service": "CHECKOUT", "alert_names": ()}, "Shares the same service (checkout) and similar words"),
        ({"service": "cart", "component": "checkout", "alert_names": ()}, "Shares the same component (checkout)"),
        ({"service": "cart", "alert_names": ("A", "CheckoutErrorRate")}, "Shares the same alert (CheckoutErrorRate)"),
    ],
)
def test_one_name_in_common_is_enough(changes: dict[str, Any], why: str) -> None:
    (one,) = judged(Candidate(lesson(**changes), 0.3)).recalled
    assert one.why.startswith(why)


def test_without_a_name_in_common_the_words_must_be_nearly_the_same() -> None:
    stranger = lesson(service="cart", alert_names=("CartDown",))
    assert judged(Candidate(stranger, 0.59)).refused == (
        Refusal("i1", "no service or alert in common, and similarity 0.59 is below 0.60"),
    )
    (one,) = judged(Candidate(stranger, 0.6)).recalled
    assert one.why.startswith("Shares nearly the same words and no name (cosine 0.60)")


@pytest.mark.parametrize(
    "changes",
    [{"confirmed_by": ""}, {"confirmed_by": "quiet period"}, {"source": "jira", "confirmed_by": "dana"}],
    ids=["nobody", "quiet period", "ticket"],
)
@pytest.mark.attack("S10")
def test_what_no_person_confirmed_is_shown_for_its_own_service_alone(changes: dict[str, Any]) -> None:
    elsewhere = lesson(service="cart", component="cart", **changes)
    assert judged(Candidate(elsewhere, 0.99)).refused == (
        Refusal("i1", "no person confirmed it, and it is of another service"),
    )
    (one,) = judged(Candidate(lesson(**changes), 0.5)).recalled
    assert ("not confirmed by a person" in one.why, one.trust) == (True, "user-controlled")


def test_an_empty_service_is_no_service_in_common() -> None:
    nowhere = Question(service="", alert_names=())
    assert shown(Candidate(lesson(service="", component="", alert_names=()), 0.5), question=nowhere) == []


def test_a_shared_service_and_alert_outweigh_a_little_similarity() -> None:
    same_alert = Candidate(lesson("alert", service="cart", cause="x", component="x"), 0.60)
    both = Candidate(lesson("both"), 0.55)
    assert shown(same_alert, both) == ["both", "alert"]


def test_one_that_another_cause_outdoes_by_far_is_left_out() -> None:
    best, other = Candidate(lesson("best"), 0.8), Candidate(lesson("other", component="cache"), 0.55)
    assert judged(best, other).refused == (Refusal("other", "best names another cause and scores 0.25 better"),)
    assert shown(best, Candidate(lesson("more", closed_at=NOW), 0.55)) == ["best", "more"]


def test_two_causes_that_are_equally_near_are_both_shown_as_ambiguous() -> None:
    first, second = Candidate(lesson("one"), 0.52), Candidate(lesson("two", component="cache"), 0.50)
    found = judged(first, second).recalled
    assert [(one.incident, one.margin) for one in found] == [("one", 0.0198), ("two", -0.0198)]
    assert found[0].why.endswith("ambiguous: two, which names another cause, is 0.02 away.")


def test_a_clear_distance_to_another_cause_is_told() -> None:
    found = judged(Candidate(lesson("one"), 0.62), Candidate(lesson("two", component="cache"), 0.50)).recalled
    assert found[0].why.endswith("0.12 ahead of two, which names another cause.")
    assert found[1].why.endswith("0.12 behind one, which names another cause.")


@pytest.mark.attack("S10")
def test_an_unconfirmed_one_cannot_push_a_confirmed_one_out() -> None:
    planted = Candidate(lesson("planted", source="jira", confirmed_by="", component="evil"), 0.99)
    assert shown(planted, Candidate(lesson("ours"), 0.5)) == ["planted", "ours"]


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "not_recovered"},
        {"outcome": "no_action"},
        {"closed_at": NOW - timedelta(days=400)},
        {"confirmed_by": "quiet period"},
    ],
    ids=["did not help", "nothing done", "old", "unconfirmed"],
)
def test_what_falls_short_stands_further_back(changes: dict[str, Any]) -> None:
    assert shown(Candidate(lesson("weak", **changes), 0.52), Candidate(lesson("good"), 0.50)) == ["good", "weak"]


def test_age_alone_never_takes_more_than_its_share() -> None:
    ancient = Candidate(lesson(closed_at=NOW - timedelta(days=36500)), 0.5)
    assert judged(ancient).recalled[0].margin == pytest.approx(0.7 * 0.75, abs=1e-4)


def test_what_did_not_help_then_is_said() -> None:
    (one,) = judged(Candidate(lesson(outcome="not_recovered"), 0.5)).recalled
    assert "what was done then did not help" in one.why


def test_at_most_three_are_shown() -> None:
    four = [Candidate(lesson(f"i{number}"), 0.5 + number / 100) for number in range(4)]
    three = GATES.model_copy(update={"limit": 3})
    assert shown(*four, gates=three) == ["i3", "i2", "i1"]
    assert judged(*four, gates=three).refused == (Refusal("i0", "3 better ones are enough"),)


def test_many_of_one_cause_leave_room_for_another() -> None:
    many = [Candidate(lesson(f"i{number}"), 0.6 + number / 1000) for number in range(25)]
    other = Candidate(lesson("other", component="redis"), 0.55)

    found = shown(*many, other)

    assert (len(found), found[0], found[-1]) == (20, "i24", "other")


def test_trust_falls_with_age_without_a_floor_and_faster_when_it_misled() -> None:
    def weight(**changes: Any) -> float:
        return judged(Candidate(lesson(**changes), 0.9)).recalled[0].weight

    assert [
        weight(closed_at=NOW),
        weight(closed_at=NOW - GATES.half_life),
        weight(closed_at=NOW - 10 * GATES.half_life),
        weight(closed_at=NOW, outcome="not_recovered"),
        weight(closed_at=NOW, misled=1),
        weight(closed_at=NOW, helped=1, misled=1),
        weight(closed_at=NOW, helped=5),
    ] == [1.0, 0.5, 0.001, 0.8, 0.3333, 0.5, 1.0]


def test_what_is_about_another_service_is_not_of_the_same_resource() -> None:
    elsewhere = Candidate(lesson(service="cart", component="redis"), 0.9)
    its_cause = Candidate(lesson(service="cart", component="checkout"), 0.9)

    assert [judged(one).recalled[0].same_resource for one in (elsewhere, its_cause)] == [False, True]


def test_a_moment_in_the_future_counts_as_today() -> None:
    (one,) = judged(Candidate(lesson(closed_at=NOW + timedelta(days=3)), 0.5)).recalled
    assert "closed 0 days ago" in one.why


@pytest.mark.parametrize(
    ("changes", "answer"),
    [({}, True), ({"source": "import"}, True), ({"source": "jira"}, False), ({"confirmed_by": "quiet period"}, False)],
)
def test_confirmed_means_a_person_of_ours(changes: dict[str, Any], answer: bool) -> None:
    assert confirmed(lesson(**changes)) is answer
