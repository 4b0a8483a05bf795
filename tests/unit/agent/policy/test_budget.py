from datetime import timedelta

import pytest

from agent.domain.hypothesis import Usage
from agent.domain.rules import Budgets
from agent.policy.budget import Spent, affordable, deadline, exhausted, last_call, tools_exhausted

BUDGETS = Budgets()


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        (Spent(), ""),
        (
            Spent(Usage(calls=7, input_tokens=39_999, output_tokens=7_999, cost_usd=0.49), 23, timedelta(seconds=119)),
            "",
        ),
        (Spent(Usage(calls=8)), "The incident's budget is spent: all 8 calls of the model are made."),
        (
            Spent(Usage(input_tokens=40_123)),
            "The incident's budget is spent: 40,123 of 40,000 input tokens are used.",
        ),
        (Spent(Usage(output_tokens=8_000)), "The incident's budget is spent: 8,000 of 8,000 output tokens are used."),
        (Spent(Usage(cost_usd=0.5)), "The incident's budget is spent: 0.50 of 0.50 USD are spent."),
        (Spent(time=timedelta(seconds=121)), "The incident's budget is spent: 121 of 120 seconds are over."),
    ],
)
def test_the_limit_that_is_reached_is_named(spent: Spent, said: str) -> None:
    assert exhausted(BUDGETS, spent) == said


def test_tools_have_a_limit_of_their_own() -> None:
    assert tools_exhausted(BUDGETS, Spent(tool_calls=23)) == ""
    assert tools_exhausted(BUDGETS, Spent(tool_calls=24)) == (
        "The incident's budget is spent: all 24 calls of tools are made."
    )


def test_a_prompt_that_would_overdraw_is_not_affordable() -> None:
    spent = Spent(Usage(input_tokens=35_000))
    assert [affordable(BUDGETS, spent, tokens) for tokens in (5_000, 5_001)] == [True, False]


def test_a_call_may_take_what_is_left() -> None:
    times = [deadline(BUDGETS, Spent(time=timedelta(seconds=seconds))) for seconds in (0, 100, 120, 500)]
    assert times == [timedelta(seconds=seconds) for seconds in (25, 20, 0, 0)]


def test_the_last_call_is_kept_for_the_answer() -> None:
    assert [last_call(BUDGETS, Spent(Usage(calls=calls))) for calls in (6, 7, 8)] == [False, True, True]
