"""Does what people found before nudge the ranking, a little, and never by the word of one?"""

from dataclasses import replace

from agent.analysis.prior import MOST, Prior, priors
from agent.analysis.ranking import diagnose
from agent.domain.hypothesis import Found
from tests.unit.agent.analysis.made import slow_back


def _found(component: str, *people: str, was_cause: bool = True, times: int = 1) -> list[Found]:
    return [Found(component=component, who=who, was_cause=was_cause) for who in people for _ in range(times)]


def test_two_people_who_agree_weigh_a_little_and_it_is_said() -> None:
    assert priors(_found("cart", "ann", "bob")) == {
        "cart": Prior(0.5, "2 people of the team found that it was the cause before, which weighs +0.5 of at most 0.7")
    }
    assert priors(_found("cart", "ann", "bob", was_cause=False)) == {
        "cart": Prior(
            -0.5, "2 people of the team found that it was blamed wrongly before, which weighs -0.5 of at most 0.7"
        )
    }


def test_one_person_teaches_it_nothing_however_often_they_say_it() -> None:
    assert priors(_found("cart", "eve", times=100)) == {}
    assert priors(_found("cart", "eve", was_cause=False, times=100)) == {}


def test_one_person_alone_does_not_undo_what_others_agree_on_beyond_their_own_voice() -> None:
    agreed = _found("cart", "ann", "bob", "kim", "dan")
    assert priors([*agreed, *_found("cart", "eve", was_cause=False, times=100)])["cart"].nats == MOST
    assert priors(agreed)["cart"].nats == MOST


def test_a_crowd_moves_it_no_further_than_the_bound() -> None:
    crowd = [f"p{number}" for number in range(1_000)]
    assert priors(_found("cart", *crowd))["cart"].nats == MOST
    assert priors(_found("cart", *crowd, was_cause=False))["cart"].nats == -MOST


def test_in_the_ranking_it_is_a_sentence_and_a_nudge_among_those_that_the_telemetry_names() -> None:
    seen = slow_back().observed()
    plain = diagnose(seen)
    before = [*_found("back", "ann", "bob"), *_found("side", "ann", "bob", "kim"), *_found("elsewhere", "ann", "bob")]
    nudged = diagnose(replace(seen, found_before=tuple(before)))
    assert (plain.component, nudged.component) == ("back", "back")
    assert "elsewhere" not in [one.component for one in nudged.suspects]
    assert nudged.suspects[0].why == (
        plain.suspects[0].why.rstrip(".")
        + "; 2 people of the team found that it was the cause before, which weighs +0.5 of at most 0.7."
    )


def test_what_everybody_denies_is_still_first_when_the_telemetry_is_clear() -> None:
    denied = tuple(_found("back", *(f"p{number}" for number in range(100)), was_cause=False))
    assert diagnose(replace(slow_back().observed(), found_before=denied)).component == "back"
