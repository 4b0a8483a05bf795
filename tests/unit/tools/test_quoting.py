"""Does a value stay one value, whatever it holds?"""

import numpy as np
import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.base import Series
from tools.promql import parsed
from tools.quoting import matcher, quoted

NONE = np.empty(0)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('say "no"', r'"say \"no\""'),
        (r"C:\temp", r'"C:\\temp"'),
        ("two\nlines", r'"two\nlines"'),
        ("a\r\x00\x7f", r'"a\x0d\x00\x7f"'),
        ("half \ud83d of a pair", '"half ? of a pair"'),
        ("größer ☂", '"größer ☂"'),
    ],
)
def test_a_string_is_written_as_go_reads_it(value: str, written: str) -> None:
    assert quoted(value) == written


@pytest.mark.parametrize(
    ("name", "written"), [("pod", 'pod="x"'), ("service.name", '"service.name"="x"'), ('a"} or b', r'"a\"} or b"="x"')]
)
def test_a_label_that_is_no_plain_name_is_a_string(name: str, written: str) -> None:
    assert matcher(name, "x") == written


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=3))
@pytest.mark.attack("S43")
def test_the_selector_of_a_series_asks_for_exactly_its_labels(labels: dict[str, str]) -> None:
    asked = Series("up", labels, NONE, NONE).selector
    tree = parsed(asked)
    assert isinstance(tree, promql_parser.VectorSelector)
    sendable = {_sent(name): _sent(value) for name, value in sorted(labels.items())}
    assert tree.name == "up"
    assert {(one.name, one.value) for one in tree.matchers.matchers} == set(sendable.items())


def test_the_selector_of_a_series_can_be_asked_again() -> None:
    series = Series("up", {"path": 'C:\\x "y"\n', "job": "a\ud800"}, NONE, NONE)
    assert series.selector == r'up{job="a?",path="C:\\x \"y\"\n"}'
    series.selector.encode()


def _sent(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
