"""What did a call cost, and what do the metrics say of it?"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.domain.hypothesis import Usage
from agent.domain.rules import Price
from agent.llm.assembly import Tokens
from agent.llm.endpoints import Endpoint
from agent.telemetry import Log

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = Log(__name__)

PRICES: Mapping[str, Price] = {
    "gpt-4o": Price(input=2.50, cached=1.25, output=10.00),
    "gpt-4o-mini": Price(input=0.15, cached=0.075, output=0.60),
    "gpt-4.1": Price(input=2.00, cached=0.50, output=8.00),
    "gpt-4.1-mini": Price(input=0.40, cached=0.10, output=1.60),
    "gpt-4.1-nano": Price(input=0.10, cached=0.025, output=0.40),
    "o3": Price(input=2.00, cached=0.50, output=8.00),
    "o4-mini": Price(input=1.10, cached=0.275, output=4.40),
    "gpt-5": Price(input=1.25, cached=0.125, output=10.00),
    "gpt-5-mini": Price(input=0.25, cached=0.025, output=2.00),
    "gpt-5-nano": Price(input=0.05, cached=0.005, output=0.40),
    "gpt-5.4": Price(input=2.50, cached=0.25, output=15.00),
    "gpt-5.4-mini": Price(input=0.75, cached=0.075, output=4.50),
    "gpt-5.4-nano": Price(input=0.20, cached=0.02, output=1.25),
    "gpt-5.5": Price(input=5.00, cached=0.50, output=30.00),
    "text-embedding-3-small": Price(input=0.02, cached=0.02, output=0.0),
    "text-embedding-3-large": Price(input=0.13, cached=0.13, output=0.0),
}
"""List prices of 2026. What is missing, or dearer for you, goes into `model_limits.prices` of the configuration."""

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class Meter:
    """Turns calls into usage, and counts them. One per process and registry; without a registry nothing is exported."""

    def __init__(self, registry: "CollectorRegistry | None" = None, prices: Mapping[str, Price] | None = None) -> None:
        self._prices = {**PRICES, **(prices or {})}
        self._unpriced: set[str] = set()
        self._metrics = _Metrics(registry) if registry is not None else None

    def price(self, place: Endpoint) -> Price | None:
        """None when it is not known; the cost then counts as 0, and the log says so once."""
        model = place.model
        found = self._prices.get(model) or self._prices.get(_DATED.sub("", model))
        if found is None and model not in self._unpriced:
            self._unpriced.add(model)
            log.warning("no price is known: the cost counts as 0, and no money budget can stop it", model=model)
        return found

    @contextmanager
    def active(self, place: Endpoint) -> Iterator[None]:
        if self._metrics is None:
            yield
            return
        with self._metrics.active.labels(place.model).track_inprogress():
            yield

    def answered(self, place: Endpoint, endpoint: str, tokens: Tokens, seconds: float) -> Usage:
        """A call that was answered. `endpoint` is `chat` or `embeddings`."""
        usage = self.spent(place, tokens)
        if self._metrics is not None:
            self._metrics.answered(place, endpoint, usage, seconds)
        return usage

    def failed(self, place: Endpoint, endpoint: str, kind: str, tokens: Tokens, seconds: float) -> Usage:
        """A call that was not; a broken stream has been paid for all the same."""
        usage = self.spent(place, tokens)
        if self._metrics is not None:
            self._metrics.failed(place, endpoint, kind, usage, seconds)
        return usage

    def spent(self, place: Endpoint, tokens: Tokens) -> Usage:
        price = self.price(place) or Price(input=0, cached=0, output=0)
        fresh = max(0, tokens.input - tokens.cached)
        cost = (fresh * price.input + tokens.cached * price.cached + tokens.output * price.output) / 1_000_000
        return Usage(
            calls=1,
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            cost_usd=cost,
        )


class _Metrics:
    """The names other tools' dashboards expect."""

    def __init__(self, registry: "CollectorRegistry") -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self.requests = Counter("llm_requests", "Calls to a model.", ["model", "endpoint", "status"], registry=registry)
        self.seconds = Histogram(
            "llm_request_duration_seconds",
            "How long calls to a model took.",
            ["model", "endpoint"],
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60),
            registry=registry,
        )
        self.tokens = Counter("llm_tokens", "Tokens, by type.", ["model", "type"], registry=registry)
        # A counter in all but name: the client appends `_total` to a Counter's, and the name is a promise.
        self.cost = Gauge("llm_cost_total_usd", "USD spent.", ["model", "provider"], registry=registry)
        self.active = Gauge("llm_active_requests", "Calls under way.", ["model"], registry=registry)
        self.errors = Counter("llm_errors", "Calls that failed.", ["model", "error_type"], registry=registry)

    def answered(self, place: Endpoint, endpoint: str, usage: Usage, seconds: float) -> None:
        self._called(place, endpoint, "success", usage, seconds)

    def failed(self, place: Endpoint, endpoint: str, kind: str, usage: Usage, seconds: float) -> None:
        self._called(place, endpoint, "error", usage, seconds)
        self.errors.labels(place.model, kind).inc()

    def _called(self, place: Endpoint, endpoint: str, status: str, usage: Usage, seconds: float) -> None:
        self.requests.labels(place.model, endpoint, status).inc()
        self.seconds.labels(place.model, endpoint).observe(seconds)
        self.tokens.labels(place.model, "input").inc(usage.input_tokens)
        self.tokens.labels(place.model, "cached").inc(usage.cached_tokens)
        self.tokens.labels(place.model, "output").inc(usage.output_tokens)
        self.cost.labels(place.model, place.provider).inc(usage.cost_usd)
