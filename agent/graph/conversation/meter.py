"""What has this incident's model cost so far, and may the next call be made?"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agent.domain.hypothesis import Usage
from agent.domain.rules import Budgets
from agent.policy.budget import Spent, affordable, deadline, exhausted, last_call, tools_exhausted
from agent.ports import Message

CHARACTERS_A_TOKEN = 4
FOR_THE_ANSWER = 6_000
"""Input tokens kept back for the diagnosis: its instructions, and the evidence by id."""


class Meter:
    """Counts calls, tokens, money and time; the time is the event loop's, which no change of the clock can move."""

    def __init__(self, budgets: Budgets, spent: Spent | None = None) -> None:
        self.budgets = budgets
        self._spent = spent or Spent()
        self._largest = 0
        self._began = asyncio.get_running_loop().time()

    @property
    def spent(self) -> Spent:
        elapsed = timedelta(seconds=asyncio.get_running_loop().time() - self._began)
        return replace(self._spent, time=self._spent.time + elapsed)

    def add(self, usage: Usage) -> None:
        self._spent = self._spent.with_usage(usage)
        # Tools are told along with every prompt, and only the provider knows what they take.
        self._largest = max(self._largest, usage.input_tokens // max(1, usage.calls))

    def take_tool_call(self) -> str:
        """Count one call of a tool; the sentence that says why there is none left, and then nothing is counted."""
        if refused := tools_exhausted(self.budgets, self._spent):
            return refused
        self._spent = replace(self._spent, tool_calls=self._spent.tool_calls + 1)
        return ""

    def before_inquiry(self, messages: Sequence[Message]) -> str:
        """Why no other turn may be made; empty when one may. What the answer needs is kept back."""
        if said := exhausted(self.budgets, self.spent):
            return said
        if last_call(self.budgets, self._spent):
            return "The one call of the model that is left is kept for the answer."
        if not affordable(self.budgets, self._spent, max(self._largest, _tokens(messages)) + FOR_THE_ANSWER):
            return "The input tokens that are left are kept for the answer."
        if not self.left_to_ask():
            return "The time that is left is kept for the answer."
        return ""

    def before_answer(self, messages: Sequence[Message]) -> str:
        """Why the answer cannot be asked for; empty when it can."""
        if said := exhausted(self.budgets, self.spent):
            return said
        if not affordable(self.budgets, self._spent, _tokens(messages)):
            return "The incident's budget is spent: the answer's prompt does not fit into the input tokens left."
        return ""

    def left_to_ask(self) -> timedelta:
        """Of the incident's time, without what is kept for the answer."""
        kept = min(self.budgets.call_deadline, self.budgets.time / 3)
        return max(timedelta(0), self.budgets.time - kept - self.spent.time)

    def for_a_turn(self) -> timedelta:
        return min(self.budgets.call_deadline, self.left_to_ask())

    def for_the_answer(self) -> timedelta:
        return deadline(self.budgets, self.spent)


def _tokens(messages: Sequence[Message]) -> int:
    """About how many."""
    written = sum(len(message.text) + sum(len(str(call)) for call in message.calls) for message in messages)
    return written // CHARACTERS_A_TOKEN
