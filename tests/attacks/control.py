"""What is a control that is to be shown necessary?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.attacks.holes import Hole


@dataclass(frozen=True)
class Control:
    what: str
    row: str
    """Of the attack table: what is refused because of it."""
    place: str
    """`module:name` of what is taken out."""
    without: Any
    """What stands there instead."""
    attack: Callable[[], Awaitable[bool]] = field(repr=False)
    """Whether it got through."""


@dataclass(frozen=True)
class Handed:
    """A control that is taken out as a fake is put in: the composition root is handed another part of the record."""

    what: str
    row: str
    without: Hole
    got_through: Callable[[Hole | None], Awaitable[bool]] = field(repr=False)
    """Whether the attack got through, with the record as it is or as it was handed in."""
