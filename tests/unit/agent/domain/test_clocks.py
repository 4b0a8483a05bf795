"""Does anybody wait until a clock that was set back has caught up?"""

from datetime import timedelta

import pytest

from agent.domain.clocks import APART, lately, passed, unbelievable
from tests.clocks import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("later", "over"),
    [
        (timedelta(0), False),
        (MINUTE - SECOND, False),
        (MINUTE, True),
        (timedelta(days=3), True),
        (-SECOND, True),
        (-timedelta(days=3), True),
    ],
)
def test_a_minute_has_passed_when_it_has_or_when_nobody_can_tell(later: timedelta, over: bool) -> None:
    assert passed(NOON, MINUTE, NOON + later) is over


def test_since_what_never_was_it_has_passed() -> None:
    assert passed(None, MINUTE, NOON)


@pytest.mark.parametrize(
    ("ago", "so"),
    [(-APART - SECOND, False), (-APART, True), (timedelta(0), True), (MINUTE - SECOND, True), (MINUTE, False)],
)
def test_what_lies_ahead_by_more_than_clocks_differ_was_not_lately(ago: timedelta, so: bool) -> None:
    assert lately(NOON - ago, MINUTE, NOON) is so


def test_what_was_written_down_is_believed_while_clocks_may_differ_so() -> None:
    assert [unbelievable(NOON + ahead, NOON) for ahead in (-APART, APART, APART + SECOND)] == [False, False, True]
