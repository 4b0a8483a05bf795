import json
import lzma
from pathlib import Path

import pytest

from evals.__main__ import main
from tests.unit.agent.analysis.made import NOW, Shop, slow_back


def _write_case(folder: Path, shop: Shop) -> None:
    folder.mkdir(parents=True)
    alert = shop.alert()
    body = {
        "version": "4",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": alert.labels,
                "annotations": {},
                "startsAt": alert.starts_at.isoformat(),
                "endsAt": "0001-01-01T00:00:00Z",
            }
        ],
    }
    (folder / "alert.json").write_text(json.dumps(body))
    (folder / "meta.json").write_text(json.dumps({"now": NOW.timestamp(), "step_s": 30}))
    graph = shop.topology()
    (folder / "topology.json").write_text(json.dumps({"nodes": sorted(graph.nodes), "edges": sorted(graph.edges)}))
    (folder / "truth.json").write_text(json.dumps({"root_cause": "back", "fault_type": "cpu"}))
    text, named = "", ""
    for one in shop.series():
        if one.name != named:
            text, named = text + f"# TYPE {one.name} gauge\n", one.name
        for at, value in zip(one.times, one.values, strict=True):
            text += f'{one.name}{{service="{one.labels["service"]}"}} {value} {at}\n'
    (folder / "metrics.om.xz").write_bytes(lzma.compress(f"{text}# EOF\n".encode()))


def test_a_recorded_case_is_answered_and_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_case(tmp_path / "made" / "one", slow_back())
    out = tmp_path / "results.json"

    assert main(["run", str(tmp_path), "--out", str(out)]) == 0
    assert main(["score", str(out), "--truth", str(tmp_path)]) == 0

    told = json.loads(out.read_text())["cases"][0]
    assert (told["id"], told["verdict"], told["error"], told["llm_calls"]) == ("made/one", "cause", "", 0)
    assert told["suspects"][0]["component"] == "back"
    assert told["suspects"][0]["evidence"]
    assert "| made | 1 | 1.000 |" in capsys.readouterr().out


def test_a_case_that_breaks_is_a_result_and_the_others_go_on(tmp_path: Path) -> None:
    _write_case(tmp_path / "made" / "good", slow_back())
    bad = tmp_path / "made" / "bad"
    bad.mkdir()
    (bad / "alert.json").write_text("not JSON")
    (bad / "metrics.om.xz").write_bytes(b"not xz")
    out = tmp_path / "results.json"

    assert main(["run", str(tmp_path), "--out", str(out)]) == 1

    rows = {row["id"]: row for row in json.loads(out.read_text())["cases"]}
    assert rows["made/bad"]["error"] != ""
    assert rows["made/bad"]["suspects"] == []
    assert rows["made/good"]["error"] == ""


def test_no_cases_is_a_failure(tmp_path: Path) -> None:
    assert main(["run", str(tmp_path), "--out", str(tmp_path / "r.json")]) == 1


def test_wrong_usage_is_told_as_such() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run"])

    assert ended.value.code == 2
