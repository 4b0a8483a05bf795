"""Does every door ask the record as its caller?  What is asked as the agent itself shows every team's incidents."""

import ast
from pathlib import Path

DOORS = Path(__file__).parents[2] / "agent" / "entrypoints"
AS_THE_AGENT = {
    "counting.py",  # numbers without names
    "events.py",  # one look for all readers; each hears `theirs`
    "health.py",
    "cli/once.py",  # no caller but whoever started it
    "demo/command.py",
    "slack/clicks.py",  # a card that is there already is drawn again
}


def test_no_door_reads_as_the_agent() -> None:
    found = set()
    for file in DOORS.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        inner = {
            id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "seen_by"
        }
        if any(
            isinstance(node, ast.Attribute) and node.attr == "views" and id(node) not in inner
            for node in ast.walk(tree)
        ):
            found.add(file.relative_to(DOORS).as_posix())
    assert found == AS_THE_AGENT
