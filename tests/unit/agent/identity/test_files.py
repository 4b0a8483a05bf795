"""Is a file with a secret in it written whole, for its owner alone?"""

from pathlib import Path

from agent.identity import files


def test_what_was_written_first_stays_and_what_is_written_over_does_not(tmp_path: Path) -> None:
    path = tmp_path / "one"
    files.write_once(path, "first")
    files.write_once(path, "second")
    assert files.read(path) == "first"
    files.write_over(path, "third\n")
    assert files.read(path) == "third"
    assert [(entry.name, entry.stat().st_mode & 0o777) for entry in tmp_path.iterdir()] == [("one", 0o600)]


def test_removing_twice_is_removing(tmp_path: Path) -> None:
    files.write_once(tmp_path / "one", "x")
    files.remove(tmp_path / "one")
    files.remove(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []
