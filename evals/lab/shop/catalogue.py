"""The catalogue: products and prices, read from the store."""

import asyncio

from evals.lab.shop.service import Asked, Reply, Route, Running
from evals.lab.shop.versions import RETRIES_A_MISS

RETRY_PAUSE_S = 0.3
PRICE_FEED_S = (0.5, 1.1)


async def products(running: Running, asked: Asked) -> Reply:
    listing = await running.pool.ask("products", asked.trace)
    if running.bug == RETRIES_A_MISS:
        await _promotion(running, asked)
    await _live_prices(running, asked)
    return Reply(200, {"products": listing})


async def product(running: Running, asked: Asked) -> Reply:
    found = await running.pool.ask("product", asked.trace, sku=asked.path["sku"])
    await _live_prices(running, asked)
    return Reply(200, found) if found else Reply(404, {"error": "no such product"})


async def _promotion(running: Running, asked: Asked) -> None:
    for attempt in (1, 2, 3):
        if await running.pool.ask("promotion", asked.trace, code="WELCOME"):
            return
        running.telemetry.log("WARN", f"promotion lookup failed: not found (attempt {attempt} of 3)", asked.trace)
        await asyncio.sleep(RETRY_PAUSE_S)


async def _live_prices(running: Running, asked: Asked) -> None:
    if not running.flag("live-prices"):
        return
    wait = running.chance.uniform(*PRICE_FEED_S)
    await asyncio.sleep(wait)
    running.telemetry.log("INFO", f"prices read from live feed in {wait * 1000:.0f} ms", asked.trace)


ROUTES = (
    Route("GET", "/products", "/products", products),
    Route("GET", "/products/{sku}", "/products/{sku}", product),
)
