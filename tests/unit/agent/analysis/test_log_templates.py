from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.analysis.log_templates import LineShift, begun, blamed, hear
from agent.analysis.topology import Graph
from tests.unit.agent.analysis.made import NOW
from tools.base import LogLine

ONSET = NOW - timedelta(minutes=5)
NO_CALLS = Graph({}, frozenset(), {})


def _lines(service: str, message: str, level: str, every: int, first: int, last: int) -> list[LogLine]:
    return [
        LogLine(NOW - timedelta(seconds=second), service, message.format(second), level)
        for second in range(first, last, every)
    ]


def _shifts(lines: Sequence[LogLine]) -> Sequence[LineShift]:
    return hear(lines, ONSET, NOW, NO_CALLS).shifts


def test_new_errors_come_first_and_steady_lines_not_at_all() -> None:
    lines = [
        *_lines("cart", "served request {} in 5 ms", "info", 2, 0, 3600),
        *_lines("cart", "cannot reach store after {} ms", "error", 10, 0, 290),
        *_lines("cart", "cache rebuilt {}", "info", 3, 0, 290),
    ]

    found = _shifts(lines)

    assert [(one.template, one.new, one.after) for one in found] == [
        ("cannot reach store after <num> ms", True, 29),
        ("cache rebuilt <num>", True, 97),
    ]


@pytest.mark.parametrize(
    ("message", "complains"),
    [
        ('10.0.0.7 - - "GET /orders HTTP/1.1" 503 {}', True),
        ('{{"path": "/orders", "status": 500, "ms": {}}}', True),
        ("done status=502 in {} ms", True),
        ('10.0.0.7 - - "GET /orders HTTP/1.1" 200 {}', False),
        ("done status=404 in {} ms", False),
        ("read 500 rows in {} ms", False),
    ],
)
def test_a_line_of_a_request_that_failed_is_a_complaint_whatever_its_level(message: str, complains: bool) -> None:
    idle = _lines("cart", "idle", "info", 2, 0, 600)

    found = _shifts([*_lines("cart", message, "info", 2, 0, 290), *idle])

    assert [one.trouble >= 0.9 for one in found] == [complains]


def test_a_line_blames_the_components_it_names() -> None:
    found = _shifts(_lines("cart", "store: connection refused", "error", 5, 0, 290))

    assert blamed(found[0], ["cart", "store", "stores"]) == ["store"]


def test_failures_begin_with_who_complains_first_or_halfway_with_whom_that_complains_of() -> None:
    stuck = [replace(line, trace=f"t{n}") for n, line in enumerate(_lines("cart", "no answer", "error", 5, 0, 290))]
    waits = [replace(line, message="store: no answer") for line in stuck]

    found = [begun(hear(lines, ONSET, NOW, NO_CALLS), ["cart", "store"]) for lines in (stuck, waits, stuck[:2])]

    assert found == [{"cart": 1.0}, {"cart": 0.5, "store": 0.5}, {}]


@pytest.mark.parametrize(("earlier", "led"), [(0, {"cart": 1.0, "store": 1.0}), (1, {"cart": 1.0, "store": 0.0})])
def test_of_two_that_complain_in_the_same_moment_none_is_first_by_its_name(earlier: int, led: dict[str, float]) -> None:
    lines = [
        replace(line, trace=f"t{n}", at=line.at - timedelta(seconds=earlier * (name == "cart")))
        for name in ("cart", "store")
        for n, line in enumerate(_lines(name, "no answer", "error", 5, 0, 290))
    ]

    assert {one.component: one.led for one in _shifts(lines)} == led


def test_lines_after_now_are_not_looked_at() -> None:
    later = [LogLine(NOW + timedelta(seconds=n), "cart", "failed", "error") for n in range(1, 50)]

    assert list(_shifts(later)) == []


def test_a_hole_in_the_record_is_not_taken_for_silence() -> None:
    """One minute is known a quarter of an hour before the onset, and the five minutes since: nothing has changed."""
    steady = [
        *_lines("cart", "cannot find sku-{}", "warn", 2, 0, 300),
        *_lines("cart", "cannot find sku-{}", "warn", 2, 1200, 1260),
    ]

    assert _shifts(steady) == []


def test_of_a_log_that_begins_with_the_incident_complaints_alone_are_news() -> None:
    work = _lines("cart", "served request {} in 5 ms", "info", 2, 0, 290)
    complaint = _lines("cart", "cannot reach store", "error", 5, 0, 290)

    assert [one.level for one in _shifts([*work, *complaint])] == ["error"]


def test_what_comes_and_goes_with_the_traffic_has_not_changed() -> None:
    before = _lines("cart", "served {}", "info", 2, 300, 3600)
    since = _lines("cart", "served {}", "info", 1, 0, 300)

    found = [_shifts([*before, *since[::step]]) for step in (1, 2)]

    assert [[one.template for one in shifts] for shifts in found] == [["served <num>"], []]


def test_what_a_clock_wrote_and_no_longer_writes_is_gone() -> None:
    beats = _lines("cart", "swept {} carts", "info", 10, 301, 3600)
    other = _lines("cart", "served {}", "info", 1, 0, 3600)

    found = _shifts([*beats, *other])

    assert [(one.template, one.gone, round(one.before), one.after) for one in found] == [
        ("swept <num> carts", True, 30, 0)
    ]


def test_what_each_request_wrote_is_gone_only_where_requests_still_come() -> None:
    def requests(service: str, first: int, last: int, *messages: str) -> list[LogLine]:
        return [
            LogLine(NOW - timedelta(seconds=second), service, message, "info", trace=f"{service}-{second}")
            for second in range(first, last)
            for message in messages
        ]

    lines = [
        *requests("cart", 300, 900, "asked", "stored"),
        *requests("cart", 0, 300, "asked"),
        *requests("mail", 300, 900, "asked", "sent"),
    ]

    assert [(one.component, one.template) for one in _shifts(lines)] == [("cart", "stored")]


def test_few_lines_after_a_minute_without_any_are_no_news() -> None:
    """A minute is known before and five since: six lines of a kind never seen may be chance, sixty may not."""
    steady = [
        *_lines("cart", "served {}", "info", 1, 0, 300),
        *_lines("cart", "served {}", "info", 1, 1200, 1260),
    ]
    few, many = (_lines("cart", "cannot find sku-{}", "warn", every, 0, 300) for every in (50, 5))

    assert [len(_shifts([*steady, *more])) for more in (few, many)] == [0, 1]


def test_a_minute_of_a_busy_log_counts_as_a_minute() -> None:
    """Fifty lines a second in the one minute that is known before, and in the five minutes since."""
    lines = [
        LogLine(NOW - timedelta(seconds=start + tick / 50), "cart", f"served {tick}", "info")
        for start, length in ((0, 300), (1200, 60))
        for tick in range(50 * length)
    ]

    assert _shifts(lines) == []


def test_complaints_that_are_no_longer_heard_are_no_fault() -> None:
    lines = [
        *_lines("cart", "cannot find sku-{}", "warn", 5, 301, 3600),
        *_lines("cart", "served {}", "info", 1, 0, 3600),
    ]

    assert _shifts(lines) == []


def test_what_a_component_no_longer_says_of_another_blames_nobody_else() -> None:
    lines = [
        *_lines("cart", "asked store {}", "info", 5, 301, 3600),
        *_lines("cart", "served {}", "info", 1, 0, 3600),
    ]

    assert [(one.gone, blamed(one, ["cart", "store"])) for one in _shifts(lines)] == [(True, [])]
