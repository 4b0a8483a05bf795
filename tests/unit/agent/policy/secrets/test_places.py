"""A place: by the words that it begins with, or that it has in its midst."""

import pytest

from agent.policy.secrets.places import Place, at, near


def _found(place: Place, text: str) -> list[str]:
    return [one[0] for one in place.found(text, text.lower())]


def test_a_place_begins_with_its_words() -> None:
    assert _found(at(("net ", "nets "), r"nets? \d"), "net 1 nets 2 net x") == ["net 1", "nets 2"]


@pytest.mark.parametrize(
    ("text", "expected"), [("  set key 7", ["key 7"]), ("we set key 7", []), ("x" * 300 + " key 7", [])]
)
def test_a_place_may_ask_for_what_stands_before_it_in_its_line(text: str, expected: list[str]) -> None:
    assert _found(at("key", r"key \d", before=r"\s*set "), text) == expected


def test_a_place_may_have_its_words_in_its_midst() -> None:
    assert _found(near(" reg_", r"\w+ REG_SZ \d"), "a REG_SZ 1\nb REG_SZ 2") == ["a REG_SZ 1", "b REG_SZ 2"]


def test_what_a_place_needs_is_what_it_begins_with_unless_it_says_so() -> None:
    assert at("net", "net x", needs="x").needs == ("x",)
    assert at("net", "net x").needs == ("net",)
