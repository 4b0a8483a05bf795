"""Does each row get its turn, and the kills before what has enough of everything?"""

from tests.chaos.attempt import NOTHING, Known, Row, Tried
from tests.chaos.plan import Plan, plan
from tests.chaos.server import Ground


def _never(_ground: Ground, _seed: int, _known: Known) -> Tried:
    return Tried(1, NOTHING)


ROWS = {
    "kills": Row("", 300, 100, _never, kills=True),
    "drill": Row("", 200, 0, _never),
    "both": Row("", 200, 200, _never),
}


def _turns(made: Plan, *, over: bool = False) -> list[tuple[str, int]]:
    """(row, how often) in the order they came, when each try is worth 25 faults."""
    turns: list[tuple[str, int]] = []
    while (row := made.next(over=over)) is not None:
        made.count(row, 25, seconds={"both": 5}.get(row, 10))
        again = turns and turns[-1][0] == row
        turns = [*turns[:-1], (row, turns[-1][1] + 1)] if again else [*turns, (row, 1)]
    return turns


def test_each_row_once_then_kills_and_a_floor_then_to_their_goals_the_quickest_first() -> None:
    assert _turns(plan(ROWS, [], deployment="embedded", share=1, among=1, floor=50)) == [
        ("kills", 1),
        ("drill", 1),
        ("both", 1),
        ("kills", 6),
        ("drill", 1),
        ("kills", 5),
        ("both", 7),
        ("drill", 6),
    ]


def test_without_a_floor_kills_come_before_all_that_was_tried_once() -> None:
    assert _turns(plan(ROWS, [], deployment="embedded", share=1, among=1, floor=0))[:4] == [
        ("kills", 1),
        ("drill", 1),
        ("both", 1),
        ("kills", 11),
    ]


def test_when_the_time_is_over_each_row_is_tried_once() -> None:
    assert _turns(plan(ROWS, [], deployment="shared", share=1, among=1), over=True) == [("kills", 1), ("both", 1)]


def test_what_was_tried_before_counts_and_two_share_the_rest() -> None:
    before = [
        {"row": "kills", "deployment": "shared", "faults": 50, "seconds": 20},
        {"row": "kills", "deployment": "embedded", "faults": 9, "seconds": 4},
    ]
    rows = {"kills": ROWS["kills"]}
    assert _turns(plan(rows, before, deployment="shared", share=1, among=2)) == [("kills", 1)]
