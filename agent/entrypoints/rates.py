"""May this caller come once more, now?  Each has a measure of its own, so that nobody uses up another's."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic

from starlette.exceptions import HTTPException
from starlette.requests import Request

from agent.domain.rules import Rates
from agent.identity.roles import Caller
from agent.telemetry import Meters

REMEMBERED = 10_000
"""Names of which it is remembered how often they came; who came longest ago is forgotten first."""
PLACES = 256
"""Bodies of webhooks that may be under way at once."""
_POSTED = ("/webhooks/", "/v2/", "/slack/")
"""What monitoring systems and Slack send: a 503 makes them come again, a 429 some take for a refusal."""


class Rate:
    """A token bucket for each name, kept as the one moment at which it is full again (GCRA, ITU-T I.371)."""

    def __init__(
        self,
        per_second: float,
        burst: timedelta,
        now: Callable[[], float] = monotonic,
        remembered: int = REMEMBERED,
    ) -> None:
        self._each = 1 / per_second
        self._burst = burst.total_seconds()
        self._now = now
        self._remembered = remembered
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, name: str) -> float:
        """0, and it counts; or the seconds until it may come, and it does not count."""
        now = self._now()
        after = max(self._full_at.get(name, now), now) + self._each
        if (over := after - now - self._burst) > 0:
            return over
        self._full_at[name] = after
        self._full_at.move_to_end(name)
        if len(self._full_at) > self._remembered:
            self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)


class Places:
    """So many at once, and nobody more than are left free: who comes late finds a place (Choudhury & Hahne, 1998)."""

    def __init__(self, most: int = PLACES) -> None:
        self._free = most
        self._held: dict[str, int] = {}

    @contextmanager
    def one(self, name: str) -> Iterator[bool]:
        """Was there one?  Given back at the end."""
        got = self._held.get(name, 0) < self._free
        if got:
            self._free -= 1
            self._held[name] = self._held.get(name, 0) + 1
        try:
            yield got
        finally:
            if got:
                self._give_back(name)

    def _give_back(self, name: str) -> None:
        self._free += 1
        self._held[name] -= 1
        if not self._held[name]:
            del self._held[name]


class Turnstile:
    """What every request passes: by its address before anybody knows whose it is, then by its key."""

    def __init__(self, rates: Rates, meters: Meters) -> None:
        self._sources = Rate(rates.source, rates.burst)
        self._senders = Rate(rates.intake, rates.burst)
        self._callers = Rate(rates.api, rates.burst)
        self._places = Places()
        self._meters = meters

    def source(self, address: str, path: str) -> HTTPException | None:
        """What to answer when the address comes too often; its network, where a sender owns one (IPv6 /64)."""
        wait = self._sources.wait(_network(address))
        return self._too_often("source", path, wait) if wait else None

    def caller(self, request: Request, who: Caller) -> None:
        """HTTPException 429 when their key comes too often."""
        if wait := self._callers.wait(who.name):
            raise self._too_often("key", request.url.path, wait)

    @contextmanager
    def sender(self, request: Request, who: Caller) -> Iterator[None]:
        """A place for what they post. HTTPException 503 when they come too often, or hold their share of the places."""
        if wait := self._senders.wait(who.name):
            raise self._too_often("key", request.url.path, wait)
        with self._places.one(who.name) as got:
            if not got:
                raise self._too_often("share", request.url.path, 1)
            yield

    def _too_often(self, why: str, path: str, wait: float) -> HTTPException:
        posted = path.startswith(_POSTED)
        self._meters.rate_limited.labels("webhook" if posted else "api", why).inc()
        sentence = f"You come too often; come again in {ceil(wait)} s."
        return HTTPException(503 if posted else 429, sentence, {"Retry-After": str(ceil(wait))})


def turnstile_of(request: Request) -> Turnstile:
    turnstile: Turnstile = request.app.state.turnstile
    return turnstile


def _network(address: str) -> str:
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return known.exploded[:19]
    return address
