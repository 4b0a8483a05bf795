"""What the recorded source refuses. What it answers is compared with a real Prometheus in the integration tests."""

import numpy as np
import pytest

from tools.base import BackendError
from tools.promql import parsed
from tools.recording.engine import Engine
from tools.recording.openmetrics import parse

ENGINE = Engine(
    parse(
        [
            'up{pod="a",app="x"} 1 0',
            'up{pod="b",app="x"} 2 0',
            'limit{app="x"} 4 0',
        ]
    ).tracks
)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ('count_values("v", up)', "unsupported by the recorded source: aggregation count_values"),
        ("predict_linear(up[5m], 60)", "unsupported by the recorded source: function predict_linear"),
        ("up @ 12", "unsupported by the recorded source: the @ modifier"),
        ('{a="b" or c="d"}', "unsupported by the recorded source: `or` between matchers"),
        ("up[5m]", "unsupported by the recorded source: MatrixSelector here"),
        ('"text"', "a string is not a series"),
        ('up{pod=~"(a+)+b"}', "repetition inside a repetition"),
        ('up{pod=~"((a|a)b)*"}', "repetition inside a repetition"),
        ('up{pod=~"\\\\pL"}', "unsupported by the recorded source: the regular expression"),
        ('up{pod=~"[[:alpha:]]"}', "unsupported by the recorded source: a named class"),
        ("up + on(app) up", "found duplicate series for the match group"),
        ("up / on(app) limit", "found duplicate series for the match group"),
        ("sum without (pod) (up) + ignoring(pod) up", "found duplicate series for the match group"),
    ],
)
def test_what_is_outside_the_subset_is_named_never_approximated(query: str, reason: str) -> None:
    with pytest.raises(BackendError) as refused:
        ENGINE.evaluate(parsed(query), np.array([0]))
    assert reason in str(refused.value)


@pytest.mark.parametrize("pattern", ["(a|b).*", "cart-[0-9]+", "(?i)(cart)?-x", "(cart-)(1|2)", "a{2}(b)?"])
def test_an_ordinary_regular_expression_is_not_refused(pattern: str) -> None:
    assert ENGINE.evaluate(parsed(f'up{{pod=~"{pattern}"}}'), np.array([0])) is not None


def test_pairs_come_in_the_order_of_the_left_side_each_time() -> None:
    names = [f"pod-{number:02}" for number in range(40)]
    engine = Engine(parse([f'up{{pod="{name}"}} 1 0' for name in names]).tracks)
    assert [one.labels["pod"] for one in engine.evaluate(parsed("up - up"), np.array([0]))] == names


def test_a_sample_stands_for_five_minutes_and_no_longer() -> None:
    [column] = ENGINE.evaluate(parsed("limit"), np.array([-1, 0, 300_000, 300_001]))
    assert column.present.tolist() == [False, True, True, False]
