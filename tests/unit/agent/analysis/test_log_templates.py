from datetime import timedelta

from agent.analysis.log_templates import blamed, line_shifts
from tests.unit.agent.analysis.made import NOW
from tools.base import LogLine

ONSET = NOW - timedelta(minutes=5)


def _lines(service: str, message: str, level: str, every: int, first: int, last: int) -> list[LogLine]:
    return [
        LogLine(NOW - timedelta(seconds=second), service, message.format(second), level)
        for second in range(first, last, every)
    ]


def test_new_errors_come_first_and_steady_lines_not_at_all() -> None:
    lines = [
        *_lines("cart", "served request {} in 5 ms", "info", 2, 0, 3600),
        *_lines("cart", "cannot reach store after {} ms", "error", 10, 0, 290),
        *_lines("cart", "cache rebuilt {}", "info", 3, 0, 290),
    ]

    found = line_shifts(lines, ONSET, NOW)

    assert [(one.template, one.new, one.after) for one in found] == [
        ("cannot reach store after <num> ms", True, 29),
        ("cache rebuilt <num>", True, 97),
    ]


def test_a_line_blames_the_components_it_names() -> None:
    found = line_shifts(_lines("cart", "store: connection refused", "error", 5, 0, 290), ONSET, NOW)

    assert blamed(found[0], ["cart", "store", "stores"]) == ["store"]


def test_lines_after_now_are_not_looked_at() -> None:
    later = [LogLine(NOW + timedelta(seconds=n), "cart", "failed", "error") for n in range(1, 50)]

    assert line_shifts(later, ONSET, NOW) == []


def test_a_hole_in_the_record_is_not_taken_for_silence() -> None:
    """One minute is known a quarter of an hour before the onset, and the five minutes since: nothing has changed."""
    steady = [
        *_lines("cart", "cannot find sku-{}", "warn", 2, 0, 300),
        *_lines("cart", "cannot find sku-{}", "warn", 2, 1200, 1260),
    ]

    assert line_shifts(steady, ONSET, NOW) == []


def test_what_comes_and_goes_with_the_traffic_has_not_changed() -> None:
    before = _lines("cart", "served {}", "info", 2, 300, 3600)
    since = _lines("cart", "served {}", "info", 1, 0, 300)

    found = [line_shifts([*before, *since[::step]], ONSET, NOW) for step in (1, 2)]

    assert [[one.template for one in shifts] for shifts in found] == [["served <num>"], []]
