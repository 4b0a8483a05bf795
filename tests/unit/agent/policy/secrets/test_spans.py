"""Where a value ends."""

import pytest

from agent.policy.secrets.spans import value_at


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abc def", "abc"),
        ('"a b c" d', "a b c"),
        (r'"a \" b" c', r"a \" b"),
        (r"\"a b\" c", "a b"),
        ("N'abc', 1", "abc"),
        ("a(b){c},", "a(b){c}"),
        ("abc)}", "abc"),
        ("abc;User Id=x", "abc"),
        ("abc, user=x", "abc"),
        (r"abc\nnext", "abc"),
        ("abc… (truncated)", "abc"),
        ("a&b=c", "a&b=c"),
        (r"'it'\''s' x", r"it'\''s"),
    ],
)
def test_a_value_ends_at_its_quote_or_at_what_cannot_be_part_of_it(text: str, value: str) -> None:
    found = value_at(text, 0)
    assert found is not None
    assert text[found.start : found.end] == value


def test_in_a_query_the_next_pair_ends_it_and_nothing_is_no_value() -> None:
    found = value_at("a&b=c", 0, query=True)
    assert found is not None
    assert found.end == 1
    assert value_at('""', 0) is None
    assert value_at(" a", 0) is None


def test_a_long_value_of_one_piece_goes_as_a_whole() -> None:
    found = value_at("QUJD" * 2_000 + "== next", 0)
    assert found is not None
    assert found.end == 8_002
