import json
from pathlib import Path

import pytest

from agent.entrypoints.cli.frame import run

ROOT = Path(__file__).parents[5]


def test_the_shipped_runbooks_are_listed_with_their_digests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbooks", "list", str(ROOT / "runbooks"), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    folders = sorted(path.parent.name for path in (ROOT / "runbooks").glob("*/action.yaml"))
    assert sorted(action["name"] for action in listed) == folders
    assert {len(action["digest"]) for action in listed} == {64}


def test_the_shipped_runbooks_are_fit_for_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbooks", "lint", str(ROOT / "runbooks")]) == 0
    assert capsys.readouterr().out == f"The runbooks in {ROOT / 'runbooks'} are fit for use.\n"


def test_what_is_wrong_is_said_and_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    assert run(["runbooks", "lint", str(tmp_path), "--json"]) == 1
    told = capsys.readouterr()
    [problem] = json.loads(told.out)
    assert (problem["file"], told.err) == (str(tmp_path / "half/SKILL.md"), f"1 problem in {tmp_path}.\n")
