"""What does a person read of a number, a share, a length of time?"""

from datetime import timedelta

from agent.domain.wording import chance, counted, lasting


def test_one_thing_has_no_s() -> None:
    assert [counted(number, "alert") for number in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]


def test_nothing_is_told_as_certain() -> None:
    assert [chance(value) for value in (0.0, 0.004, 0.34, 0.994, 1.0)] == ["<1%", "<1%", "34%", "99%", ">99%"]


def test_a_length_of_time_has_the_two_units_that_matter() -> None:
    assert [lasting(timedelta(seconds=length)) for length in (-5, 0, 12, 3600)] == ["0 s", "0 s", "12 s", "1 h"]
    assert lasting(timedelta(seconds=3905)) == "1 h 5 min"
