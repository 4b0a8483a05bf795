"""Are times and ages read as the API and kubectl write them?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tools.cluster.times import age, before, moment

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NO_TIMES: list[Any] = ["", "soon", None, True, float("inf"), []]
NO_AGES = ["", "soon", "5", "<unknown>", "99999999999999d"]


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T12:00:00.000000000Z", NOON),
        ("2026-03-01T14:00:00+02:00", NOON),
        ("Sun, 01 Mar 2026 14:00:00 +0200", NOON),
        (NOON.timestamp(), NOON),
        (NOON.timestamp() * 1000, NOON),
        *((nothing, None) for nothing in NO_TIMES),
    ],
)
def test_a_moment_is_read_however_it_is_written(written: Any, at: datetime | None) -> None:
    assert moment(written) == at


@pytest.mark.parametrize(
    ("written", "long"),
    [
        ("8s", timedelta(seconds=8)),
        ("3m19s", timedelta(minutes=3, seconds=19)),
        ("2d4h", timedelta(days=2, hours=4)),
        *((nothing, None) for nothing in NO_AGES),
    ],
)
def test_an_age_is_read_as_kubectl_prints_it(written: str, long: timedelta | None) -> None:
    assert age(written) == long


@pytest.mark.parametrize("seconds", [None, "soon", float("inf"), 10**20])
def test_what_names_no_length_of_time_is_before_nothing(seconds: Any) -> None:
    assert (before(NOON, seconds), before(NOON, "90"), before(None, 90)) == (None, NOON - timedelta(seconds=90), None)
