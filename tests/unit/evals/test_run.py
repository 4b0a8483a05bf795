import json
from pathlib import Path

import pytest

from evals.__main__ import main
from tests.unit.agent.analysis.made import slow_back
from tests.unit.evals.made import write_case


def test_a_recorded_case_is_answered_and_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_case(tmp_path / "made" / "one", slow_back())
    out = tmp_path / "results.json"

    assert main(["run", str(tmp_path), "--out", str(out), "--metrics", "recorded"]) == 0
    assert main(["score", str(out), "--truth", str(tmp_path)]) == 0

    told = json.loads(out.read_text())["cases"][0]
    assert (told["id"], told["verdict"], told["error"], told["llm_calls"]) == ("made/one", "cause", "", 0)
    assert told["suspects"][0]["component"] == "back"
    assert told["suspects"][0]["evidence"]
    assert "| made | 1 | 1.000 |" in capsys.readouterr().out


def test_a_case_that_breaks_is_a_result_and_the_others_go_on_and_it_alone_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(tmp_path / "made" / "good", slow_back())
    bad = tmp_path / "made" / "bad"
    bad.mkdir()
    (bad / "alert.json").write_text("not JSON")
    (bad / "metrics.om.xz").write_bytes(b"not xz")
    out = tmp_path / "results.json"

    assert main(["run", str(tmp_path), "--out", str(out), "--metrics", "recorded"]) == 1
    first = {row["id"]: row for row in json.loads(out.read_text())["cases"]}
    assert main(["run", str(tmp_path), "--out", str(out), "--metrics", "recorded"]) == 1
    again = {row["id"]: row for row in json.loads(out.read_text())["cases"]}

    assert first["made/bad"]["error"] != ""
    assert first["made/bad"]["suspects"] == []
    assert first["made/good"]["error"] == ""
    assert again["made/good"] == first["made/good"]
    told = capsys.readouterr()
    assert "made/bad: " in told.err
    assert "1 of 2 cases are answered" in told.out


def test_what_cannot_be_read_is_told_and_the_case_is_answered_from_the_rest(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "made" / "one"
    write_case(folder, slow_back())
    (folder / "logs.jsonl.xz").write_bytes(b"not xz")
    (folder / "topology.json").write_text("{}")
    out = tmp_path / "results.json"

    assert main(["run", str(tmp_path), "--out", str(out), "--metrics", "recorded"]) == 0

    told = json.loads(out.read_text())["cases"][0]
    assert (told["suspects"][0]["component"], told["error"]) == ("back", "")
    said = capfd.readouterr().err
    assert ["one/logs.jsonl.xz: answered without it" in said, "one/topology.json: answered without it" in said] == [
        True,
        True,
    ]


def test_no_cases_is_a_failure_that_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path), "--out", str(tmp_path / "r.json")]) == 1

    assert "run: no case was found" in capsys.readouterr().err


def test_a_model_that_cannot_be_had_is_told_once_and_jobs_of_none_are_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(tmp_path / "made" / "one", slow_back())
    asked = ["run", str(tmp_path / "made"), "--out", str(tmp_path / "new" / "r.json")]

    assert main([*asked, "--model", "nobody:nothing"]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    with pytest.raises(SystemExit, match="2"):
        main([*asked, "--jobs", "0"])

    assert said.startswith("run: 'nobody:nothing' names the provider nobody")


def test_two_cases_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("here", "there"):
        write_case(tmp_path / place / "made" / "one", slow_back())

    assert main(["run", str(tmp_path), "--out", str(tmp_path / "r.json")]) == 1

    assert "two cases are called made/one" in capsys.readouterr().err


def test_wrong_usage_is_told_as_such() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run"])

    assert ended.value.code == 2
