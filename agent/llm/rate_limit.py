"""May this call be made within the minute's allowance, and if not, when? Shared by all calls of the process."""

import math
from dataclasses import dataclass

from agent.domain.rules import ModelLimits


class Bucket:
    """A token bucket (RFC 2697 without colours): `per_minute` flow in, at most a minute's worth is saved up.

    Reservations may overdraw it; who comes next waits for the debt as well, so that the order is first come,
    first served. Times are monotonic seconds.
    """

    def __init__(self, per_minute: float) -> None:
        self._most = per_minute
        self._rate = per_minute / 60
        self._level = per_minute
        self._at = -math.inf

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` is there. More than a minute's worth is treated as a minute's worth."""
        return max(0.0, (min(amount, self._most) - self._flowed(now)) / self._rate)

    def take(self, amount: float, now: float) -> None:
        """Take it, even when that overdraws; a negative amount gives back."""
        self._level = min(self._most, self._flowed(now) - amount)
        self._at = now

    def _flowed(self, now: float) -> float:
        return min(self._most, self._level + (now - self._at) * self._rate)


@dataclass(frozen=True)
class Reservation:
    wait: float
    """Seconds to wait before the call is made."""
    tokens: int


class RateLimit:
    """Requests and tokens per minute."""

    def __init__(self, limits: ModelLimits) -> None:
        self._requests = Bucket(limits.requests_per_minute)
        self._tokens = Bucket(limits.tokens_per_minute)

    def reserve(self, tokens: int, now: float, longest: float) -> Reservation | None:
        """A place in the queue, or None when the wait would be longer than `longest` seconds; nothing is taken then."""
        wait = max(self._requests.wait(1, now), self._tokens.wait(tokens, now))
        if wait > longest:
            return None
        self._requests.take(1, now)
        self._tokens.take(tokens, now)
        return Reservation(wait, tokens)

    def settle(self, reserved: Reservation, used: int, now: float) -> None:
        """Correct the estimate by what the call really used."""
        self._tokens.take(used - reserved.tokens, now)
