"""What does the person at the terminal answer?  Unless somebody decides elsewhere before."""

import asyncio
import os
import select
from collections.abc import Awaitable, Callable
from typing import Literal

LOOK_AGAIN = 0.1
"""Seconds."""


async def answered(
    terminal: int, waits: Callable[[], Awaitable[bool]], say: Callable[[str], None]
) -> Literal["approve", "deny"] | None:
    """A line that means yes or no, read from the file descriptor `terminal`; asked again after any other.

    None when the question does not wait any more, or when nothing more can be typed.
    """
    say("Approve? [y/n] ")
    while await waits():
        if not select.select([terminal], [], [], 0)[0]:
            await asyncio.sleep(LOOK_AGAIN)
            continue
        typed = os.read(terminal, 4096).decode(errors="replace")
        match typed.strip().lower():
            case "y" | "yes":
                return "approve"
            case "n" | "no":
                return "deny"
            case _ if not typed:
                return None
        say("Please answer y or n: ")
    return None
