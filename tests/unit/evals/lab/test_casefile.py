import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evals.case import records
from evals.lab.casefile import Arm, read_log, write_case
from evals.lab.shop.changes import Change
from tests.unit.evals.lab.recordings import incident, log_line
from tools.recording.files import log_lines
from tools.recording.openmetrics import read


def test_a_case_folder_holds_the_case_and_both_arms(tmp_path: Path) -> None:
    write_case(incident(), tmp_path)

    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "after/action.json",
        "after/healed.om.xz",
        "after/logs_healed.jsonl.xz",
        "after/logs_unhealed.jsonl.xz",
        "after/resolved.json",
        "after/unhealed.om.xz",
        "alert.json",
        "logs.jsonl.xz",
        "meta.json",
        "metrics.om.xz",
        "topology.json",
        "truth.json",
    ]


def test_the_body_is_kept_exactly_as_alertmanager_posted_it(tmp_path: Path) -> None:
    posted = '{"status":"firing",  "b":1, "a":"\\u0026"}'

    write_case(incident(alert=posted), tmp_path)

    assert (tmp_path / "alert.json").read_text() == posted


def test_the_healed_arm_starts_with_the_action_at_time_zero(tmp_path: Path) -> None:
    write_case(incident(), tmp_path)

    (series,) = read(tmp_path / "after" / "healed.om.xz").tracks
    (line,) = records(tmp_path / "after" / "logs_healed.jsonl.xz")
    assert (list(series.times[:4]), list(series.values[:4])) == ([0, 5000, 10_000, 15_000], [0.6, 0.6, 0.6, 0.0])
    assert (line["ts"], line["message"]) == (1.5, "2.3.1 started")


def test_log_lines_of_all_services_come_in_the_order_of_time(tmp_path: Path) -> None:
    late, early = log_line("1970-01-12T13:51:21Z", "late"), log_line("1970-01-12T13:51:20.25Z", "early")

    write_case(incident(before=Arm(incident().before.series, [late, early])), tmp_path)

    lines, _ = log_lines(tmp_path / "logs.jsonl.xz", timedelta(0))
    assert [(line.at, line.message) for line in lines] == [
        (datetime(1970, 1, 12, 13, 51, 20, 250_000, UTC), "early"),
        (datetime(1970, 1, 12, 13, 51, 21, tzinfo=UTC), "late"),
    ]


def test_changes_are_written_with_their_time_in_seconds(tmp_path: Path) -> None:
    change = Change(at=datetime.fromtimestamp(1_000_100.5, UTC), service="cart", kind="deploy", summary="cart 1 -> 2")

    write_case(incident(changes=[change]), tmp_path)

    assert json.loads((tmp_path / "changes.json").read_text()) == [
        {
            "at": 1_000_100.5,
            "service": "cart",
            "kind": "deploy",
            "summary": "cart 1 -> 2",
            "source": "shop-delivery",
            "author": "",
            "link": "",
        }
    ]
    assert json.loads((tmp_path / "meta.json").read_text())["signals"] == ["metrics", "logs", "changes"]


def test_a_log_file_is_read_from_its_start_until_before_its_end(tmp_path: Path) -> None:
    path = tmp_path / "cart.jsonl"
    stamps = ("1970-01-01T00:00:09.999Z", "1970-01-01T00:00:10Z", "1970-01-01T00:00:19.5Z", "1970-01-01T00:00:20Z")
    path.write_text("".join(f"{log_line(stamp).model_dump_json()}\n" for stamp in stamps))

    assert [line.ts.timestamp() for line in read_log(path, 10.0, 20.0)] == [10.0, 19.5]
