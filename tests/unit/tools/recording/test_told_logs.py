"""Are the answers of log back ends read as lines?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tools.base import LogLine
from tools.recording.told_logs import lines

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NANOSECONDS = str(int(AT.timestamp())) + "000000000"
LATER = str(int(AT.timestamp()) + 1) + "000000000"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def test_streams_carry_their_labels_and_come_in_the_order_of_time() -> None:
    stream = {"app": "cart", "pod": "cart-0", "namespace": "shop"}
    values = [[LATER, "level=info msg=bye"], [NANOSECONDS, '{"level":"error","msg":"no","trace_id":"t"}']]
    answer = {"data": {"resultType": "streams", "result": [{"stream": stream, "values": values}]}}
    assert lines(answer) == [
        LogLine(AT, "cart", "no", "error", "cart-0", "t"),
        LogLine(AT.replace(second=1), "cart", "level=info msg=bye", "info", "cart-0"),
    ]


def test_hits_carry_everything_in_their_source() -> None:
    source = {
        "@timestamp": AT.isoformat(),
        "message": "no",
        "log": {"level": "ERROR"},
        "service": {"name": "cart"},
        "kubernetes": {"pod": {"name": "cart-0"}},
    }
    assert lines({"took": 3, "hits": {"hits": [{"_source": source}]}}) == [LogLine(AT, "cart", "no", "error", "cart-0")]


def test_a_line_of_nobody_and_of_no_time_is_still_a_line() -> None:
    assert lines({"hits": {"hits": [{"_source": {"message": "no"}}]}}) == [LogLine(LONG_AGO, "", "no")]


@pytest.mark.parametrize(
    "answer", [None, "text", [], {"stream": {}, "values": [["1"], 7]}, {"metric": {}, "values": [[1, "2"]]}]
)
def test_another_answer_has_none(answer: Any) -> None:
    assert lines(answer) == []
