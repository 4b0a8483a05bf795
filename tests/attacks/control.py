"""What is a control that is to be shown necessary?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


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
