"""Does the picture put callers left of what they call, and mark the path of the fault?"""

from agent.domain.evidence import CallGraph
from agent.entrypoints.dashboard.call_graph import MOST, draw

SHOP = CallGraph(calls=(("front", "middle"), ("front", "side"), ("middle", "back")), path=("front", "middle", "back"))


def test_what_is_called_stands_right_of_its_callers() -> None:
    places = {box.name: (box.x, box.y) for box in draw(SHOP).boxes}
    assert places == {"front": (8, 8), "middle": (218, 8), "side": (218, 54), "back": (428, 8)}


def test_the_cause_the_path_and_other_suspects_are_marked_and_told() -> None:
    drawn = draw(SHOP, ["back", "side"])
    assert {box.name: box.role for box in drawn.boxes} == {
        "front": "path",
        "middle": "path",
        "back": "cause",
        "side": "suspect",
    }
    assert [line.on_path for line in drawn.lines] == [True, False, True]
    assert drawn.said == (
        "4 components and 3 calls between them. It is felt in front and begins in back: front → middle → back."
    )


def test_calls_in_a_circle_are_drawn_all_the_same() -> None:
    drawn = draw(CallGraph(calls=(("a", "b"), ("b", "c"), ("c", "a"), ("a", "a"))))
    assert ([box.name for box in drawn.boxes], len(drawn.lines)) == (["a", "b", "c"], 3)
    assert all(0 <= box.x < drawn.width and 0 <= box.y < drawn.height for box in drawn.boxes)


def test_of_very_many_the_first_are_drawn_and_the_rest_is_counted() -> None:
    drawn = draw(CallGraph(calls=tuple(("front", f"component-with-a-long-name-{at}") for at in range(40))))
    assert (len(drawn.boxes), drawn.left_out) == (MOST, 41 - MOST)
    assert {len(box.shown) for box in drawn.boxes if box.name != "front"} == {20}
