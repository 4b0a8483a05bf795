"""What has this incident's model cost so far, and may the next call be made?"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from agent.domain.hypothesis import Usage
from agent.domain.rules import Budgets
from agent.policy.budget import Spent, affordable, deadline, exhausted, last_call, tools_exhausted
from agent.ports import Message, Tool

CHARACTERS_A_TOKEN = 4
GROWTH = 1_200
"""Input tokens by which a turn makes the next prompt longer: what was asked for, and what came back."""


class Meter:
    """Counts calls, tokens, money and time; the time is the event loop's, which no change of the clock can move."""

    def __init__(self, budgets: Budgets, spent: Spent | None = None) -> None:
        self.budgets = budgets
        self._spent = spent or Spent()
        self._tools = 0
        self._ratio = 1.0
        """Tokens the provider counted for one that we estimated; never below 1."""
        self._began = asyncio.get_running_loop().time()

    @property
    def spent(self) -> Spent:
        elapsed = timedelta(seconds=asyncio.get_running_loop().time() - self._began)
        return replace(self._spent, time=self._spent.time + elapsed)

    @property
    def calls_left(self) -> int:
        """Calls of the model; at least 1, because it is asked before a call that may be made."""
        return max(1, self.budgets.model_calls - self._spent.usage.calls)

    def offers(self, tools: Sequence[Tool]) -> None:
        """These are told along with every prompt."""
        told = [[tool.name, tool.description, _schema(tool.arguments)] for tool in tools]
        self._tools = len(json.dumps(told)) // CHARACTERS_A_TOKEN

    def add(self, usage: Usage, messages: Sequence[Message] = ()) -> None:
        self._spent = self._spent.with_usage(usage)
        if messages and usage.calls:
            self._ratio = max(self._ratio, usage.input_tokens / usage.calls / max(1, self._estimated(messages)))

    def take_tool_call(self) -> str:
        """Count one call of a tool; the sentence that says why there is none left, and then nothing is counted."""
        if refused := tools_exhausted(self.budgets, self._spent):
            return refused
        self._spent = replace(self._spent, tool_calls=self._spent.tool_calls + 1)
        return ""

    def affords(self, messages: Sequence[Message], prompts: int) -> bool:
        """Whether as many prompts of that length may be sent at once, and a turn and the answer after them."""
        once = self._tokens(messages)
        enough = prompts + 2 <= self.budgets.model_calls - self._spent.usage.calls
        return enough and affordable(self.budgets, self._spent, (prompts + 2) * once + (2 * prompts + 1) * GROWTH)

    def before_inquiry(self, messages: Sequence[Message], *, answered: bool) -> str:
        """Why no other turn may be made; empty when one may. What the answer needs is kept back until it is given."""
        if said := exhausted(self.budgets, self.spent):
            return said
        if not answered and last_call(self.budgets, self._spent):
            return "The one call of the model that is left is kept for the answer."
        once = self._tokens(messages)
        if not affordable(self.budgets, self._spent, once if answered else 2 * once + GROWTH):
            return "The input tokens that are left are kept for the answer."
        if not self.left_to_ask():
            return "The time that is left is kept for the answer."
        return ""

    def before_answer(self, messages: Sequence[Message]) -> str:
        """Why the answer cannot be asked for; empty when it can."""
        if said := exhausted(self.budgets, self.spent):
            return said
        if not affordable(self.budgets, self._spent, self._tokens(messages)):
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

    def _tokens(self, messages: Sequence[Message]) -> int:
        """About how many the prompt will take, by what the provider has counted so far."""
        return int(self._ratio * self._estimated(messages))

    def _estimated(self, messages: Sequence[Message]) -> int:
        written = sum(len(message.text) + sum(len(str(call)) for call in message.calls) for message in messages)
        return self._tools + written // CHARACTERS_A_TOKEN


@lru_cache(256)
def _schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """Told with every prompt, and the same each time."""
    return arguments.model_json_schema()
