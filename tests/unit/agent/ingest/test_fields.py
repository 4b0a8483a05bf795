from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from agent.domain.alert import AlertStatus, Severity
from agent.ingest.fields import link, moment, name, severity, status, text
from agent.ingest.strict_json import Unusable


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-11-21T19:36:08.354Z", datetime(2026, 11, 21, 19, 36, 8, 354_000, UTC)),
        ("2026-11-21T19:36:08.123456789Z", datetime(2026, 11, 21, 19, 36, 8, 123_456, UTC)),
        ("2021-10-12T09:51:03.157076+02:00", datetime(2021, 10, 12, 7, 51, 3, 157_076, UTC)),
        ("2015-07-17T08:42:58.315+0000", datetime(2015, 7, 17, 8, 42, 58, 315_000, UTC)),
        ("2026-11-21 19:36:08", datetime(2026, 11, 21, 19, 36, 8, 0, UTC)),
        ("1406662672000", datetime(2014, 7, 29, 19, 37, 52, 0, UTC)),
        (1406662672, datetime(2014, 7, 29, 19, 37, 52, 0, UTC)),
        ("1406662672.5", datetime(2014, 7, 29, 19, 37, 52, 500_000, UTC)),
        (1406662672.5, datetime(2014, 7, 29, 19, 37, 52, 500_000, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
        (0, None),
    ],
)
def test_moment_reads_the_senders_ways_of_writing_time(said: JsonValue, expected: datetime | None) -> None:
    assert moment(said) == expected


@pytest.mark.parametrize("said", ["yesterday", "9" * 30, "12.5.3", 1e300, "0001-06-01T00:00:00+14:00x", True, [], {}])
def test_moment_refuses_what_is_no_time(said: JsonValue) -> None:
    with pytest.raises(Unusable, match="is not a time"):
        moment(said)


def test_time_whose_utc_does_not_exist_is_refused() -> None:
    with pytest.raises(Unusable, match="is not a time"):
        moment("9999-12-31T23:59:59-14:00")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("critical", Severity.CRITICAL),
        ("Page", Severity.CRITICAL),
        ("SEV-1", Severity.CRITICAL),
        ("error", Severity.HIGH),
        ("P2", Severity.HIGH),
        ("warning", Severity.MEDIUM),
        ("notice", Severity.LOW),
        ("none", Severity.INFO),
        ("purple", Severity.MEDIUM),
        ("", Severity.MEDIUM),
    ],
)
def test_severity_words_of_all_senders(word: str, expected: Severity) -> None:
    assert severity([word]) is expected


def test_first_known_severity_wins() -> None:
    assert severity(["purple", "low", "critical"]) is Severity.LOW


@pytest.mark.parametrize(
    ("word", "expected"),
    [("firing", AlertStatus.FIRING), ("OK ", AlertStatus.RESOLVED), ("", None), (None, None)],
)
def test_status_words(word: JsonValue, expected: AlertStatus | None) -> None:
    assert status(word) is expected


def test_unknown_status_is_refused_rather_than_guessed() -> None:
    with pytest.raises(Unusable, match="The status 'purple' is neither firing nor resolved"):
        status("purple")


def test_only_web_addresses_are_links() -> None:
    assert link("javascript:alert(1)", None, 3, "https://x.example/" + "a" * 2_000, "http://ok.example/") == (
        "http://ok.example/"
    )


def test_text_and_name() -> None:
    said: list[JsonValue] = ["a", 1, 0.5, True, None, [], {}]

    assert [text(value) for value in said] == ["a", "1", "0.5", "true", "", "", ""]
    assert name(" ", "two\nlines " + "x" * 300) == "two lines " + "x" * 190
    assert name("") == "unnamed alert"
