"""Is the list of those who asked to be deleted whole, also when its disk was full in the middle of a line?"""

from pathlib import Path

from agent.storage.deletions import Deletions


def test_half_a_line_is_no_request_and_does_not_spoil_those_before_and_after_it(tmp_path: Path) -> None:
    path = tmp_path / "deletions"
    Deletions(path, b"k" * 32).add("ada@shop.example")
    first = path.read_bytes()
    Deletions(path, b"k" * 32).add("eve@shop.example")
    whole = path.read_bytes()
    for length in range(len(first), len(whole)):
        path.write_bytes(whole[:length])
        asked = Deletions(path, b"k" * 32)
        before = asked.names()
        asked.add("bob@shop.example")
        assert (before, asked.names()) == (["ada@shop.example"], ["ada@shop.example", "bob@shop.example"]), length
