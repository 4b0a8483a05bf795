import pytest

from agent.policy.observed import Value
from agent.policy.statements import numbers
from agent.policy.values import same


@pytest.mark.parametrize(
    ("told", "stored", "unit", "fits"),
    [
        ("30", 30.0, "%", True),
        ("0.3", 30.0, "%", True),
        ("0.3", 30.0, "count", False),
        ("30 %", 0.3, "share", True),
        ("30 %", 0.3, "", True),
        ("30 %", 30.0, "count", False),
        ("300 %", 3.0, "share", False),
        ("30 ms", 0.03, "s", True),
        ("30 ms", 30.0, "s", False),
        ("2k", 2000.0, "", True),
        ("2.40", 2.41, "", False),
        ("2.4", 2.41, "", True),
    ],
)
def test_a_number_is_the_stored_one_rounded_and_in_its_unit(told: str, stored: float, unit: str, fits: bool) -> None:
    [written] = numbers(told)
    assert same(written, Value(stored, frozenset(), unit)) is fits
