"""The catalogue: products and prices, read from the store."""

import asyncio

from aiohttp import web

from evals.lab.shop.service import Reply, Route, Running
from evals.lab.shop.versions import RETRIES_A_MISS

RETRY_PAUSE_S = 0.3
PRICE_FEED_S = (0.5, 1.1)


async def products(running: Running, request: web.Request, trace: str) -> Reply:
    listing = await running.pool.ask("products", trace)
    if running.bug == RETRIES_A_MISS:
        await _promotion(running, trace)
    await _live_prices(running, trace)
    return Reply(200, {"products": listing})


async def product(running: Running, request: web.Request, trace: str) -> Reply:
    found = await running.pool.ask("product", trace, sku=request.match_info["sku"])
    await _live_prices(running, trace)
    return Reply(200, found) if found else Reply(404, {"error": "no such product"})


async def _promotion(running: Running, trace: str) -> None:
    for attempt in (1, 2, 3):
        if await running.pool.ask("promotion", trace, code="WELCOME"):
            return
        running.telemetry.log("WARN", f"promotion lookup failed: not found (attempt {attempt} of 3)", trace)
        await asyncio.sleep(RETRY_PAUSE_S)


async def _live_prices(running: Running, trace: str) -> None:
    if not running.flag("live-prices"):
        return
    wait = running.chance.uniform(*PRICE_FEED_S)
    await asyncio.sleep(wait)
    running.telemetry.log("INFO", f"prices read from live feed in {wait * 1000:.0f} ms", trace)


ROUTES = (
    Route("GET", "/products", "/products", products),
    Route("GET", "/products/{sku}", "/products/{sku}", product),
)
