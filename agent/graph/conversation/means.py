"""With what is a conversation held?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.domain.event import Event
from agent.domain.evidence import Evidence
from agent.domain.rules import Budgets
from agent.policy.redaction import Redactor
from agent.ports import Model

Store = Callable[[Evidence], Awaitable[Evidence]]
"""Keeps a piece of evidence and gives it its citable id."""
Tell = Callable[[Event], Awaitable[None]]
"""Puts an event into the journal."""


@dataclass(frozen=True, kw_only=True)
class Means:
    model: Model
    budgets: Budgets
    shield: Redactor
    """The incident's pseudonyms: nothing reaches the model but through it."""
    tell: Tell
