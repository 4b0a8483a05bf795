import json
import lzma
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evals.__main__ import main
from evals.storm import Retiming, correlate, retimed, score, twins


def test_the_same_partition_under_other_names_is_perfect() -> None:
    truth = {"1": "a", "2": "a", "3": "b"}

    found = score(truth, {"1": "x", "2": "x", "3": "y"})

    assert (found.ari, found.v_measure, found.causes_merged_away, found.causes_split) == (1.0, 1.0, 0, 0)


def test_one_group_for_everything_reduces_most_and_is_worthless() -> None:
    truth = {str(n): "a" if n < 60 else "b" for n in range(100)}

    found = score(truth, dict.fromkeys(truth, "all"))

    assert (found.reduction, found.ari, found.causes_merged_away) == (0.99, 0.0, 1)


def test_a_cause_that_an_incident_shows_apart_is_not_unseen() -> None:
    truth = {str(n): "a" if n < 60 else "b" if n < 90 else "c" for n in range(100)}
    waves = {one: ("all", cause == "b") for one, cause in truth.items()}

    found = score(truth, dict.fromkeys(truth, "all"), waves)

    assert (found.causes_merged_away, found.causes_merged_away_shown, found.causes_merged_away_unseen) == (2, 1, 1)


def test_unplaced_alerts_stand_alone() -> None:
    found = score({"1": "a", "2": "a", "3": "a"}, {})

    assert (found.incidents, found.unplaced, found.causes_split) == (3, 3, 1)


def test_a_stream_goes_through_intake_and_correlation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alerts = [
        {
            "id": n,
            "status": "firing",
            "labels": {"alertname": "Slow", "service": service},
            "annotations": {},
            "startsAt": f"2026-05-01T12:00:{n:02d}.000Z",
            "endsAt": "0001-01-01T00:00:00Z",
        }
        for n, service in enumerate(["a", "a", "b", "b"])
    ]
    stream, truth, out = tmp_path / "s.jsonl.xz", tmp_path / "t.json", tmp_path / "o.json"
    stream.write_bytes(lzma.compress("\n".join(map(json.dumps, alerts)).encode()))
    truth.write_text(json.dumps({str(n): "ab"[n // 2] for n in range(4)}))

    assert main(["storm", str(stream), "--truth", str(truth), "--out", str(out)]) == 0

    told = json.loads(out.read_text())
    assert (told["alerts"], told["incidents"], told["ari"]) == (4, 2, 1.0)
    assert "| 4 | 2 | 2 |" in capsys.readouterr().out


def storm_of(start: datetime, service: str, names: str, first: int) -> list[dict[str, Any]]:
    """One alert every two seconds, none of them ever resolved."""
    return [
        {
            "id": first + number,
            "status": "firing",
            "labels": {"alertname": name, "service": service},
            "annotations": {},
            "startsAt": (start + timedelta(seconds=2 * number)).isoformat(),
            "endsAt": "0001-01-01T00:00:00Z",
        }
        for number, name in enumerate(names)
    ]


BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAMES = "ABCDEFGHIJKLMNOPQRST"
STREAM = storm_of(BEGAN, "cart", NAMES, 0) + storm_of(BEGAN + timedelta(hours=1), "cart", NAMES, 100)
TRUTH = {str(one["id"]): "early" if one["id"] < 100 else "late" for one in STREAM}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "none of its 0 alerts has an id that the truth knows"),
        ('{"id": 7, "startsAt": "2026-05-01T12:00:00Z"}', "none of its 1 alerts has an id that the truth knows"),
        ('{"id": 1}', "alert 1 has no startsAt"),
    ],
)
def test_a_stream_that_cannot_be_judged_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: str, said: str
) -> None:
    stream, truth = tmp_path / "s.jsonl", tmp_path / "t.json"
    stream.write_text(lines)
    truth.write_text('{"1": "a"}')

    assert main(["storm", str(stream), "--truth", str(truth)]) == 1
    assert main(["storm", str(stream), "--truth", str(tmp_path / "none")]) == 1

    first, second = capsys.readouterr().err.splitlines()
    assert (first, "No such file" in second) == (f"storm: {stream}: {said}", True)


def test_repeated_storm_is_told_apart_whatever_the_spacing(tmp_path: Path) -> None:
    for spacing in (60, 120, 300, 600):
        alerts, truth = retimed(STREAM, TRUTH, Retiming(spacing=spacing))

        found = score(truth, correlate(alerts, tmp_path))

        assert (spacing, found.incidents, found.ari, found.causes_merged_away) == (spacing, 2, 1.0, 0)


def test_incidents_are_retimed_as_wholes() -> None:
    alerts, truth = retimed(STREAM, TRUTH, Retiming(spacing=90))

    late = [one["startsAt"] for one in alerts if truth[str(one["id"])] == "late"]
    assert (late[0], late[1]) == ("2026-05-01T12:01:30.000000Z", "2026-05-01T12:01:32.000000Z")
    assert alerts[0]["startsAt"] == "2026-05-01T12:00:00.000000Z"
    assert retimed(STREAM, TRUTH, Retiming(spacing=0, seed=7)) == retimed(STREAM, TRUTH, Retiming(spacing=0, seed=7))


def test_half_of_the_incidents_is_the_early_or_the_late_one() -> None:
    halves = [set(retimed(STREAM, TRUTH, Retiming(half=half))[1].values()) for half in (0, 1, 2)]

    assert halves == [{"early", "late"}, {"early"}, {"late"}]


def test_twins_are_alerts_of_two_causes_that_nothing_tells_apart() -> None:
    alerts, truth = retimed(STREAM, TRUTH, Retiming(spacing=0.000001))

    assert (twins(STREAM, TRUTH), twins(alerts, truth)) == (0, 0)
    same = [{**one, "startsAt": "2026-05-01T12:00:00Z"} for one in STREAM]
    assert twins(same, TRUTH) == len(STREAM)
