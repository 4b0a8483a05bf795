import lzma
import math
from pathlib import Path

from evals.lab.monitoring import Sample, Series
from evals.lab.openmetrics import exposition, shifted
from tools.recording.openmetrics import read


def one(name: str, labels: dict[str, str], *points: tuple[float, float]) -> Series:
    return Series({"__name__": name, **labels}, tuple(Sample(at, value) for at, value in points))


def test_families_are_contiguous_labels_sorted_and_machine_labels_dropped() -> None:
    text = exposition(
        [
            one("service:up", {"service": "cart"}, (10.0, 1.0)),
            one("edge:error_ratio", {"target": "store", "service": "cart"}, (10.0, 0.25), (15.5, 1 / 3)),
            one("service:up", {"service": "b", "job": "shop", "instance": "b:8080"}, (10.0, 0.0)),
        ],
        frozenset({"job", "instance"}),
    )

    assert text.splitlines() == [
        "# TYPE edge:error_ratio gauge",
        'edge:error_ratio{service="cart",target="store"} 0.25 10',
        'edge:error_ratio{service="cart",target="store"} 0.333333 15.5',
        "# TYPE service:up gauge",
        'service:up{service="b"} 0 10',
        'service:up{service="cart"} 1 10',
        "# EOF",
    ]


def test_a_sample_that_is_not_finite_is_left_out() -> None:
    series = one("up", {}, (1.0, math.nan), (2.0, math.inf), (3.0, 7.0))

    assert exposition([series]).splitlines() == ["# TYPE up gauge", "up 7 3", "# EOF"]


def test_time_zero_is_written_as_zero_when_an_arm_starts_at_the_action() -> None:
    series = one("up", {"service": "cart"}, (1795299700.123, 1.0), (1795299705.123, 0.0))

    assert exposition(shifted([series], 1795299700.123)).splitlines()[1:3] == [
        'up{service="cart"} 1 0',
        'up{service="cart"} 0 5',
    ]


def test_whatever_is_written_the_reader_of_cases_reads_back(tmp_path: Path) -> None:
    awkward = 'a "quoted" \\ two-line\nvalue'
    path = tmp_path / "metrics.om.xz"
    path.write_bytes(lzma.compress(exposition([one("up", {"why": awkward}, (1.5, 2.0))]).encode()))

    (track,) = read(path).tracks

    assert (track.labels, list(track.times), list(track.values)) == ({"__name__": "up", "why": awkward}, [1500], [2.0])
