"""Is a record of a log read, whoever wrote it?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tools.base import LogLine
from tools.recording.log_record import line

AT = datetime(2023, 1, 30, 11, 39, 3, tzinfo=UTC)
NOTHING = timedelta(0)


@pytest.mark.parametrize(
    "written",
    [
        AT.timestamp(),
        int(AT.timestamp() * 1_000),
        str(int(AT.timestamp())) + "000000000",
        f"{AT.timestamp():.3f}",
        "2023-01-30T11:39:03.000000000Z",
        "2023-01-30T19:39:03+08:00",
        "2023-01-30 11:39:03,000",
    ],
)
def test_a_time_is_read_in_every_unit_and_zone(written: Any) -> None:
    assert line({"ts": written, "message": "m"}, NOTHING).at == AT


def test_times_may_count_from_the_beginning_of_a_recording() -> None:
    assert line({"ts": 1.5}, timedelta(seconds=1)).at == datetime.fromtimestamp(2.5, UTC)


def test_the_names_that_shippers_write_are_read() -> None:
    record = {"@timestamp": AT.isoformat(), "app": "cart", "severity": "WARN", "msg": "late", "trace_id": "t"}
    assert line(record, NOTHING) == LogLine(AT, "cart", "late", "warning", "", "t")


def test_what_a_record_does_not_name_its_message_and_its_pod_tell() -> None:
    record = {
        "ts": AT.timestamp(),
        "pod": "cart-7d9f8c6b54-x1k2p",
        "level": None,
        "message": "19:39:03 ERROR c.Cart#4 no",
    }
    assert line(record, NOTHING) == LogLine(AT, "cart", "19:39:03 ERROR c.Cart#4 no", "error", "cart-7d9f8c6b54-x1k2p")


@pytest.mark.parametrize("record", [{"message": "m"}, {"ts": "soon"}, {"ts": None}])
def test_a_record_without_a_time_is_none(record: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match="ts"):
        line(record, NOTHING)
