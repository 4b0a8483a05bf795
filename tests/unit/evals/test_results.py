import json
from pathlib import Path
from typing import Any

import pytest

from evals.results import Results, own_version, read

MODEL = {"model": "one"}


def _row(id_: str, error: str = "") -> dict[str, Any]:
    return {"id": id_, "error": error}


def _opened_again(path: Path, asked: dict[str, str], *, fresh: bool = False) -> list[str]:
    return sorted(Results.opened(path, asked, fresh=fresh).rows)


def test_what_is_answered_is_kept_and_what_failed_is_not(tmp_path: Path) -> None:
    results = Results.opened(tmp_path / "r.json", MODEL, fresh=False)
    results.add(_row("s/2"))
    results.add(_row("s/1"))
    results.add(_row("s/3", "ValueError: x"))

    assert [row["id"] for row in read(tmp_path / "r.json")["cases"]] == ["s/1", "s/2", "s/3"]
    assert _opened_again(tmp_path / "r.json", MODEL) == ["s/1", "s/2"]
    assert _opened_again(tmp_path / "r.json", MODEL, fresh=True) == []


def test_answers_to_another_question_or_of_another_version_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    Results.opened(path, MODEL, fresh=False).add(_row("s/1"))

    assert _opened_again(path, {"model": "two"}) == []
    path.write_text(path.read_text().replace(own_version(), "0.0.0+other"))
    assert _opened_again(path, MODEL) == []


def test_cases_that_are_no_longer_asked_are_left_out(tmp_path: Path) -> None:
    results = Results.opened(tmp_path / "r.json", MODEL, fresh=False)
    results.add(_row("s/1"))
    results.add(_row("s/2"))

    results.keep(["s/2", "s/3"])

    assert [row["id"] for row in read(tmp_path / "r.json")["cases"]] == ["s/2"]


def test_nothing_but_the_whole_file_is_left_in_the_folder(tmp_path: Path) -> None:
    Results.opened(tmp_path / "r.json", MODEL, fresh=False).add(_row("s/1"))

    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
    assert set(json.loads((tmp_path / "r.json").read_text())) == {"cases", "machine", "version", "asked"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cases": 1}'])
def test_a_broken_file_is_told_and_not_overwritten(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)

    with pytest.raises(ValueError, match=r"r\.json"):
        Results.opened(tmp_path / "r.json", MODEL, fresh=False)

    assert (tmp_path / "r.json").read_text() == text
