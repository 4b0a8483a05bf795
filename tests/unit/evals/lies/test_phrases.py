"""One fact in all the ways it is said, and what becomes of it when one field is changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from evals.lies.facts import Changed, Logged, Moved
from evals.lies.numerals import confused, rounded, written
from evals.lies.phrases import phrases

ONSET = datetime(2026, 11, 1, 12, 3, 10, tzinfo=UTC)
SLOWER = Moved(
    evidence="e1",
    what="edge:latency_p95_seconds",
    metric="edge:latency_p95_seconds",
    component="store",
    before=0.00484,
    after=0.7123,
    last=0.7388,
    at=ONSET + timedelta(seconds=25),
    deviations=90.0,
    unit="s",
    caller="cart",
)
REFUSED = Logged(
    evidence="e2",
    component="cart",
    example="POST /carts failed: no answer within 500 ms",
    kinds=("POST /carts failed: no answer within <num> ms",),
    count=21,
    first=ONSET - timedelta(seconds=9),
    before=0,
    new=True,
)
QUOTED = "“POST /carts failed: no answer within <num> ms”"
DEPLOYED = Changed("e3", "cart", "deploy", ONSET - timedelta(minutes=4), "cart 1.2 -> 1.3", "mira")


def texts(fact: Moved | Logged | Changed) -> list[str]:
    return [one.text for one in phrases(fact, ONSET)]


def test_a_quantity_is_said_in_its_units_and_to_two_or_three_digits() -> None:
    assert texts(SLOWER)[:5] == [
        "edge:latency_p95_seconds from cart to store went from 4.84 ms to 712 ms.",
        "The edge:latency_p95_seconds from cart to store rose from 4.84 ms to 712 ms.",
        "For calls from cart to store, latency p95 seconds rose to 712 ms, from 4.84 ms before.",
        "For calls from cart to store, latency p95 seconds is at 739 ms now.",
        "At 12:03:35 UTC the edge:latency_p95_seconds from cart to store was 739 ms.",
    ]
    assert texts(SLOWER)[-2:] == [
        "The edge:latency_p95_seconds from cart to store grew about 150-fold.",
        "For calls from cart to store, latency p95 seconds rose sharply.",
    ]
    assert "edge:latency_p95_seconds from cart to store went from 4.8 ms to 710 ms." in texts(SLOWER)


def test_what_hardly_moved_is_not_said_to_have_moved_sharply() -> None:
    assert not [text for text in texts(replace(SLOWER, deviations=2.0)) if "sharply" in text]


def test_lines_are_quoted_whole_in_part_and_by_their_template() -> None:
    assert texts(REFUSED) == [
        "cart logged “POST /carts failed: no answer within <num> ms” 21 times since the onset.",
        "cart writes “POST /carts failed: no answer within <num> ms” since 12:03:01 UTC.",
        f"The first {QUOTED} of cart came at 12:03:01, 9 seconds before the onset.",
        "cart never logged “POST /carts failed: no answer within <num> ms” before.",
        "cart logs “POST /carts failed: no answer within 500 ms”.",
        'Since the onset cart wrote 21 lines such as "POST /carts failed: no answer within 500 ms".',
        "cart logs “POST /carts failed: no answer within”.",
        'Since the onset cart wrote 21 lines such as "POST /carts failed: no answer within".',
        "cart logs “no answer within 500 ms”.",
        'Since the onset cart wrote 21 lines such as "no answer within 500 ms".',
    ]


def test_a_change_is_told_by_the_clock_and_by_its_distance_from_the_onset() -> None:
    assert texts(DEPLOYED) == [
        "deploy of cart at 11:59:10: “cart 1.2 -> 1.3”.",
        "A deploy of cart came 4 minutes before the onset.",
        "cart was deployed at 11:59 UTC.",
        "cart was deployed shortly before the onset.",
        "mira made a deploy of cart: “cart 1.2 -> 1.3”.",
    ]


def test_numerals_carry_no_exponent_and_units_that_are_readable() -> None:
    assert [rounded(0.000123456), rounded(1.0), rounded(0.0), rounded(52_600_000.0, 2)] == [
        "0.000123",
        "1",
        "0",
        "53000000",
    ]
    assert written((0.0, 0.4749), "share") == [("0", "0.475"), ("0", "0.47"), ("0%", "47.5%"), ("0%", "47%")]


def test_a_confused_unit_keeps_the_numeral_and_says_by_how_much_it_is_wrong() -> None:
    assert confused((0.005, 0.712), "s") == [(0.001, ("0.005 ms", "0.712 ms")), (1000.0, ("5 s", "712 s"))]
