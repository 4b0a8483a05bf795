"""A text from outside fits into a line of ours."""

from tools.wording import cut, one_line


def test_a_text_of_many_lines_becomes_one() -> None:
    assert one_line(" two\n\tlines\u2028he\u200bre ") == "two lines here"


def test_a_text_is_cut_only_when_it_is_too_long_and_says_so() -> None:
    assert [cut("refused", most) for most in (8, 7, 6)] == ["refused", "refused", "refus…"]
