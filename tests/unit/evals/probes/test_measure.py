import itertools
import json
from pathlib import Path
from random import Random

import pytest

from evals.__main__ import main
from evals.case import Case
from evals.probes.measure import AS_RECORDED, PROBES
from evals.probes.recording import Recorded, read, write
from tests.unit.agent.analysis.made import NOW, slow_back
from tests.unit.evals.made import write_case

LINES = [
    {"ts": NOW.timestamp() - 60, "service": "back", "pod": "back-1", "level": "ERROR", "message": "back gave up"},
    {"ts": NOW.timestamp() - 30, "service": "front", "pod": "front-1", "level": "INFO", "message": "served back"},
]


def _case(folder: Path, name: str = "one") -> Case:
    write_case(folder / "made" / name, slow_back())
    (folder / "made" / name / "logs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return Case(f"made/{name}", folder / "made" / name)


def _probed(case: Case, probe: str) -> Recorded:
    return PROBES[probe](read(case), Random(1))


def test_what_is_read_is_written_down_again(tmp_path: Path) -> None:
    recorded = read(_case(tmp_path))
    (tmp_path / "there").mkdir()

    again = read(write(recorded, tmp_path / "there"))

    assert (again.step, again.lines, again.graph) == (recorded.step, recorded.lines, recorded.graph)
    assert [track.labels for track in again.tracks] == sorted(
        (track.labels for track in recorded.tracks), key=lambda labels: labels["__name__"]
    )
    assert sum(float(track.values.sum()) for track in again.tracks) == pytest.approx(
        sum(float(track.values.sum()) for track in recorded.tracks)
    )


def test_less_is_left_by_the_probes_that_take_away(tmp_path: Path) -> None:
    case = _case(tmp_path)
    recorded = read(case)
    few, coarse, gaps = (
        _probed(case, name) for name in ("four series in ten", "half as often", "a scrape in five missing")
    )

    assert (_probed(case, "no logs").lines, _probed(case, "no graph").graph) == ((), None)
    assert 0 < len(few.tracks) < len(recorded.tracks)
    assert coarse.step == 2 * recorded.step
    assert coarse.tracks[0].times[-1] == 1000 * NOW.timestamp()
    assert len(coarse.tracks[0].times) == (len(recorded.tracks[0].times) + 1) // 2
    assert 0.6 < len(gaps.tracks[0].times) / len(recorded.tracks[0].times) < 0.95


def test_failures_are_left_where_the_alert_is_alone(tmp_path: Path) -> None:
    case = _case(tmp_path)

    left = _probed(case, "failures at the front alone").tracks

    failures = [track.labels["service"] for track in left if track.labels["__name__"] == "error_ratio"]
    assert failures == ["front"]
    assert len(left) == len(read(case).tracks) - 3


def test_lines_are_told_in_other_words_and_name_the_same_components(tmp_path: Path) -> None:
    case = _case(tmp_path)

    as_json, foreign = (_probed(case, f"logs {kind}").lines for kind in ("as JSON", "in no known language"))

    assert [json.loads(line["message"])["msg"] for line in as_json] == [line["message"] for line in LINES]
    assert [str(line["message"]).partition(" ")[0] == "back" for line in foreign] == [True, False]
    assert "gave" not in foreign[0]["message"]
    assert {line["level"] for line in (*as_json, *foreign)} == {""}


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("istio", {"istio_requests_total", "istio_request_duration_milliseconds_bucket"}),
        ("micrometer", {"http_server_requests_seconds_count", "http_server_requests_seconds_sum"}),
        ("opentelemetry", {"http_server_request_duration_seconds_bucket"}),
    ],
)
def test_another_convention_counts_what_was_a_gauge(tmp_path: Path, convention: str, expected: set[str]) -> None:
    spoken = _probed(_case(tmp_path), f"names of {convention}")

    names = {track.labels["__name__"] for track in spoken.tracks}
    counters = [track for track in spoken.tracks if track.labels["__name__"].endswith(("_total", "_count", "_bucket"))]
    assert expected | {"container_cpu_usage_seconds_total", "container_memory_working_set_bytes"} <= names
    assert all((track.values[1:] >= track.values[:-1]).all() for track in counters)


def test_neighbours_join_under_other_names_and_end_before_their_own_fault(tmp_path: Path) -> None:
    case = _case(tmp_path)
    for name in ("two", "three"):
        _case(tmp_path, name)

    joined = _probed(case, "four systems in one")

    assert len(joined.tracks) == 3 * len(read(case).tracks)
    assert joined.graph is not None
    assert len({track.labels["service"] for track in joined.tracks}) == len(set(joined.graph["nodes"])) == 12


def test_a_busy_log_is_kept_of_a_quiet_minute_and_of_the_incident(tmp_path: Path) -> None:
    lines = _probed(_case(tmp_path), "two pieces of a busy log").lines

    moments = [float(line["ts"]) for line in lines]
    longest, ended = max((later - earlier, later) for earlier, later in itertools.pairwise(moments))
    begun = slow_back().began.timestamp() - 90
    assert (round(longest), round(ended - begun)) == (840, 0)
    assert [line["message"] for line in lines if line in LINES] == ["back gave up", "served back"]
    assert len({line["service"] for line in lines}) == 46
    assert {len(line["trace"]) for line in lines if line not in LINES} == {16}
    assert 0 < sum("NoSuchElementException" in line["message"] for line in lines) < len(lines) / 500


def test_every_probe_that_changes_a_case_is_scored_against_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _case(tmp_path)
    out = tmp_path / "probes.json"

    assert main(["probes", str(tmp_path), "--only", "no logs", "names of istio", "--out", str(out)]) == 0

    assert capsys.readouterr().out.splitlines()[2:] == [
        "| as recorded | 1.000 / 1.000, 1.00 |",
        "| no logs | 1.000 / 1.000, 1.00 |",
        "| names of istio | 1.000 / 1.000, 1.00 |",
    ]
    assert [row["error"] for rows in json.loads(out.read_text()).values() for row in rows] == ["", "", ""]
    assert AS_RECORDED not in PROBES


def test_an_unknown_probe_is_refused_with_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probes", str(_case(tmp_path).folder), "--only", "nothing"]) == 1

    assert "there is no probe nothing; there are: no logs" in capsys.readouterr().err
