"""Is there still something to spend on this incident? Whichever limit is reached first is named in a sentence."""

from dataclasses import dataclass, replace
from datetime import timedelta

from agent.domain.hypothesis import Usage
from agent.domain.rules import Budgets


@dataclass(frozen=True)
class Spent:
    """What an incident has cost so far."""

    usage: Usage = Usage()  # noqa: RUF009 (frozen)
    tool_calls: int = 0
    time: timedelta = timedelta(0)

    def with_usage(self, more: Usage) -> "Spent":
        return replace(self, usage=self.usage + more)


def exhausted(budgets: Budgets, spent: Spent) -> str:
    """The sentence that says which limit is reached; empty while none is."""
    usage, seconds = spent.usage, spent.time.total_seconds()
    limits = (
        (usage.calls >= budgets.model_calls, f"all {budgets.model_calls} calls of the model are made"),
        (
            usage.input_tokens >= budgets.input_tokens,
            f"{usage.input_tokens:,} of {budgets.input_tokens:,} input tokens are used",
        ),
        (
            usage.output_tokens >= budgets.output_tokens,
            f"{usage.output_tokens:,} of {budgets.output_tokens:,} output tokens are used",
        ),
        (usage.cost_usd >= budgets.cost_usd, f"{usage.cost_usd:.2f} of {budgets.cost_usd:.2f} USD are spent"),
        (spent.time >= budgets.time, f"{seconds:.0f} of {budgets.time.total_seconds():.0f} seconds are over"),
    )
    return next((f"The incident's budget is spent: {said}." for reached, said in limits if reached), "")


def tools_exhausted(budgets: Budgets, spent: Spent) -> str:
    """The same for calls of tools, which end the looking around and not the answer."""
    if spent.tool_calls < budgets.tool_calls:
        return ""
    return f"The incident's budget is spent: all {budgets.tool_calls} calls of tools are made."


def affordable(budgets: Budgets, spent: Spent, tokens: int) -> bool:
    """Whether a prompt of about that many tokens still fits, so that the last call is not the one that overdraws."""
    return spent.usage.input_tokens + tokens <= budgets.input_tokens


def deadline(budgets: Budgets, spent: Spent) -> timedelta:
    """How long the next call may take: its own deadline, or what is left of the incident's time."""
    return max(timedelta(0), min(budgets.call_deadline, budgets.time - spent.time))


def last_call(budgets: Budgets, spent: Spent) -> bool:
    """Whether the next call of the model must be the answer, because there is no other after it."""
    return spent.usage.calls >= budgets.model_calls - 1
