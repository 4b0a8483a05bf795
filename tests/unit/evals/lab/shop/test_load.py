import random
from collections import Counter

from evals.lab.shop.load import click


def test_traffic_is_browsing_mostly_with_some_carts_and_orders() -> None:
    chance = random.Random(12)
    clicks = [click(chance) for _ in range(100_000)]
    shares = Counter((one.method, one.path.split("/")[1]) for one in clicks)

    assert {kind: round(count / 1000) for kind, count in shares.items()} == {
        ("GET", ""): 30,
        ("GET", "products"): 18,
        ("GET", "cart"): 10,
        ("POST", "cart"): 16,
        ("POST", "checkout"): 26,
    }
