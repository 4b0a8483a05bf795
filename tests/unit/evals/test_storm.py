import json
import lzma
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.storm import adjusted_rand, score


def test_the_same_partition_under_other_names_is_perfect() -> None:
    truth = {"1": "a", "2": "a", "3": "b"}

    found = score(truth, {"1": "x", "2": "x", "3": "y"})

    assert (found.ari, found.v_measure, found.causes_merged_away, found.causes_split) == (1.0, 1.0, 0, 0)


def test_one_group_for_everything_reduces_most_and_is_worthless() -> None:
    truth = {str(n): "a" if n < 60 else "b" for n in range(100)}

    found = score(truth, dict.fromkeys(truth, "all"))

    assert (found.reduction, found.ari, found.causes_merged_away) == (0.99, 0.0, 1)


def test_unplaced_alerts_stand_alone() -> None:
    found = score({"1": "a", "2": "a", "3": "a"}, {})

    assert (found.incidents, found.unplaced, found.causes_split) == (3, 3, 1)


def test_adjusted_rand_agrees_with_the_published_example() -> None:
    # Hubert and Arabie's worked form on two partitions of six: sum 2, rows 6, columns 3, pairs 15.
    assert adjusted_rand([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]) == pytest.approx((2 - 1.2) / (4.5 - 1.2))


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
