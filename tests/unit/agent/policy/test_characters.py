"""Letters that look like others are found, and other ways of writing the same are read as the same."""

import pytest

from agent.policy.characters import disguised, plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cart fails", ""),
        ("\u0441art fails", "\u0441art"),
        ("\u0441\u0430\u0433\u0442 fails", "\u0441\u0430\u0433\u0442"),
        ("p\u03bf\u03bfl of cart", "p\u03bf\u03bfl"),
        ("café naïve größe", ""),
        ("ошибка базы данных", ""),
    ],
)
def test_a_word_that_passes_for_a_latin_one_is_named(text: str, found: str) -> None:
    assert disguised(text) == found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("cart", "cart"),
        ("\uff43\uff41\uff52\uff54 \uff13\uff14", "cart 34"),
        ("ca\u200brt", "cart"),
        ("db\u2011primary at \u22125 \u00b5s", "db-primary at -5 us"),
    ],
)
def test_other_ways_of_writing_are_read_alike(text: str, read: str) -> None:
    assert plain(text) == read
