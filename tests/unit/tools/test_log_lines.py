"""Reading one line of a log file, whatever wrote it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tools.log_lines import Parsed, parse, time_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLI = NOON.replace(microsecond=123_000)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '{"ts": 1772366400.123, "level": "WARN", "service": "cart", "msg": "slow", "trace_id": "t", "pod": "p"}',
            Parsed("slow", MILLI, "warning", "cart", "p", "t"),
        ),
        (
            '{"@timestamp":"2026-03-01T13:00:00.123456789+01:00","log.level":"error","message":"gone","service":{"name":"a"}}',
            Parsed("gone", NOON.replace(microsecond=123_456), "error", "a"),
        ),
        (
            '{"log":"ERROR boom\\n","stream":"stderr","time":"2026-03-01T12:00:00Z"}',
            Parsed("ERROR boom", NOON, "error"),
        ),
        (
            '{"severity":"warning","message":"no cart","error":"dial tcp 10.0.0.7:7070: connection refused"}',
            Parsed("no cart: dial tcp 10.0.0.7:7070: connection refused", level="warning"),
        ),
        ('{"level":"error","msg":"no cart: timed out","err":"timed out"}', Parsed("no cart: timed out", level="error")),
        ('{"msg":"done","error":false,"err":null,"exception":{}}', Parsed("done")),
        ('{"error":{"message":"no route to host"}}', Parsed("no route to host")),
        ('{"a": 1}', Parsed('{"a": 1}')),
        ('{"cut off', Parsed('{"cut off')),
        ("{" * 100_000, Parsed("{" * 100_000)),
        ("[1, 2]", Parsed("[1, 2]")),
        ("2026-03-01 12:00:00,123 ERROR [main] boom", Parsed("ERROR [main] boom", MILLI, "error")),
        ("[2026-03-01T12:00:00Z] warning: odd", Parsed("warning: odd", NOON, "warning")),
        ("2026-03-01T12:00:00.123Z level=info msg=x", Parsed("level=info msg=x", MILLI, "info")),
        ("2026-03-01T12:00:00.123Z stdout F plain", Parsed("plain", MILLI)),
        (
            '2026-03-01T12:00:01Z stderr F {"time":"2026-03-01T12:00:00Z","level":"fatal","msg":"x","service":"s"}',
            Parsed("x", NOON, "error", "s"),
        ),
        (
            '1.2.3.4 - - [01/Mar/2026:13:00:00 +0100] "GET / HTTP/1.1" 200 5',
            Parsed('1.2.3.4 - - [01/Mar/2026:13:00:00 +0100] "GET / HTTP/1.1" 200 5', NOON),
        ),
        ("  at a.b(C.java:1)", Parsed("  at a.b(C.java:1)")),
        ("informational only, no error here", Parsed("informational only, no error here")),
        ("2026-13-99 12:00:00 nonsense", Parsed("2026-13-99 12:00:00 nonsense")),
        ("", Parsed("")),
    ],
)
def test_a_line_gives_what_it_names(line: str, expected: Parsed) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    "written",
    [
        1772366400,
        1772366400.0,
        "1772366400",
        1772366400_000,
        "1772366400000",
        1772366400_000_000,
        1772366400 * 10**9,
        "2026-03-01T12:00:00Z",
        "2026-03-01 12:00:00",
        "2026-03-01T13:00:00+0100",
    ],
)
def test_times_are_read_by_their_size_or_form(written: object) -> None:
    assert time_of(written) == NOON


@pytest.mark.parametrize("written", [None, True, "", "soon", 7, -1, 1e300, float("nan"), [], "12"])
def test_what_is_no_time_is_none(written: object) -> None:
    assert time_of(written) is None


def test_a_time_without_a_zone_is_in_the_configured_one() -> None:
    zone = timezone(timedelta(hours=-5))
    assert parse("2026-03-01 07:00:00 x", zone).at == NOON
