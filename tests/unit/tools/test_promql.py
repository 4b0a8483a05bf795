"""Which queries are refused before they are sent, and that a value can never leave its quotes."""

import time
from datetime import UTC, datetime, timedelta

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.base import BackendError
from tools.promql import MAX_POINTS, affordable_step, checked, parsed, selector
from tools.quoting import literal


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("sum(up", "parse error, unclosed left parenthesis"),
        ("rate(x)[5m]", "parse error, expected type matrix in call to function 'rate', got vector"),
        ("", "parse error, no expression found in input"),
        ('{__name__=~".+"}', "selects every series: name a metric, or a label and its value"),
        ('sum({job=~".*|a",x=~".+"})', "selects every series: name a metric, or a label and its value"),
        ('{a=~"(.+)+"}', "selects every series: name a metric, or a label and its value"),
        ('{a!="b"}', "parse error, vector selector must contain at least one non-empty matcher"),
        ("up[1y]", "range 1y is longer than 1d: ask for less"),
        ('{__name__=~".+"}[1y]', "range 1y is longer than 1d: ask for less"),
        ("max_over_time(rate(x[5m])[2d:1m])", "subquery range 2d is longer than 1d: ask for less"),
        ("max_over_time(x[1d:1s])", "subquery of 86,400 points, at most 11,000 are allowed"),
        ("max_over_time(max_over_time(x[1h:1m])[1h:1m])", "subquery inside a subquery"),
        ("x # " + "-" * 9, "comments are not allowed"),
        ("-" * 61 + "x", "61 operators, at most 60 are allowed"),
        ("+".join("x" * 62), "61 operators, at most 60 are allowed"),
        ("(" * 51 + "x" + ")" * 51, "nested 51 deep, at most 50 is allowed"),
        ("x" * 4001, "4,001 characters, at most 4,000 are allowed"),
    ],
)
@pytest.mark.attack("S44")
def test_a_query_that_must_not_be_sent_is_refused_with_the_reason(query: str, reason: str) -> None:
    with pytest.raises(BackendError) as refused:
        checked(query)
    assert str(refused.value) == f"{query[:300]!r}: {reason}"


@pytest.mark.parametrize(
    "query",
    [
        "up",
        'sum by (service) (rate(http_requests_total{code=~"5.."}[5m])) / ignoring(code) sum(rate(y[5m]))',
        'x{pod="a-b-c-d # (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("}',
        '{job="a"} offset 30d',
        '{job=~"a.*"}',
        "max_over_time(rate(x[5m])[1h:1m])",
        "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))",
    ],
)
def test_an_affordable_query_passes(query: str) -> None:
    assert checked(query).prettify()


@pytest.mark.attack("S44")
def test_our_own_selector_of_everything_is_parsed_but_not_checked_for_cost() -> None:
    assert parsed('{__name__=~".+"}').prettify() == '{__name__=~".+"}'


def test_the_dearest_text_that_is_let_through_is_parsed_in_good_time() -> None:
    began = time.process_time()
    checked("(" * 50 + "+".join("x" * 60) + ")" * 50)
    assert time.process_time() - began < 60


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.lists(st.text(max_size=20), max_size=3))
@pytest.mark.attack("S43", "S04")
def test_whatever_a_value_holds_it_stays_one_value(value: str, others: list[str]) -> None:
    one_of = {"pod": [other.encode("utf-8", "replace").decode() for other in others]} if others else {}
    tree = parsed(selector("up", {"job": value}, one_of))
    assert isinstance(tree, promql_parser.VectorSelector)
    assert [(m.name, m.op, m.value) for m in tree.matchers.matchers] == [
        ("job", promql_parser.MatchOp.Equal, value),
        *(
            ("pod", promql_parser.MatchOp.Re, "|".join(literal(other) for other in values))
            for values in one_of.values()
        ),
    ]


@pytest.mark.parametrize(
    "build",
    [
        lambda: selector("up{} or vector"),
        lambda: selector("up", {'a"} or up{b': "c"}),
        lambda: selector("up", {}, {"a-b": ["c"]}),
        selector,
    ],
)
@pytest.mark.attack("S43")
def test_a_name_that_is_no_name_is_refused(build: "type[str]") -> None:
    with pytest.raises(BackendError):
        build()


def test_the_step_is_widened_to_stay_within_the_points_of_an_answer() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    week = start + timedelta(days=7)
    assert affordable_step(start, week, timedelta(seconds=60)) == timedelta(seconds=60)
    assert affordable_step(start, week, timedelta(seconds=1)) == timedelta(seconds=55)
    assert affordable_step(start, week, timedelta(0)) == timedelta(seconds=55)
    assert affordable_step(start, start, timedelta(0)) == timedelta(seconds=1)
    assert (week - start) / timedelta(seconds=55) + 1 <= MAX_POINTS
