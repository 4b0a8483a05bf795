"""Reading a recorded OpenMetrics text."""

import lzma
import time
from pathlib import Path

import pytest

from tools.base import BackendError
from tools.recording.openmetrics import parse, read


def test_samples_are_grouped_into_series_with_their_times_in_order() -> None:
    recording = parse(
        [
            "# HELP z a counter",
            "# TYPE z counter",
            'z_total{b="x } # {y",c="q\\"\\\\n\\n"} 1 2.5 # {trace="1"} 3 4',
            'z_total{b="x } # {y",c="q\\"\\\\n\\n"} +Inf 1',
            'z_total{b="x } # {y",c="q\\"\\\\n\\n"} 7 1',
            "# TYPE up gauge",
            "up NaN 3",
            "# EOF",
        ]
    )
    assert recording.types == {"z": "counter", "z_total": "counter", "up": "gauge"}
    assert [(t.labels, t.times.tolist(), [str(v) for v in t.values]) for t in recording.tracks] == [
        ({"__name__": "z_total", "b": "x } # {y", "c": 'q"\\n\n'}, [1000, 2500], ["7.0", "1.0"]),
        ({"__name__": "up"}, [3000], ["nan"]),
    ]


@pytest.mark.parametrize("line", ["up 1", "up{a=} 1 2", "up one 2", 'up{a="b" 1 2', ""])
def test_what_is_no_sample_with_a_timestamp_is_named(line: str) -> None:
    with pytest.raises(BackendError, match=r"line 2|not a series"):
        parse(["# TYPE up gauge", line], "case.om")


@pytest.mark.parametrize("content", [b"not xz", lzma.compress(b"up 1 1\n" * 1000)[:-40]], ids=["no xz", "cut off"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.om.xz").write_bytes(content)
    with pytest.raises(BackendError, match=r"metrics\.om\.xz: cannot be read"):
        read(tmp_path / "metrics.om.xz")


def test_two_hundred_kilobytes_take_no_time_worth_waiting_for(tmp_path: Path) -> None:
    path = tmp_path / "metrics.om.xz"
    lines = [f'pod_cpu{{pod="cart-{i % 40}"}} {i * 0.37:.5f} {1_700_000_000 + i}' for i in range(4600)]
    text = "\n".join(["# TYPE pod_cpu gauge", *lines, "# EOF", ""])
    assert len(text) > 200_000
    path.write_bytes(lzma.compress(text.encode()))
    began = time.process_time()
    assert sum(len(track.times) for track in read(path).tracks) == 4600
    assert time.process_time() - began < 60
