import logging

import pytest

from agent.domain.hypothesis import Usage
from agent.domain.rules import Price
from agent.llm.assembly import Tokens
from agent.llm.endpoints import Endpoint
from agent.llm.usage import PRICES, Meter


def test_cached_input_is_cheaper_and_a_dated_name_costs_what_its_model_does() -> None:
    usage = Meter().spent(Endpoint("openai", "gpt-5-mini-2025-08-07"), Tokens(1_000_000, 800_000, 100_000))
    assert usage.cost_usd == pytest.approx(0.2 * 0.25 + 0.8 * 0.025 + 0.1 * 2.00)


def test_an_unknown_model_counts_as_free_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    meter, place = Meter(), Endpoint("openai", "my-own")
    with caplog.at_level(logging.WARNING):
        found = [meter.spent(place, Tokens(10, 0, 10)) for _ in range(3)]
    assert found == [Usage(calls=1, input_tokens=10, output_tokens=10)] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "no price is known: the cost counts as 0, and no money budget can stop it"
    ]


def test_a_configured_price_goes_before_the_table() -> None:
    meter = Meter(prices={"gpt-5": Price(input=1, cached=1, output=1)})
    assert meter.spent(Endpoint("openai", "gpt-5"), Tokens(1_000_000, 0, 0)).cost_usd == 1


def test_cached_input_is_never_dearer_than_fresh() -> None:
    assert [name for name, price in PRICES.items() if price.cached > price.input] == []
