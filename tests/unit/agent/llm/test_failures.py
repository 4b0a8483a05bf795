from datetime import UTC, datetime

import pytest

from agent.llm.failures import LONGEST_REST, failure, retry_after

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("999999", LONGEST_REST),
        ("inf", LONGEST_REST),
        ("Sun, 01 Nov 2026 12:00:07 GMT", 7),
        ("Sun, 01 Nov 2026 12:00:07", 7),
        ("Wed, 21 Oct 2065 07:28:00 GMT", LONGEST_REST),
        ("Sun, 01 Nov 2026 11:59:00 GMT", None),
        ("-5", None),
        ("nan", None),
        ("soon", None),
        ("Sun, 99 Nov 2026 12:00:07 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_makes_sense_or_is_none(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_an_unknown_error_of_a_library_names_its_type_and_not_its_text() -> None:
    failed = failure(ValueError("bytes of the endpoint"), NOW)
    assert (failed.kind, failed.retry) == ("protocol", False)
    assert failed.text == "answered something that is not a model's answer (ValueError)"
