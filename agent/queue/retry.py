"""How long to wait before trying again? Exponential back-off with full jitter.

Full jitter as in Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
"""

from datetime import timedelta
from random import Random


def backoff(
    attempt: int,
    chance: Random,
    first: timedelta = timedelta(seconds=1),
    longest: timedelta = timedelta(seconds=60),
) -> timedelta:
    """Between 0 and `first` doubled a time; `attempt` counts from 1."""
    ceiling = min(longest, first * 2 ** (attempt - 1))
    return timedelta(seconds=ceiling.total_seconds() * chance.random())
