"""What does a person read when there is one of a thing, and when there are more?"""

from agent.domain.wording import counted


def test_one_thing_has_no_s() -> None:
    assert [counted(number, "alert") for number in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]
