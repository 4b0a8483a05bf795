"""Are series that answers of tools hold read as what was measured?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tools.clients.recorded import RecordedMetrics
from tools.recording.told_series import recording

T0 = datetime(2026, 3, 26, 11, 20, tzinfo=UTC)
SECONDS = T0.timestamp()
STAMPS = ["2026-03-26T11:20:00Z", "2026-03-26T11:21:00Z"]
DIMENSIONS = [{"Name": "DBInstanceIdentifier", "Value": "main"}, {"Name": "Role", "Value": "writer"}]
OF_CLOUDWATCH = {"db_instance_identifier": "main", "role": "writer", "service": "main"}


def _read(answer: Any) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
    tracks = recording([answer]).tracks
    return [
        (track.labels, [(at / 1000 - SECONDS, value) for at, value in zip(track.times, track.values, strict=True)])
        for track in tracks
    ]


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        (
            {"MetricDataResults": [{"Id": "m", "Label": "ReadIOPS", "Timestamps": STAMPS, "Values": [1, 2.5]}]},
            {"__name__": "ReadIOPS"},
        ),
        (
            {
                "namespace": "AWS/RDS",
                "metric_data_results": [
                    {
                        "label": "of the writer",
                        "metric_name": "ReadIOPS",
                        "dimensions": DIMENSIONS,
                        "stat": "Maximum",
                        "timestamps": [*reversed(STAMPS)],
                        "values": [2.5, 1],
                    }
                ],
            },
            {"__name__": "ReadIOPS", **OF_CLOUDWATCH, "stat": "maximum"},
        ),
        (
            {
                "status": "success",
                "data": {
                    "resultType": "matrix",
                    "result": [
                        {
                            "metric": {"__name__": "up", "pod": "cart-0"},
                            "values": [[SECONDS, "1"], [SECONDS + 60, "2.5"]],
                        }
                    ],
                },
            },
            {"__name__": "up", "pod": "cart-0"},
        ),
        (
            {
                "series": [
                    {
                        "metric": "system.load.1",
                        "scope": "host:n1,env:prod",
                        "pointlist": [[SECONDS * 1000, 1.0], [SECONDS * 1000 + 60_000, 2.5], [SECONDS * 1000, None]],
                    }
                ]
            },
            {"__name__": "system_load_1", "host": "n1", "env": "prod"},
        ),
    ],
    ids=["cloudwatch", "cloudwatch with dimensions", "prometheus", "datadog"],
)
def test_a_range_of_time_is_read_whoever_tells_it(answer: Any, labels: dict[str, str]) -> None:
    assert _read(answer) == [(labels, [(0, 1), (60, 2.5)])]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {"timestamps": STAMPS, "values": [1, 2]},
        {"label": "cpu", "timestamps": STAMPS[:1], "values": [1]},
        {"label": "cpu", "timestamps": ["soon", "later"], "values": [1, 2]},
        {"label": "cpu", "timestamps": STAMPS, "values": ["a", None]},
        {"metric": {"__name__": "up"}, "value": [SECONDS, "1"]},
        {"metric": "x", "values": 7},
    ],
)
def test_what_is_no_course_of_anything_is_no_series(answer: Any) -> None:
    assert _read(answer) == []


def test_parts_of_a_series_in_several_answers_are_one() -> None:
    def part(at: int, value: float) -> dict[str, Any]:
        return {"label": "cpu", "timestamps": [SECONDS + at, SECONDS + at + 60], "values": [value, value]}

    (track,) = recording([part(0, 1), part(60, 2)]).tracks
    assert track.values.tolist() == [1, 2, 2]


async def test_they_are_asked_as_recorded_metrics_are() -> None:
    metrics = RecordedMetrics(recording([{"label": "cpu", "timestamps": STAMPS, "values": [1, 2]}]))
    (series,) = await metrics.query_range("cpu", T0, T0 + timedelta(minutes=1), timedelta(minutes=1))
    assert (series.name, series.values.tolist()) == ("cpu", [1, 2])
