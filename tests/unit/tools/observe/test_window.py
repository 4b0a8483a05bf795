"""Which stretch of time an argument means."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.unit.tools.observe.telemetry import ALERT, MINUTE, NOW, WINDOW
from tools.base import BackendError
from tools.observe.window import Moment, Span, Window


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(), (ALERT - 60 * MINUTE, NOW)),
        (Span(minutes_before=5, minutes_after=3), (ALERT - 5 * MINUTE, ALERT + 3 * MINUTE)),
        (Span(minutes_after=99), (ALERT - 60 * MINUTE, NOW)),
        (Span(start=datetime(2026, 3, 1, 11, 50)), (ALERT - 10 * MINUTE, NOW)),  # noqa: DTZ001 (as a model writes it)
        (
            Span(start=datetime(2026, 3, 1, 12, 50, tzinfo=timezone(timedelta(hours=1))), end=ALERT),
            (ALERT - 10 * MINUTE, ALERT),
        ),
        (Span(end=datetime(2030, 1, 1, tzinfo=UTC)), (ALERT - 60 * MINUTE, NOW)),
    ],
)
def test_a_span_is_relative_to_the_alert_or_absolute_and_never_after_now(
    span: Span, expected: tuple[datetime, datetime]
) -> None:
    assert span.within(WINDOW) == expected


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (Span(start=NOW + MINUTE), "is not before the end"),
        (Span(minutes_before=0, minutes_after=0), "is not before the end"),
        (Span(start=datetime(2020, 1, 1, tzinfo=UTC)), "ask for less"),
    ],
)
def test_a_span_that_cannot_be_asked_for_says_why(span: Span, reason: str) -> None:
    with pytest.raises(BackendError, match=reason):
        span.within(WINDOW)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_has_none_in_utc_says_so(written: str) -> None:
    at = datetime.fromisoformat(written)
    for asked in (lambda: Span(start=at).within(WINDOW), lambda: Moment(at=at).within(WINDOW)):
        with pytest.raises(BackendError, match="is no time in UTC"):
            asked()


def test_a_moment_is_now_unless_it_says_otherwise() -> None:
    assert [
        Moment().within(WINDOW),
        Moment(minutes_after_alert=-4).within(WINDOW),
        Moment(minutes_after_alert=99).within(WINDOW),
        Moment(at=ALERT).within(WINDOW),
    ] == [NOW, ALERT - 4 * MINUTE, NOW, ALERT]


def test_times_are_shown_with_their_distance_to_the_alert() -> None:
    moments = [ALERT - 9 * MINUTE, ALERT - timedelta(seconds=11), ALERT, NOW]
    assert [WINDOW.relative(at) for at in moments] == [
        "2026-03-01 11:51:00Z (9 min before the alert)",
        "2026-03-01 11:59:49Z (11 s before the alert)",
        "2026-03-01 12:00:00Z (at the alert)",
        "2026-03-01 12:10:00Z (10 min after the alert)",
    ]


def test_before_ends_at_the_onset_once_it_is_known() -> None:
    known = Window(ALERT, NOW, onset=ALERT - 4 * MINUTE)
    assert (WINDOW.divide, WINDOW.division) == (ALERT, "the alert")
    assert (known.divide, known.division) == (ALERT - 4 * MINUTE, "the onset at 11:56:00Z")
